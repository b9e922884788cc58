"""What the mail with a receipt says."""

from __future__ import annotations

from datetime import datetime

from bandstand.store.orders.letters import ways_in
from bandstand.store.orders.models import Order
from bandstand.store.orders.queries import given
from bandstand.store.orders.services import rights
from bandstand.store.payments import queries as payments


def receipt(order: Order, *, now: datetime) -> dict[str, object]:
    """Return the facts of a receipt's mail."""
    lines = list(order.lines.select_related("order", "seller"))
    return {
        "order": order,
        "lines": lines,
        "rests": bool(rights.hollow(lines) or payments.taken_back([order.number])),
        "net": order.total - order.tax_total,
        "gift": given.gift_of(order.pk),
        **ways_in(order, now),
    }
