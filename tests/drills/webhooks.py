"""A storm of webhooks: every event several times, shuffled, many at once, forged and broken ones among them.

`python -m tests.drills.webhooks --deliveries 10000 --copies 5 --parallel 16 --database sqlite|postgres [--seed N]`

Orders are begun through the real services at a gateway that keeps its events to itself; what it would have told is then
thrown at the real pages process. Afterwards each effect is there once: orders, grants, books and the gateway's own
books tell one story, and nothing was answered with 5xx. Exit code 1 and the facts when not.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import secrets
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.crash.checkout_house import free_port
from tests.crash.paying_house import Pages, store_environment
from tests.crash.paying_verdict import FACTS, RECONCILE, differences
from tests.gateway.books import Books
from tests.gateway.couriers import lie, signed
from tests.gateway.desk import SECRET, Desk
from tests.integration.money.house import TABLES, Racers, database

EVENTS_OF_AN_ORDER = 4  # about: paid, its charge, its intent, and what becomes of some of them

SELL = """
from tests.factories import *
make_storefront()
for n in range(12):
    make_deal(release=make_release(tracks=1), release_tier="single")
"""

BEGIN = """
from datetime import UTC, datetime
from bandstand.store.catalogue.models import Release
from bandstand.store.deals.models import Storefront
from bandstand.store.deals.rules import Visitor
from bandstand.store.orders import queries, services as orders
front, releases, now = Storefront.objects.first(), list(Release.objects.all()), datetime.now(UTC)
result = []
for n in range(place * count, (place + 1) * count):
    basket = orders.basket_for(holder_id=None, token=None, storefront_id=front.pk, now=now)
    orders.put_in_basket(basket_id=basket.pk, release_id=releases[n % len(releases)].pk, part_id=None,
                         visitor=Visitor(territory="DE"), now=now)
    basket.refresh_from_db()
    page = queries.basket_page(basket, visitor=Visitor(territory="DE"), now=now)
    order = orders.place_order(basket_id=basket.pk, holder_id=None, email=f"guest{n}@example.org", billing_country="DE",
                               checkout_key=page.checkout_key, expected=page.total, now=now)
    payment = orders.begin_payment(order_id=order.pk, provider="stripe", return_url="http://localhost/", now=now)
    result.append(payment.key)
"""

RETURN_SOME = """
from datetime import UTC, datetime
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import OrderLine
from bandstand.store.payments.models import Payment
now = datetime.now(UTC)
for payment in Payment.objects.filter(key__in=keys):
    orders.look_up_payment(payment_id=payment.pk, now=now)
    for line in OrderLine.objects.filter(order__number=payment.order_number):
        orders.refund_line(line_id=line.pk, reason="a wish", by="Ada", now=now)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--copies", type=int, default=5)
    parser.add_argument("--parallel", type=int, default=16)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="bandstand-webhooks-") as place,
        database(options.database, Path(place)) as url,
    ):
        print(f"{options.database}: {options.deliveries} deliveries, seed {options.seed}", flush=True)
        figures, wrong = storm(
            url,
            Path(place),
            deliveries=options.deliveries,
            copies=options.copies,
            parallel=options.parallel,
            chance=random.Random(options.seed),
        )
    for name, found in figures.items():
        print(f"  {name}: {json.dumps(found)}")
    for problem in wrong:
        print(f"  WRONG {problem[:2000]}")
    print("  holds" if not wrong else "  DOES NOT HOLD")
    return 1 if wrong else 0


