"""One story? What the gateway really did, and what the store knows."""

from __future__ import annotations

from collections import Counter

RECONCILE = """
from datetime import UTC, datetime, timedelta
from bandstand.store.orders import services as orders
begun = datetime.now(UTC)
result = 0
for minute in range(1, 16):
    result += orders.reconcile(begun + timedelta(minutes=minute))
"""

FACTS = """
from bandstand.store.grants.models import Grant
from bandstand.store.ledger import queries as books
from bandstand.store.ledger.models import Posting
from bandstand.store.orders.models import Order, OrderLine
from bandstand.store.payments.models import Dispute, Payment, PaymentRefund, ProviderEvent
against = {d.payment.order_number for d in Dispute.objects.filter(state__in=["open", "lost"]).select_related("payment")}
without, twice, kept = [], [], []
for line in OrderLine.objects.filter(order__state="paid").select_related("order", "part"):
    thing = {"part_id": line.part_id} if line.part_id else {"release_id": line.release_id}
    theirs = Grant.objects.filter(holder_id=line.order.holder_id, revoked_at=None)
    live = theirs.filter(**thing).count()
    covered = line.part_id and theirs.filter(release_id=line.part.release_id).exists()
    back = line.refunded == line.gross and line.gross > 0
    if not live and not covered and not back and line.order.number not in against:
        without.append(line.order.number)
    if live > 1:
        twice.append(line.order.number)
    if live and (back or line.order.number in against) and theirs.filter(source=line.order.source, **thing).exists():
        kept.append(line.order.number)
paid = set(Order.objects.filter(state="paid").values_list("number", flat=True))
unpaid = [g.source for g in Grant.objects.filter(revoked_at=None, source__startswith="order:")
          if g.source.removeprefix("order:") not in paid]
result = {
    "payments": {p.key: [p.state, p.order_number, p.amount, p.charge_ref] for p in Payment.objects.all()},
    "paid_orders": sorted(paid), "orders": sorted(Order.objects.values_list("number", flat=True)),
    "free": sorted(Order.objects.filter(gross=0).values_list("number", flat=True)),
    "refunds": {r.key: [r.state, r.amount] for r in PaymentRefund.objects.all()},
    "disputes": {d.provider_ref: d.state for d in Dispute.objects.all()},
    "without_grant": without, "granted_twice": twice, "kept_unpaid": kept, "unpaid_grants": unpaid,
    "grants": Grant.objects.count(), "live_grants": Grant.objects.filter(revoked_at=None).count(),
    "unbalanced": [str(p) for p in books.unbalanced()],
    "trial": sum(row.money.amount for row in books.trial_balance()),
    "clearing": books.balance("clearing", "stripe", "EUR").amount,
    "settled": Posting.objects.filter(key__startswith="settle:").count(),
    "surplus": Posting.objects.filter(key__startswith="surplus:").count(),
    "events": ProviderEvent.objects.count(),
    "declines": sum(Payment.objects.values_list("declines", flat=True)),
}
"""


def differences(store: dict, gateway: dict) -> tuple[dict[str, object], list[str]]:
    """Return the figures, and what must not be."""
    payments, there = store["payments"], gateway["payments"]
    succeeded = {key: row for key, row in payments.items() if row[0] == "succeeded"}
    settled = {key for key, row in payments.items() if row[0] in {"succeeded", "surplus"}}
    paid_there = {one["key"]: one for one in there.values() if one["paid"]}
    clearing = sum(one["amount"] - one["refunded"] - one["disputed"] for one in paid_there.values())
    refunds = {key: (amount, status) for key, amount, status in gateway["refunds"].values() if status == "succeeded"}
    returned = {key: (row[1], "succeeded") for key, row in store["refunds"].items() if row[0] == "succeeded"}
    paid_orders = set(store["paid_orders"]) - set(store["free"])
    wrong = {
        "paid at the gateway, not here": set(paid_there) - settled,
        "paid here, not at the gateway": settled - set(paid_there),
        "other amounts": [key for key in settled & set(paid_there) if payments[key][2] != paid_there[key]["amount"]],
        "paid orders without exactly one payment": paid_orders ^ {row[1] for row in succeeded.values()},
        "payments and postings differ": len(succeeded) - store["settled"],
        "surplus and postings differ": len(settled) - len(succeeded) - store["surplus"],
        "refunds differ": set(refunds.items()) ^ set(returned.items()),
        "two refunds under one key": len(gateway["refunds"]) - len({row[0] for row in gateway["refunds"].values()}),
        "refunds that hang": [key for key, row in store["refunds"].items() if row[0] == "intended"],
        "payments that hang": [key for key, row in payments.items() if row[0] == "intended"],
        "paid lines without grant": store["without_grant"],
        "things granted twice": store["granted_twice"],
        "grants whose money went back": store["kept_unpaid"],
        "grants that nobody paid": store["unpaid_grants"],
        "postings that are out": store["unbalanced"],
        "trial balance": store["trial"],
        "clearing here less at the gateway": store["clearing"] - clearing,
        "nothing was paid": int(not settled),
    }
    figures: dict[str, object] = {
        "orders": len(store["orders"]),
        "paid": len(store["paid_orders"]),
        "payments": dict(Counter(row[0] for row in payments.values())),
        "declined cards": store["declines"],
        "refunds": dict(Counter(row[0] for row in store["refunds"].values())),
        "disputes": dict(Counter(store["disputes"].values())),
        "grants, live": [store["grants"], store["live_grants"]],
        "events kept": store["events"],
        "clearing": store["clearing"],
        "gateway calls": sum(gateway["calls"].values()),
    }
    return figures, [f"{name}: {found}" for name, found in wrong.items() if found]
