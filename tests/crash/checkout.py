"""kill -9 at random moments of checkout: eight buyers, pages, worker and gateway as real processes.

`python -m tests.crash.checkout --kills 50 --database sqlite|postgres [--seed N]`

Afterwards the store reconciles, and then: no order lost or double, every paid payment has its order and grants, the
books add up and agree with the gateway's, no answer of 5xx and no database error. Exit code 1 and the facts when not.
PostgreSQL is the one at 127.0.0.1:5432, in a database made for this and dropped afterwards.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.crash import checkout_verdict as verdict
from tests.crash.checkout_house import Household
from tests.integration.money.house import TABLES, Racers, database

QUIET_WITHIN = 120.0  # seconds for the gateway to deliver what waits


def main() -> int:
    """Run the drill and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bandstand-checkout-") as place:
        folder = Path(place)
        with database(options.database, folder) as url:
            print(f"{options.database}: {options.kills} kills, seed {options.seed}", flush=True)
            return drill(url, folder, kills=options.kills, chance=random.Random(options.seed))


def drill(url: str, folder: Path, *, kills: int, chance: random.Random) -> int:
    """Open the store, kill, let it come to rest, and judge."""
    house = Household(url, folder)
    helper = Racers(house.env, 1)
    try:
        helper.one(TABLES)
        helper.one(verdict.SELL)
        for name in ("gateway", "pages", "worker"):
            house.start(name)
        house.wait_ready()
        for name in house.commands:
            if name.startswith("buyer"):
                house.start(name)
        house.wait_for_trade()
        began = time.monotonic()
        killed = house.under_fire(kills, chance)
        house.stop_buyers()
        house.wait_ready()
        come_to_rest(house, folder)
        looked = helper.one(verdict.RECONCILE)
        figures, wrong = verdict.judge(helper.one(verdict.FACTS), folder, house.relay.statuses)
    finally:
        house.close()
        helper.close()
    figures |= {"killed": dict(killed), "reconciled": looked, "seconds": round(time.monotonic() - began)}
    for name, found in figures.items():
        print(f"  {name}: {json.dumps(found)}")
    for problem in wrong:
        print(f"  WRONG {problem[:2000]}")
    print("  holds" if not wrong else "  DOES NOT HOLD")
    return 1 if wrong else 0


def come_to_rest(house: Household, folder: Path) -> None:
    """Wait until the gateway has told all it wants to tell."""
    deadline = time.monotonic() + QUIET_WITHIN
    while verdict.gateway_facts(folder)[1] and time.monotonic() < deadline:
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
