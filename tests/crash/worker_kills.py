"""Kill -9 workers in the middle of their jobs, many times.

Run it from the checkout: `PYTHONPATH=src:. python -m tests.crash.worker_kills [--kills 200] [--seed N]`.

What must hold on both databases: every job is done at least once, none is lost, none is put aside without three dead
workers. A job that three kills in a row put aside is tried again, as a person in the back office would. Exit code 1
and the facts when it does not hold.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.integration.jobs.shop import SERVE, Shop, open_shop
from tests.on_postgres import unreachable

BATCH = 40
RETRY = (
    "import django; django.setup()\nfrom bandstand.webkit.jobs import queries, retry\n"
    "for job in queries.parked(): retry(job.pk)"
)


def drill(shop: Shop, *, kills: int, chance: random.Random) -> list[str]:
    """Kill so many workers at random moments; return what does not hold."""
    jobs = 0
    shop.start(SERVE.format("processes=4"))
    while len(shop.killed) < kills:
        if shop.states().get("waiting", 0) < BATCH // 2:
            shop.enqueue("workbench.mark", range(jobs, jobs + BATCH), seconds=0.3)
            jobs += BATCH
        time.sleep(chance.uniform(0, 0.25))
        shop.kill_a_busy_worker()
    shop.wait(lambda: not {"waiting", "running"} & shop.states().keys(), seconds=600)
    wrong = shop.rows("SELECT key, attempts FROM jobs_job WHERE state = 'parked' AND attempts < 3")
    parked = shop.states().get("parked", 0)
    if parked:
        shop.run(RETRY)
        shop.wait(lambda: shop.states() == {"done": jobs}, seconds=120)
    marks = {key for (key,) in shop.rows("SELECT key FROM workbench_mark WHERE key NOT LIKE 'hourly%'")}
    lost = sorted({str(key) for key in range(jobs)} - marks)
    again = shop.rows("SELECT count(*) FROM jobs_job WHERE attempts > 1")[0][0]
    print(f"  {jobs} jobs, {len(shop.killed)} workers killed, {again} begun again, {parked} put aside first")
    problems = [f"lost: {lost}"] if lost else []
    problems += [f"put aside too early: {wrong}"] if wrong else []
    problems += [f"states: {shop.states()}"] if shop.states() != {"done": jobs} else []
    return problems


def main() -> int:
    """Run the drill on SQLite and, where it answers, on PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}")
    failed = False
    for kind in ("sqlite", "postgres"):
        if kind == "postgres" and (reason := unreachable()):
            print(f"{kind}: skipped, {reason}")
            continue
        print(kind)
        with tempfile.TemporaryDirectory() as folder, open_shop(kind, Path(folder)) as shop:
            problems = drill(shop, kills=chosen.kills, chance=random.Random(chosen.seed))
        failed |= bool(problems)
        print("\n".join(f"  WRONG {problem}" for problem in problems) or "  holds")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
