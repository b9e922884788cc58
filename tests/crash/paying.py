"""kill -9 at random moments of paying: eight buyers, pages, worker and a gateway that misbehaves, as real processes.

`python -m tests.crash.paying --kills 200 --database sqlite|postgres [--seed N]`

The gateway hangs, cuts, answers 500, 429 and nonsense, lies, and forgets, repeats, delays and forges its webhooks; it
is killed too. Afterwards it behaves, a quarter of an hour of reconciliation is run, and then: no paid order without
grant, no grant without payment, the gateway's books are ours, nothing that a buyer was told is lost. Exit code 1 and
the facts when not. PostgreSQL is the one at 127.0.0.1:5432, in a database made for this and dropped afterwards.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.crash.checkout_verdict import SELL
from tests.crash.paying_house import PayingHouse
from tests.crash.paying_verdict import FACTS, RECONCILE, differences
from tests.integration.money.house import TABLES, Racers, database

QUIET_WITHIN = 120.0  # seconds for the gateway to deliver what waits
HOOKS = {
    "forget": 0.2,
    "copies": 0.2,
    "late": 0.3,
    "forged": 0.05,
    "old": 0.05,
    "broken": 0.05,
    "lie-amount": 0.05,
    "lie-currency": 0.05,
    "lie-key": 0.05,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="bandstand-paying-") as place,
        database(options.database, Path(place)) as url,
    ):
        print(f"{options.database}: {options.kills} kills, seed {options.seed}", flush=True)
        figures, wrong = drill(url, Path(place), kills=options.kills, seed=options.seed)
    for name, found in figures.items():
        print(f"  {name}: {json.dumps(found)}")
    for problem in wrong:
        print(f"  WRONG {problem[:2000]}")
    print("  holds" if not wrong else "  DOES NOT HOLD")
    return 1 if wrong else 0


def drill(url: str, folder: Path, *, kills: int, seed: int) -> tuple[dict[str, object], list[str]]:
    """Open the store, kill, let it come to rest, and judge."""
    chance = random.Random(seed)
    house = PayingHouse(url, folder, faults={"seed": seed, "api": 0.15, "hooks": HOOKS})
    helper = Racers(house.env, 1)
    try:
        helper.one(TABLES)
        helper.one(SELL)
        for name in ("gateway", "pages", "worker"):
            house.start(name)
        house.wait_ready()
        for name in house.commands:
            if name.startswith("buyer"):
                house.start(name)
        house.wait_for_trade()
        begun = time.monotonic()
        killed = house.under_fire(kills, chance)
        house.stop_buyers()
        house.wait_ready()
        house.desk.control("faults", api=0.0, hooks={}, plan=[])
        come_to_rest(house)
        house.wait_ready()
        house.kill("worker")
        looked = helper.one(RECONCILE)
        gateway = house.desk.books()
        store = helper.one(FACTS)
    finally:
        house.close()
        helper.close()
    figures, wrong = differences(store, gateway)
    told = journals(folder)
    wrong += told_and_lost(told, store)
    figures |= {
        "killed": dict(killed),
        "webhook answers (0: killed before)": gateway["answers"],
        "buyers": dict(told["counts"]),
        "reconciled": looked,
        "seconds": round(time.monotonic() - begun),
    }
    if any(int(status) >= 500 for status in gateway["answers"]):
        wrong.append(f"answers of 5xx: {gateway['answers']}")
    return figures, wrong


def come_to_rest(house: PayingHouse) -> None:
    """Wait until the gateway has told all it wants to tell."""
    deadline = time.monotonic() + QUIET_WITHIN
    while time.monotonic() < deadline:
        books = house.desk.books()
        if not books["untold"] and not books["waiting"]:
            return
        time.sleep(0.2)


def journals(folder: Path) -> dict:
    """Return what buyers noted: counts, orders they got, orders they were told are paid."""
    counts: Counter[str] = Counter()
    ordered: set[str] = set()
    paid: set[str] = set()
    for path in sorted((folder / "journals").iterdir()):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                facts = json.loads(line)
            except ValueError:  # the last line of one that was killed while writing
                counts["torn journal lines"] += 1
                continue
            counts.update(set(facts) - {"payment", "ordered"})
            ordered |= {facts["ordered"]} if "ordered" in facts else set()
            paid |= {facts["told_paid"]} if "told_paid" in facts else set()
    return {"counts": counts, "ordered": ordered, "paid": paid}


def told_and_lost(told: dict, store: dict) -> list[str]:
    wrong = {
        "orders that buyers were given and the store lost": told["ordered"] - set(store["orders"]),
        "orders that buyers were told are paid and are not": told["paid"] - set(store["paid_orders"]),
        "database errors at buyers": told["counts"]["database_error"],
    }
    return [f"{name}: {found}" for name, found in wrong.items() if found]


if __name__ == "__main__":
    sys.exit(main())
