"""A payer's bank takes money back, for now or for good: the titles go with it, and come back with it.

Providers tell these in any order, twice, or after the refund; what was told first about how a dispute ended holds.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from bandstand.kernel.money import Money
from bandstand.store.ledger import services as ledger
from bandstand.store.orders.models import Order
from bandstand.store.orders.services import crediting, handing, losses, rights
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import services as payments
from bandstand.store.payments.models import Dispute

if TYPE_CHECKING:
    from bandstand.store.payments.models import Payment

logger = logging.getLogger(__name__)

State = Dispute.State


def opened(*, payment_id: int, dispute_ref: str, amount: Money, reason: str = "", now: datetime) -> bool:
    """Write that a payer's bank has taken a payment, or part of it, back until it decides; the order's titles end.

    False when it makes no sense: more than was paid, or in another currency. That is for staff to look at. Of a payment
    that we have not heard to be paid it is kept, and has its effect when that is heard.
    """
    return _tell(State.OPEN, payment_id, dispute_ref, amount, reason, now)


def won(*, payment_id: int, dispute_ref: str, amount: Money, reason: str = "", now: datetime) -> bool:
    """Write that the bank has decided for the store: the money is back, and so are the titles. False as `opened`."""
    return _tell(State.WON, payment_id, dispute_ref, amount, reason, now)


def lost(*, payment_id: int, dispute_ref: str, amount: Money, reason: str = "", now: datetime) -> bool:
    """Write that the bank has decided for the payer: what has not gone back before is gone now. False as `opened`."""
    return _tell(State.LOST, payment_id, dispute_ref, amount, reason, now)


def catch_up(payment: Payment, now: datetime) -> None:
    """Do what disputes mean that were told before the payment itself; within the transaction that settles it."""
    for dispute in payment_queries.disputes_told(payment.pk):
        _mean(payment, dispute, before="", now=now)


@transaction.atomic
def _tell(state: State, payment_id: int, ref: str, amount: Money, reason: str, now: datetime) -> bool:
    payment = payments.hold(payment_id=payment_id)
    if amount.currency != payment.currency or not 0 < amount.amount <= payment.amount:
        logger.error("payment %s of %s: a dispute about %s makes no sense", payment.key, payment.money, amount)
        return False
    told = payments.note_dispute(
        payment_id=payment_id, provider_ref=ref or payment.key, amount=amount, state=state, reason=reason, now=now
    )
    if told is not None:
        dispute, before = told
        logger.warning("payment %s of order %s: dispute %s", payment.key, payment.order_number, state.label.lower())
        if payment.state in {payment.State.SUCCEEDED, payment.State.SURPLUS}:
            _mean(payment, dispute, before=before, now=now)
    return True


def _mean(payment: Payment, dispute: Dispute, *, before: str, now: datetime) -> None:
    """Write to books and shelves what a dispute's state means; `before` is its state until now, "" when it is new."""
    money, provider = dispute.money, payment.provider
    memo = f"Order {payment.order_number}: disputed"
    key = f"dispute:{dispute.pk}"
    order = None if payment.is_surplus else Order.objects.get(number=payment.order_number)
    if dispute.state != State.WON and before == "":
        taken = [("clearing", provider, -money), ("disputes", provider, money)]
        ledger.post(key=f"{key}:opened", at=now, memo=memo, entries=taken)
        if order is not None:
            _end_titles(order, now)
    if dispute.state == State.LOST:
        if order is not None:
            handing.look_again_soon([line.pk for line in rights.counting(order)])
            crediting.lose(list(order.lines.all()), now=now)
        gone = [("disputes", provider, -money), ("fees", provider, money)]
        ledger.post(key=f"{key}:lost", at=now, memo=f"{memo}, lost", entries=gone)
        losses.settle_losses(payment_id=payment.pk, now=now)
    elif dispute.state == State.WON and before:
        back = [("clearing", provider, money), ("disputes", provider, -money)]
        ledger.post(key=f"{key}:won", at=now, memo=f"{memo}, won", entries=back)
        if order is not None:
            handing.give_again(order, payment, now)
            counting = rights.counting(order)
            for line in counting:
                rights.keep(line, now=now)
            handing.look_again_soon([line.pk for line in counting])


def _end_titles(order: Order, now: datetime) -> None:
    """End what an order gave, and the releases that count its tracks as paid."""
    why = "Disputed: the payer's bank has the money."
    rights.end_all(order, why=why, now=now)
    for line in rights.counting(order):
        rights.end(line, why=why, now=now)
