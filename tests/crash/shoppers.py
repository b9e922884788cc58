"""Eight people shop over HTTP while the processes of the store are killed.

`python -m tests.crash.shoppers --kills 50 --database sqlite|postgres [--seed N]`

The whole store runs as in the demo; its supervisor starts again what was killed. Each shopper fills a basket, checks
out, pays at the gateway as chance will have it, and looks at the order. At the end the database is looked at.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from tests import house
from tests.crash.shopper import Shopper
from tests.integration.money.house import database

from bandstand.demo import place, setup, supervisor

SHOPPERS = 8
SLUGS = {"northbound-signals", "first-light"}
VERDICT = """
import django; django.setup()
from django.db.models import Count, Sum
from bandstand.store.grants.models import Grant
from bandstand.store.ledger import queries as books
from bandstand.store.ledger.models import Posting
from bandstand.store.orders import services
from bandstand.store.orders.models import Order, OrderLine
from bandstand.store.payments.models import Payment
from django.utils import timezone
from datetime import timedelta
for minutes in (2, 5, 15, 60):
    services.reconcile(timezone.now() + timedelta(minutes=minutes))
wrong = []
for order in Order.objects.filter(state="paid"):
    for line in order.lines.all():
        held = Grant.objects.filter(holder=order.holder, release=line.release, part=line.part, revoked_at=None).count()
        if held != 1:
            wrong.append(f"{order.number}: {held} grants of {line.title}")
    if order.gross and Payment.objects.filter(order_number=order.number, state="succeeded").count() != 1:
        wrong.append(f"{order.number}: not one payment")
paid = set(Order.objects.filter(state="paid").values_list("number", flat=True))
for payment in Payment.objects.filter(state="succeeded"):
    if payment.order_number not in paid:
        wrong.append(f"{payment.order_number}: paid, and no paid order")
wrong += [f"posting {found.key} is out of balance" for found in books.unbalanced()]
wrong += [f"two live grants: {row}" for row in Grant.objects.filter(revoked_at=None).values("holder", "release", "part")
          .annotate(n=Count("id")).filter(n__gt=1)]
print(f"  orders {Order.objects.count()}, paid {len(paid)}")
print(f"  grants {Grant.objects.count()}, postings {Posting.objects.count()}")
for problem in wrong:
    print("  WRONG", problem)
raise SystemExit(1 if wrong else 0)
"""


def main() -> int:
    """Shop, kill, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    supervisor.RESTARTS = 10_000
    with (
        tempfile.TemporaryDirectory(prefix="bandstand-shoppers-") as name,
        database(options.database, Path(name)) as url,
    ):
        print(f"{options.database}: {options.kills} kills, seed {options.seed}", flush=True)
        return drill(Path(name) / "store", url, kills=options.kills, chance=random.Random(options.seed))


def drill(folder: Path, url: str, *, kills: int, chance: random.Random) -> int:
    """Run the store and the shoppers, kill, and judge."""
    extra = {"BANDSTAND_DATABASE_URL": url}
    here = replace(place.open_place(folder, port=house.free_ports(), fresh=False), extra=extra)
    setup.prepare(here)
    members = [member for member in supervisor.everybody(here) if member.name != "music"]
    store = supervisor.Supervisor(here, members)
    done, seen = threading.Event(), Counter[str]()
    try:
        store.start()
        house.fill(here, SLUGS)
        watcher = threading.Thread(target=store.watch, args=(done.is_set,))
        shoppers = [Shopper(here, number, random.Random(chance.random()), done, seen) for number in range(SHOPPERS)]
        for thread in (watcher, *shoppers):
            thread.start()
        killed = kill_at_random(members, kills, chance)
        time.sleep(5)
        done.set()
        for thread in (watcher, *shoppers):
            thread.join()
        store.keep_up()
        print(f"  killed {dict(killed)}; answers {dict(sorted(seen.items()))}")
        judged = subprocess.run([sys.executable, "-c", VERDICT], env=here.environment(), check=False).returncode
    finally:
        done.set()
        store.stop()
    bad = {what: count for what, count in seen.items() if what.startswith("5")}
    print("  holds" if not judged and not bad else f"  DOES NOT HOLD {bad}")
    return 1 if judged or bad else 0


def kill_at_random(members: list[supervisor.Member], kills: int, chance: random.Random) -> Counter[str]:
    """Kill -9 a process and its children, again and again."""
    killed: Counter[str] = Counter()
    while sum(killed.values()) < kills:
        time.sleep(chance.uniform(0.3, 1.5))
        member = chance.choice(members)
        if member.process is not None and member.process.poll() is None:
            os.killpg(member.process.pid, signal.SIGKILL)
            killed[member.name] += 1
    return killed


if __name__ == "__main__":
    sys.exit(main())
