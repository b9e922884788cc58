"""What mails about orders say."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from bandstand.store.accounts import links
from bandstand.store.orders.models import Gift, Order, Refund
from bandstand.store.orders.services import rights


def refund(refund: Refund, *, now: datetime) -> dict[str, object]:
    """Return the facts of a refund's mail."""
    return {"order": refund.line.order, "line": refund.line, "refund": refund, **ways_in(refund.line.order, now)}


def gift(gift: Gift) -> dict[str, object]:
    """Return the facts of the mail that brings a gift."""
    return {
        "gift": gift,
        "titles": [line.title for line in rights.standing_lines(gift.order)],
        "claim_url": links.absolute(reverse("shopfront:gift", args=[gift.token])),
    }


def gift_reminder(gift: Gift, *, now: datetime) -> dict[str, object]:
    """Return the facts of the mail that tells a giver that nobody has claimed their gift."""
    return {"gift": gift, "order": gift.order, **ways_in(gift.order, now)}


def ways_in(order: Order, now: datetime) -> dict[str, object]:
    """Return the links to the order: a guest's opens the shelf for half an hour, then they ask for a new one."""
    guest = order.holder.is_guest
    return {
        "order_url": links.absolute(reverse("shopfront:order", args=[order.number])),
        "open_url": links.open_url(order.holder, now=now) if guest else "",
        "new_link_url": links.absolute(reverse("account_send_link")) if guest else "",
    }
