"""What mails about orders say."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bandstand.kernel.money import Money
from bandstand.store.accounts import links
from bandstand.store.orders.models import Gift, Order, OrderLine, Refund
from bandstand.store.orders.queries.ahead import may_cancel
from bandstand.store.orders.services import rights
from bandstand.store.orders.services.gifts import NOBODY

HALF_A_DAY = timedelta(hours=12)


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
    if refund.by == "rule:already_owned":
        if to_holder and not Gift.objects.filter(order=refund.line.order_id).exists():
            return _("It was on your shelf already.")
        return _("This title could not be handed over.")
    rules = {
        "rule:dispute_lost": _("Your bank has returned it."),
        "rule:credit_lost": _("Your bank has taken back what you had paid for tracks of it."),
        "rule:price_promise": _("It became cheaper before it came out."),
        "rule:cancelled_ahead": _("You cancelled it before it came."),
        "rule:gift_returned": _("The gift was taken back."),
    }
    return rules.get(refund.by, refund.reason)


def waits_for(line: OrderLine) -> str | None:
    """Return the address of whoever waits for what was ordered ahead: its buyer, or who claimed it as a gift; None
    where nobody does any more.
    """
    if not any(standing.pk == line.pk for standing in rights.standing_lines(line.order)):
        return None
    gift = Gift.objects.filter(order=line.order_id).select_related("claimed_by").first()
    to = gift.claimed_by.email if gift is not None and gift.claimed_by is not None else line.order.email
    return to if to != NOBODY else None


def is_another_day(line: OrderLine, *, before: datetime) -> bool:
    """Tell whether a title that moved comes on another day for people, not only at another hour or clock."""
    zone = ZoneInfo(line.order.storefront.time_zone)
    after = line.available_at or before
    return before.astimezone(zone).date() != after.astimezone(zone).date() and abs(after - before) >= HALF_A_DAY


def day_moved(line: OrderLine, *, before: datetime, now: datetime) -> dict[str, object]:
    """Return the facts of the mail that tells whoever waits for a title that it comes on another day."""
    order, zone = line.order, ZoneInfo(line.order.storefront.time_zone)
    claimed = bool(Gift.objects.filter(order=order, claimed_at__isnull=False).exists())
    at = line.available_at or now
    return {
        "line": line,
        "before": date_format(before.astimezone(zone).date(), "l j F Y"),
        "after": date_format(at.astimezone(zone).date(), "l j F Y"),
        "is_here": at <= now,
        "is_later": at > before,
        "may_cancel": may_cancel(line, now),
        "shelf_url": links.absolute(reverse("shopfront:shelf")),
        "claimed": claimed,  # by somebody who knows nothing of the order
        **ways_in(order, now),
    }


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
