"""Handing over what an order bought: the titles, or the price of those that their new holder had already."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from bandstand.store.grants import queries as grants
from bandstand.store.orders.models import Order, OrderLine
from bandstand.store.orders.services import rights
from bandstand.store.orders.services.intents import DisputedError, NothingToRefundError, intend_line_refund
from bandstand.store.payments import queries as payment_queries
from bandstand.webkit.jobs import enqueue, enqueue_many

if TYPE_CHECKING:
    from bandstand.store.payments.models import Payment

logger = logging.getLogger(__name__)


def hand_over(
    order: Order, lines: Sequence[OrderLine], *, holder_id: int, payment: Payment | None, now: datetime
) -> list[OrderLine]:
    """Give somebody the titles of an order's lines. What they had already goes back as money to who paid.

    Return those lines. What counts tracks whose money a bank has taken back rests until the bank has decided.
    """
    resting = rights.hollow(lines)
    had = rights.give(order, [line for line in lines if line.pk not in resting], holder_id=holder_id, now=now)
    look_again_soon(resting)
    for line in had:
        _return_price(line, payment, now)
    return had


def give_again(order: Order, payment: Payment, now: datetime) -> None:
    """Give the titles of an order again, to whoever had them, as far as its lines stand."""
    holder_id = rights.holder_of(order)
    if holder_id is None:
        return
    look_again_soon(rights.hollow(list(order.lines.all())))
    had = rights.give(order, rights.standing_lines(order), holder_id=holder_id, now=now)
    covered = _within_releases(order, had, holder_id)
    for line in had:
        if line.part_id not in covered:
            _return_price(line, payment, now)


def look_again_soon(line_ids: Collection[int]) -> None:
    """Ask for a look at lines that count tracks whose money moved: after the transaction, which holds other rows."""
    enqueue_many("orders.look_again", [(str(pk), {"line_id": pk}) for pk in line_ids])


@transaction.atomic
def look_again(*, line_id: int, now: datetime) -> None:
    """Return what was paid for a release that can't be handed over: a bank keeps the money of tracks that it counts, so
    that it was not paid in full; or it came from elsewhere while it rested. Calling it again changes nothing.
    """
    line = OrderLine.objects.select_related("order").get(pk=line_id)
    payment = payment_queries.success_of(line.order.number)
    if payment is None:
        return
    if rights.is_hollow_for_good(line):
        reason = "Your bank has taken back what you had paid for tracks of it."
        _return_price(line, payment, now, reason=reason, by="rule:credit_lost")
    elif rights.is_from_elsewhere(line):
        _return_price(line, payment, now)


def _within_releases(order: Order, lines: Sequence[OrderLine], holder_id: int) -> set[int]:
    """Return the tracks that an order gave before, and that their holder has with a release now.

    Whoever buys an album after its track has not paid twice for one thing.
    """
    part_ids = [line.part_id for line in lines if line.part_id is not None]
    given, by = grants.begun(order.source), grants.covering(holder_id, part_ids)
    return {pk for pk in part_ids if (None, pk) in given and pk in by and by[pk].release_id is not None}


def _return_price(
    line: OrderLine,
    payment: Payment | None,
    now: datetime,
    *,
    reason: str = "It was on the shelf already.",
    by: str = "rule:already_owned",
) -> None:
    if payment is None or line.refunded + line.passed_on >= line.gross:
        return
    try:
        refund = intend_line_refund(line=line, payment=payment, reason=reason, by=by, now=now)
    except DisputedError:  # when it is won, the line is looked at again
        logger.info("order %s: a price should go back, but its payment is disputed", payment.order_number)
        return
    except NothingToRefundError:  # it went back, or was passed on, a moment ago
        return
    enqueue("orders.send_refund", key=refund.payment_refund_key, refund_key=refund.payment_refund_key)
