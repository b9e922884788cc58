"""After the fire: what the buyers were told, what the gateway did, and what the store knows must be one story."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

SELL = """
from tests.factories import *
make_storefront()
for n in range(30):
    tiers = {"release_tier": "free", "track_tier": "free"} if n == 0 else {}
    make_deal(release=make_release(tracks=2), **tiers)
"""

RECONCILE = """
from datetime import UTC, datetime, timedelta
from bandstand.store.orders import services as orders
later = datetime.now(UTC) + timedelta(minutes=12)
result = 0
while looked := orders.reconcile(later):
    result += looked
"""

FACTS = """
from django.db.models import Count, F, Sum
from bandstand.store.grants.models import Grant
from bandstand.store.ledger import queries as books
from bandstand.store.ledger.models import Posting
from bandstand.store.orders.models import Order, OrderLine, Refund
from bandstand.store.payments.models import Payment, PaymentRefund
returned = set(PaymentRefund.objects.filter(state="succeeded").values_list("key", flat=True))
without, twice = [], []
for line in OrderLine.objects.filter(order__state="paid").select_related("order", "part"):
    thing = {"part_id": line.part_id} if line.part_id else {"release_id": line.release_id}
    live = Grant.objects.filter(holder_id=line.order.holder_id, revoked_at=None, **thing).count()
    covered = line.part_id and Grant.objects.filter(
        holder_id=line.order.holder_id, revoked_at=None, release_id=line.part.release_id).exists()
    back = line.refunded == line.gross and line.gross > 0
    if not live and not covered and not back:
        without.append(line.order.number)
    if live > 1:
        twice.append(line.order.number)
unpaid = Grant.objects.filter(revoked_at=None, source__startswith="order:").exclude(
    source__in=["order:" + n for n in Order.objects.filter(state="paid").values_list("number", flat=True)]).count()
waiting = Payment.objects.filter(state__in=["intended", "started"])
result = {
    "orders": dict(Order.objects.values_list("number", "state")),
    "baskets": dict(Order.objects.exclude(basket=None).values_list("basket_id").annotate(n=Count("pk"))),
    "payments": {p.key: [p.state, p.order_number, p.amount, p.refunded] for p in Payment.objects.all()},
    "free": sorted(Order.objects.filter(gross=0).values_list("number", flat=True)),
    "without_grant": without, "granted_twice": twice, "unpaid_grants": unpaid,
    "unbalanced": len(books.unbalanced()), "trial": sum(row.money.amount for row in books.trial_balance()),
    "clearing": books.balance("clearing", "pretend", "EUR").amount,
    "refunds": dict(PaymentRefund.objects.values_list("key", "state")),
    "too_much_back": OrderLine.objects.filter(refunded__gt=F("gross")).count(),
    "revoked": Grant.objects.exclude(revoked_at=None).count(), "grants": Grant.objects.count(),
    "settled": Posting.objects.filter(key__startswith="settle:").count(),
}
"""


def journals(folder: Path) -> tuple[Counter[str], set[str], set[str], dict[int, set[str]]]:
    """Return what buyers noted: counts, orders they got, orders they were told are paid, orders by basket."""
    counts: Counter[str] = Counter()
    ordered: set[str] = set()
    told: set[str] = set()
    by_basket: dict[int, set[str]] = {}
    for path in sorted((folder / "journals").iterdir()):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                facts = json.loads(line)
            except ValueError:  # the last line of one that was killed while writing
                counts["torn journal lines"] += 1
                continue
            counts.update(name for name in facts if name in {"pressed", "gateway_away", "database_error"})
            ordered |= set(facts.get("ordered", []))
            if "ordered" in facts:
                by_basket.setdefault(facts["basket"], set()).update(facts["ordered"])
            told |= {facts["told_paid"]} if "told_paid" in facts else set()
    return counts, ordered, told, by_basket


def gateway_facts(folder: Path) -> tuple[dict[str, tuple[str, int, int]], int]:
    """Return the gateway's payments (state, amount, refunded) by the store's key, and how many events wait."""
    with closing(sqlite3.connect(folder / "gateway.db", timeout=20)) as rows:
        payments = {
            key: (state, amount, back)
            for key, state, amount, back in rows.execute("SELECT key, state, amount, refunded FROM payments")
        }
        (waiting,) = rows.execute("SELECT count(*) FROM deliveries").fetchone()
    return payments, waiting


def judge(store: dict, folder: Path, statuses: Counter[int]) -> tuple[dict[str, object], list[str]]:
    """Return the figures, and what must not be."""
    counts, ordered, told, by_basket = journals(folder)
    at_gateway, _ = gateway_facts(folder)
    payments = store["payments"]
    succeeded = {key: row for key, row in payments.items() if row[0] == "succeeded"}
    paid_there = {key for key, (state, _, _) in at_gateway.items() if state == "paid"}
    settled_here = {key for key, row in payments.items() if row[0] in {"succeeded", "surplus"}}
    paid_orders = {number for number, state in store["orders"].items() if state == "paid"}
    free = set(store["free"])
    clearing = sum(amount - back for state, amount, back in at_gateway.values() if state == "paid")
    wrong = {
        "orders that buyers were given and the store lost": ordered - set(store["orders"]),
        "orders that buyers were told are paid and are not": told - paid_orders,
        "baskets with two orders": {pk for pk, numbers in by_basket.items() if len(numbers) > 1}
        | {pk for pk, number in store["baskets"].items() if number > 1},
        "paid at the gateway, not here": paid_there - settled_here,
        "paid here, not at the gateway": settled_here - paid_there,
        "paid orders without exactly one payment": (paid_orders - free) ^ {row[1] for row in succeeded.values()},
        "payments and postings differ": len(succeeded) - store["settled"],
        "paid lines without grant": store["without_grant"],
        "things granted twice": store["granted_twice"],
        "grants that nobody paid": store["unpaid_grants"],
        "postings that are out": store["unbalanced"],
        "trial balance": store["trial"],
        "clearing here less at the gateway": store["clearing"] - clearing,
        "refunds that hang": [key for key, state in store["refunds"].items() if state != "succeeded"],
        "lines with more back than paid": store["too_much_back"],
        "answers of 5xx": sum(number for status, number in statuses.items() if status >= 500),
        "database errors at buyers": counts["database_error"],
        "no trade to judge": int(len(paid_orders) < 8 or not statuses[200]),
    }
    figures = {
        "orders": len(store["orders"]),
        "paid": len(paid_orders),
        "free": len(free),
        "payments": dict(Counter(row[0] for row in payments.values())),
        "grants": store["grants"],
        "revoked": store["revoked"],
        "refunds": len(store["refunds"]),
        "webhook answers (0: killed before)": dict(sorted(statuses.items())),
        "buyers": dict(counts),
        "clearing": store["clearing"],
    }
    return figures, [f"{name}: {found}" for name, found in wrong.items() if found]
