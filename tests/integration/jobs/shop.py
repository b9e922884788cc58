"""Real worker processes on a database of their own, seen from outside through the plain drivers."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.integration.jobs.workbench.apps import HURRY

ROOT = Path(__file__).resolve().parents[3]
POSTGRES = os.environ.get("BANDSTAND_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
SETUP = """
import django; django.setup()
from django.db import connection
from bandstand.webkit.jobs.models import Job, Worker
from bandstand.webkit.models import Tally
from tests.integration.jobs.workbench.models import Mark
with connection.schema_editor() as editor:
    for model in (Job, Worker, Tally, Mark):
        editor.create_model(model)
"""
SERVE = "import django; django.setup(); from bandstand.webkit.jobs import worker; worker.serve({})"
LONE = """
import django, threading; django.setup()
from bandstand.webkit.jobs import worker
worker.run(stop=threading.Event())
"""


class Shop:
    """One database, and the processes that work on it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.killed: set[str] = set()  # a dead worker's row stays for a moment: nobody is killed twice
        self.env = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            "DJANGO_SETTINGS_MODULE": "tests.integration.jobs.workbench.settings",
            "BANDSTAND_DATABASE_URL": url,
            "BANDSTAND_DATA": str(folder),
        }

    def run(self, code: str) -> str:
        """Run `code` in a process of its own and return what it printed."""
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=self.env, cwd=ROOT, check=True, capture_output=True, timeout=60)
        return done.stdout.decode()

    def enqueue(self, name: str, keys: range, **payload: object) -> None:
        """Enqueue one job for each key."""
        self.run(
            "import django; django.setup()\nfrom bandstand.webkit.jobs import enqueue_many\n"
            f"enqueue_many({name!r}, [(str(k), {{'key': str(k), **{payload!r}}}) for k in {keys!r}])"
        )

    def start(self, code: str) -> subprocess.Popen[bytes]:
        """Start a process that runs `code`; its log goes to a file beside the database."""
        with (self.folder / f"log-{len(self.processes)}").open("wb") as sink:
            process = subprocess.Popen([sys.executable, "-c", code], env=self.env, cwd=ROOT, stderr=sink)
        self.processes.append(process)
        return process

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        if self.url.startswith("sqlite"):
            with contextlib.closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=20)) as db:
                return db.execute(sql).fetchall()
        import psycopg

        with psycopg.connect(self.url) as db:
            return db.execute(sql.encode()).fetchall()

    def states(self) -> dict[str, int]:
        """Return how many jobs of the workbench are in each state, the periodic ones left out."""
        return dict(self.rows("SELECT state, count(*) FROM jobs_job WHERE key <> 'periodic' GROUP BY state"))

    def wait(self, until: Callable[[], object], seconds: float = 60) -> object:
        """Return what `until` returns once that is true."""
        deadline = time.monotonic() + seconds
        while not (found := until()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s; jobs: {self.states()}; logs: {self.logs()[-3_000:]}")
            time.sleep(0.05)
        return found

    def wait_for(self, **states: int) -> None:
        """Wait until exactly so many jobs are in these states, and none in others."""
        self.wait(lambda: self.states() == states)

    def kill_a_busy_worker(self, *, attempts_below: int = 99) -> str | None:
        """Kill -9 a worker in the middle of a job; return the job's key, or nothing when none is busy."""
        busy = "SELECT worker, key FROM jobs_job WHERE state = 'running' AND key <> 'periodic' AND attempts < "
        for name, key in self.rows(f"{busy}{attempts_below}"):
            if name in self.killed:
                continue
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid_of(name), signal.SIGKILL)
                self.killed.add(name)
                return str(key)
        return None

    def logs(self) -> str:
        """Return what all processes logged."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("log-*")))

    def close(self) -> None:
        """End what still runs."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def pid_of(worker: str) -> int:
    """Return the process that a worker's name tells: host-pid-token."""
    return int(worker.rsplit("-", 2)[1])


@contextlib.contextmanager
def open_shop(kind: str, folder: Path, *, hurried: bool = False) -> Iterator[Shop]:
    """Make a throwaway database of `kind` (sqlite, postgres) with the tables of jobs; `hurried` shortens pauses."""
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{folder / 'shop.db'}" if kind == "sqlite" else stack.enter_context(throwaway_postgres())
        shop = Shop(url, folder)
        if hurried:
            shop.env[HURRY] = "1"
        stack.callback(shop.close)
        shop.run(SETUP)
        yield shop


@contextlib.contextmanager
def throwaway_postgres() -> Iterator[str]:
    """Make a PostgreSQL database and drop it in the end."""
    import psycopg

    name = f"bandstand_jobs_{os.getpid()}_{time.time_ns() % 1_000_000}"
    with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as db:
        db.execute(f"CREATE DATABASE {name}".encode())
    try:
        yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as db:
            db.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
