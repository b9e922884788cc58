"""Tracks that were paid before count once towards the whole release.

They are named with the order, and take hold when it is paid. A track's line then says how much of its gross is passed
on; that much can't go back for the track any more, until the release itself went back.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from bandstand.store.orders.models import Credit, OrderLine
from bandstand.store.orders.queries import PricedLine
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import services as payments

logger = logging.getLogger(__name__)


def name(lines: Sequence[tuple[OrderLine, PricedLine]]) -> None:
    """Write which tracks the lines of a new order count; no statement when there are none."""
    rows = [
        Credit(line=line, track_line_id=part.track_line_id, amount=part.money.amount, uses=part.uses)
        for line, priced in lines
        for part in priced.credits
    ]
    if rows:
        Credit.objects.bulk_create(rows)


def hold(lines: Sequence[OrderLine], *, now: datetime) -> None:
    """Pass on what the lines of an order that was just paid count. Calling it again changes nothing.

    What another order was quicker to use, or what went back meanwhile, is not passed on twice. The buyer keeps the
    price they were told: a second order of the same release is returned whole by the rule `already_owned`. What a
    payer's bank has taken back is noted as counted, and so its release rests (`rights.hollow`); what it keeps for good
    is never passed on.
    """
    counting = [line.pk for line in lines if line.credit]
    if not counting:
        return
    rows = Credit.objects.filter(line_id__in=counting, held_at=None, ended_at=None)
    named = list(rows.select_related("track_line__order").order_by("track_line_id"))
    numbers = {credit.track_line.order.number for credit in named}
    payments.hold_paid(order_numbers=numbers)  # whoever disputes them comes before, or sees that they count
    against, lost = payment_queries.taken_back(numbers), payment_queries.lost(numbers)
    for credit in named:
        number = credit.track_line.order.number
        passed = number not in lost and _pass_on(credit)
        counts = passed or number in against
        ended_at, held_at = None if passed else now, now if counts else None
        Credit.objects.filter(pk=credit.pk).update(held_at=held_at, ended_at=ended_at)
        if not passed:
            logger.warning("credit %s was used or returned before its order was paid", credit.pk)


def let_go(line: OrderLine, *, now: datetime) -> None:
    """Let the tracks that a line counted be theirs alone again: all of its money is back. Again changes nothing."""
    if not line.credit:
        return
    for credit in Credit.objects.filter(line=line, ended_at=None).order_by("track_line_id"):
        ended = Credit.objects.filter(pk=credit.pk, ended_at=None).update(ended_at=now)
        if ended and credit.held_at is not None:
            OrderLine.objects.filter(pk=credit.track_line_id, passed_on=credit.uses).update(passed_on=0)


def take_again(line: OrderLine) -> None:
    """Count tracks again that a line let go when its money was back: it is not, after all. What is gone since stays."""
    if not line.credit:
        return
    rows = Credit.objects.filter(line=line, held_at__isnull=False, ended_at__isnull=False).order_by("pk")
    ended = list(rows.select_related("track_line__order"))
    lost = payment_queries.lost({credit.track_line.order.number for credit in ended})
    for credit in ended:
        if credit.track_line.order.number not in lost and _pass_on(credit):
            Credit.objects.filter(pk=credit.pk).update(ended_at=None)


def lose(tracks: Sequence[OrderLine], *, now: datetime) -> None:
    """Let go what releases count of tracks whose money a bank keeps: it is the tracks' sellers who bear the loss."""
    held = Credit.objects.filter(track_line_id__in=[line.pk for line in tracks], held_at__isnull=False, ended_at=None)
    for credit in held.order_by("track_line_id"):
        if Credit.objects.filter(pk=credit.pk, ended_at=None).update(ended_at=now):
            OrderLine.objects.filter(pk=credit.track_line_id, passed_on=credit.uses).update(passed_on=0)


def _pass_on(credit: Credit) -> bool:
    """Note how much of a track's gross counts elsewhere; False when it counts already, or is back."""
    free = OrderLine.objects.filter(pk=credit.track_line_id, passed_on=0, gross__gte=F("refunded") + credit.uses)
    return bool(free.update(passed_on=credit.uses))
