"""What mails about orders say."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from bandstand.kernel.money import Money
from bandstand.store.accounts import links
from bandstand.store.orders.models import Gift, Order, Refund
from bandstand.store.orders.services import rights


def refund(refund: Refund, *, now: datetime) -> dict[str, object]:
    """Return the facts of a refund's mail."""
    order = refund.line.order
    return {
        "order": order,
        "line": refund.line,
        "refund": refund,
        "reason": why(refund, to_holder=True),
        "left": refund.line.price - Money(refund.line.refunded, order.currency),
        "kept": bool(rights.stands(refund.line, list(refund.line.refunds.all()))),
        **ways_in(order, now),
    }


def why(refund: Refund, *, to_holder: bool) -> str:
    """Return what a buyer reads as the reason of a refund.

    What an address owns is told to its account alone: whoever typed the address at the till sees only that the title
    could not be handed over. A giver does not read what the other one has, either.
    """
    match refund.by:
        case "rule:already_owned" if to_holder and not Gift.objects.filter(order=refund.line.order_id).exists():
            return _("It was on your shelf already.")
        case "rule:already_owned":
            return _("This title could not be handed over.")
        case "rule:dispute_lost":
            return _("Your bank has returned it.")
        case "rule:price_promise":
            return _("It became cheaper before it came out.")
        case "rule:gift_returned":
            return _("The gift was taken back.")
        case _:
            return refund.reason


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
