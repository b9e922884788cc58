"""What mails about orders say."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from bandstand.store.accounts import links
from bandstand.store.orders.models import Order, Refund


def refund(refund: Refund, *, now: datetime) -> dict[str, object]:
    """Return the facts of a refund's mail."""
    return {"order": refund.line.order, "line": refund.line, "refund": refund, **ways_in(refund.line.order, now)}


def ways_in(order: Order, now: datetime) -> dict[str, object]:
    """Return the links to the order: a guest's opens the shelf for half an hour, then they ask for a new one."""
    guest = order.holder.is_guest
    return {
        "order_url": links.absolute(reverse("shopfront:order", args=[order.number])),
        "open_url": links.open_url(order.holder, now=now) if guest else "",
        "new_link_url": links.absolute(reverse("account_send_link")) if guest else "",
    }