def storm(
    url: str, folder: Path, *, deliveries: int, copies: int, parallel: int, chance: random.Random
) -> tuple[dict[str, object], list[str]]:
    """Begin orders, let the gateway's payers act, throw its events at the pages, and judge."""
    desk = Desk(folder, free_port())
    env = store_environment(url, folder, desk.port)
    pages = Pages(env, folder)
    helpers = Racers(env, 2)
    try:
        desk.start()
        helpers.one(TABLES)
        helpers.one(SELL)
        count = max(4, deliveries // copies // EVENTS_OF_AN_ORDER // 2)
        said = helpers.all(BEGIN, count=count)
        assert all("error" not in one for one in said), said
        keys = [key for one in said for key in one["result"]]
        act(desk, helpers, keys, chance)
        pages.start()
        bag, events = fill_bag(folder, deliveries // copies, copies, chance)
        statuses, seconds = throw(bag, pages.port, parallel)
        helpers.one(RECONCILE)
        figures, wrong = differences(helpers.one(FACTS), desk.books())
    finally:
        pages.stop()
        helpers.close()
        desk.stop()
    failed = {status: number for status, number in statuses.items() if status == 0 or status >= 500}
    figures |= {
        "events": events,
        "deliveries": len(bag),
        "answers": dict(sorted(statuses.items())),
        "seconds": round(seconds, 1),
        "deliveries per second": round(len(bag) / seconds),
    }
    if failed:
        wrong.append(f"answers of 5xx, or none: {failed}")
    return figures, wrong


def act(desk: Desk, helpers: Racers, keys: list[str], chance: random.Random) -> None:
    """Pay most, decline some first, let some run out, refund some, dispute some and decide some of these."""
    chance.shuffle(keys)
    paid = keys[len(keys) // 10 :]
    for key in keys[: len(keys) // 10]:
        desk.control("pay", key=key, outcome="expire")
    for place, key in enumerate(paid):
        if place % 5 == 0:
            desk.control("pay", key=key, outcome="decline")
        desk.control("pay", key=key, outcome="later" if place % 7 == 0 else "pay")
        if place % 7 == 0:
            desk.control("pay", key=key, outcome="bank-yes")
    back, held = paid[::6], paid[1::8]
    held = [key for key in held if key not in back]
    helpers.one(RETURN_SOME, keys=back)
    for place, key in enumerate(held):
        if place % 7 == 0 and paid.index(key) % 7 == 0:
            continue
        dispute = desk.control("dispute", key=key)
        if place % 3:
            desk.control("close", dispute=dispute, status="won" if place % 3 == 1 else "lost")


def fill_bag(folder: Path, wanted: int, copies: int, chance: random.Random) -> tuple[list[tuple[str, bytes]], int]:
    """Return signed deliveries in any order: each event as often as told, and among them what is not genuine."""
    bodies = [row["body"].encode() for row in Books(folder / "gateway.db").all("SELECT body FROM events")]
    while len(bodies) < wanted:  # kinds that mean nothing here make up the number
        thing = {"id": f"cus_{len(bodies)}", "object": "customer"}
        event = {"id": f"evt_{secrets.token_hex(12)}", "type": "customer.updated", "created": int(time.time())}
        bodies.append(json.dumps(event | {"data": {"object": thing}}).encode())
    bag = [("", body) for body in bodies for _ in range(copies)]
    for body in chance.sample(bodies, max(1, len(bodies) // 5)):
        now = int(time.time())
        bag += [
            (signed("not the secret", body), body),
            (signed(SECRET, body, at=now - 3600), body),
            ("", body[: len(body) // 2]),
            *(("", lie(body, kind)) for kind in ("lie-amount", "lie-currency", "lie-key")),
        ]
    chance.shuffle(bag)
    return bag, len(bodies)


def throw(bag: list[tuple[str, bytes]], port: int, parallel: int) -> tuple[Counter[int], float]:
    """Deliver all of it, so many at once; return the statuses and the seconds."""
    statuses: Counter[int] = Counter()
    left, lock = list(bag), threading.Lock()

    def work() -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                if not left:
                    break
                mark, body = left.pop()
            headers = {"Content-Type": "application/json", "Stripe-Signature": mark or signed(SECRET, body)}
            try:
                link.request("POST", "/webhooks/stripe/", body, headers)
                answer = link.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                link.close()
                status = 0
            with lock:
                statuses[status] += 1
        link.close()

    threads = [threading.Thread(target=work) for _ in range(parallel)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses, time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
