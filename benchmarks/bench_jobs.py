"""Jobs a second with two worker processes, on SQLite and PostgreSQL.

Run it from the checkout: `python benchmarks/bench_jobs.py [--count N] [--runs N]`.
The jobs do nothing, so what is measured is the queue's own work. Beside it in the same run, on the same database with
the same durability: a bare queue (take a row by deleting it, one statement for each job through the plain driver, no
lease, no record of what was done: a killed worker loses its job), and django-tasks' immediate back end (no queue at
all: the caller does the work). Medians of several runs, and their ratio to ours.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "src")]

from tests.integration.jobs.shop import ROOT, Shop, open_shop
from tests.on_postgres import unreachable

PROCESSES = 2
WAIT = """
import json, sys, threading, time
from pathlib import Path
def wait(folder, number):
    (Path(folder) / f"ready-{number}").touch()
    while not (Path(folder) / "go").exists():
        time.sleep(0.001)
    return time.time()
"""
LEASED = (
    WAIT
    + """
import django; django.setup()
from bandstand.webkit.jobs import doing, registry
registry.kinds()
begin = wait(*sys.argv[1:3])
count = doing.run(stop=threading.Event(), until_empty=True)
print(json.dumps([begin, time.time(), count]))
"""
)
BARE_SQLITE = (
    WAIT
    + """
import sqlite3
db = sqlite3.connect(sys.argv[3].removeprefix("sqlite:///"), timeout=20, isolation_level=None)
db.execute("PRAGMA synchronous=FULL")
begin, count = wait(*sys.argv[1:3]), 0
while db.execute("DELETE FROM bare WHERE id = (SELECT id FROM bare ORDER BY id LIMIT 1) RETURNING body").fetchone():
    count += 1
print(json.dumps([begin, time.time(), count]))
"""
)
BARE_POSTGRES = (
    WAIT
    + """
import psycopg
db = psycopg.connect(sys.argv[3], autocommit=True)
begin, count = wait(*sys.argv[1:3]), 0
take = "DELETE FROM bare WHERE id = (SELECT id FROM bare ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING body"
while db.execute(take).fetchone():
    count += 1
print(json.dumps([begin, time.time(), count]))
"""
)
FILL_BARE = """
import sys
from django.conf import settings
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE IF NOT EXISTS bare (id bigint PRIMARY KEY, body text)")
    cursor.executemany("INSERT INTO bare VALUES (%s, %s)", [(n, "{{}}") for n in range({count})])
"""
IMMEDIATE = """
import time
import django; django.setup()
from django.test.utils import override_settings
from tests.integration.jobs.errands import add
immediate = {{"BACKEND": "django_tasks.backends.immediate.ImmediateBackend", "QUEUES": []}}
with override_settings(TASKS={{"default": immediate}}):
    begin = time.perf_counter()
    for n in range({count}):
        add.enqueue(n)
    print({count} / (time.perf_counter() - begin))
"""
ENQUEUE = """
import time
import django; django.setup()
from bandstand.webkit.jobs import enqueue, enqueue_many
begin = time.perf_counter()
for n in range({count}):
    enqueue("workbench.nothing", key=f"one {{n}}")
one = {count} / (time.perf_counter() - begin)
begin = time.perf_counter()
enqueue_many("workbench.nothing", [(f"many {{n}}", {{}}) for n in range({count})])
print(one, {count} / (time.perf_counter() - begin))
"""


def race(shop: Shop, code: str, run: int) -> float:
    """Let the processes work the queue empty; return how many a second they took together."""
    folder = shop.folder / f"race-{run}"
    folder.mkdir()
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(folder), str(n), shop.url], env=shop.env, cwd=ROOT, stdout=subprocess.PIPE
        )
        for n in range(PROCESSES)
    ]
    while len(list(folder.glob("ready-*"))) < PROCESSES:
        time.sleep(0.01)
    (folder / "go").touch()
    told = [json.loads(worker.communicate(timeout=300)[0]) for worker in workers]
    seconds = max(end for _, end, _ in told) - min(begin for begin, _, _ in told)
    return sum(count for _, _, count in told) / seconds


def measure(kind: str, *, count: int, runs: int) -> dict[str, list[float]]:
    """Return the figures of each way on one database, one for each run."""
    found: dict[str, list[float]] = {}
    bare = BARE_SQLITE if kind == "sqlite" else BARE_POSTGRES
    with tempfile.TemporaryDirectory() as folder, open_shop(kind, Path(folder)) as shop:
        for run in range(runs):
            one, many = map(float, shop.run(ENQUEUE.format(count=count // 2)).split())
            shop.run(FILL_BARE.format(count=count))
            for name, value in (
                ("enqueue, one by one", one),
                ("enqueue_many", many),
                ("leased jobs, 2 processes", race(shop, LEASED, run * 2)),
                ("bare queue, 2 processes", race(shop, bare, run * 2 + 1)),
                ("django-tasks immediate", float(shop.run(IMMEDIATE.format(count=count)))),
            ):
                found.setdefault(name, []).append(value)
            if shop.states().keys() != {"done"}:
                raise SystemExit(f"not all were done: {shop.states()}")
    return found


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    for kind in ("sqlite", "postgres"):
        if kind == "postgres" and (reason := unreachable()):
            print(f"{kind}: skipped, {reason}")
            continue
        found = measure(kind, count=chosen.count, runs=chosen.runs)
        ours = median(found["leased jobs, 2 processes"])
        print(f"{kind:28}{'median/s':>10}{'lowest':>10}{'highest':>10}{'to ours':>9}")
        for name, values in found.items():
            middle = median(values)
            print(f"  {name:26}{middle:10,.0f}{min(values):10,.0f}{max(values):10,.0f}{middle / ours:8.1f}x")


if __name__ == "__main__":
    main()
