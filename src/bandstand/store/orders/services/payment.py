"""Collecting the money of an order: starting a payment, hearing events, asking when nothing is heard."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.money import Money
from bandstand.kernel.registry import UnknownPluginError
from bandstand.store.orders import rules
from bandstand.store.orders.models import Order
from bandstand.store.orders.services import refunds
from bandstand.store.orders.services.settlement import settle
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import rules as payment_rules
from bandstand.store.payments import services as payments
from bandstand.store.payments.providers import (
    PROVIDERS,
    EventFacts,
    EventKind,
    Provider,
    Stand,
    Standing,
    UnreachableError,
)

if TYPE_CHECKING:
    from bandstand.store.payments.models import Payment

logger = logging.getLogger(__name__)

BATCH = 50  # providers asked in one run of reconciliation: each call may take its whole time limit
GRACE = timedelta(days=1)  # how long after its provider's patience an open payment is still asked about


class Heard(StrEnum):
    """What became of an event."""

    DONE = "done"
    AGAIN = "again"  # heard before
    UNKNOWN = "unknown"  # of no payment of ours
    ODD = "odd"  # genuine, but it does not fit the payment: kept for staff


class OrderEndedError(RefusedError):
    """The order can't be paid any more."""

    code = "orders.ended"

    def __init__(self, order: Order) -> None:
        self.number, self.state = order.number, order.state
        sentence = "This order is paid." if order.state == Order.State.PAID else "The time to pay this order is over."
        super().__init__(
            sentence, hint="" if order.state == Order.State.PAID else "Your basket is still there: order again."
        )


class TooManyTriesError(RefusedError):
    """Too many payments failed."""

    code = "orders.too_many_tries"

    def __init__(self) -> None:
        super().__init__("Too many payments have failed.", hint="Wait an hour, or write to the store.")


class NotByHandError(RefusedError):
    """This payment's provider tells by itself when money came."""

    code = "orders.not_by_hand"

    def __init__(self) -> None:
        super().__init__("The provider tells when this payment has come.", hint="Ask it, or wait for its next answer.")


def begin_payment(*, order_id: int, provider: str, return_url: str, now: datetime) -> Payment:
    """Start to collect the money of an order. It speaks to the provider: no transaction around it.

    The visitor goes to the payment's `redirect_url`, or reads its `instructions`. A second press gets the same payment.

    Raises
    ------
    OrderEndedError, TooManyTriesError, ProviderOffError
        Which rule says no.
    UnreachableError, DeclinedByProviderError
        The provider does not answer, or refuses.
    """
    order = Order.objects.get(pk=order_id)
    if order.state != Order.State.OPEN or order.expires_at <= now:
        raise OrderEndedError(order)
    numbers = Order.objects.filter(holder_id=order.holder_id).values_list("number", flat=True)
    if payment_queries.failures(numbers, since=now - rules.FAILURES_WITHIN) >= rules.MOST_FAILURES:
        raise TooManyTriesError
    payment = payments.begin(order_number=order.number, provider=provider, amount=order.total, now=now)
    longer = now + PROVIDERS.get(provider).patience
    Order.objects.filter(pk=order_id, state=Order.State.OPEN, expires_at__lt=longer).update(expires_at=longer)
    return payments.start(payment_id=payment.pk, return_url=return_url, now=now)


def receive_event(*, provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Heard:
    """Act on what a provider tells; lower-case header names.

    Raises
    ------
    UnknownPluginError
        The store has no such provider, or does not offer it.
    ForgedEventError, BrokenEventError
        It is not genuine, or can't be read.
    """
    plugin = _offered(provider)
    facts = plugin.read_event(payments.context_of(plugin, now), headers, body)
    payment = payment_queries.payment_by_key(provider, facts.payment_key)
    if payment is None:
        logger.warning("%s tells of a payment that is not ours: event %s", provider, facts.event_id)
        return Heard.UNKNOWN
    return _hear(plugin, payment, facts, now)


def look_up_payment(*, payment_id: int, now: datetime) -> Payment:
    """Ask the provider how a payment stands, act on the answer, and return the payment: for the visitor who is back.

    Raises
    ------
    UnreachableError
        It does not answer; the next event or reconciliation tells.
    """
    payment = payment_queries.payment(payment_id)
    if payment.is_waiting:
        _act(payment, payments.ask(payment_id=payment_id, now=now), now)
    return payment_queries.payment(payment_id)


def reconcile(now: datetime) -> int:
    """Close every gap between the store and its providers: ask about payments without a result, send refunds that are
    not confirmed. Return how many were looked at. A provider that does not answer is left alone until the next run.
    """
    silent: set[str] = set()
    waiting = payment_queries.payments_to_ask(now, limit=BATCH)
    for payment in waiting:
        if payment.provider not in silent:
            try:
                look_up_payment(payment_id=payment.pk, now=now)
            except UnreachableError as error:
                silent.add(payment.provider)
                logger.warning("%s does not answer: %s", payment.provider, error.what)
    meant = payment_queries.refunds_to_send(now, limit=BATCH)
    for refund in meant:
        if refund.payment.provider not in silent:
            try:
                refunds.send_refund(refund_key=refund.key, now=now)
            except UnreachableError as error:
                silent.add(refund.payment.provider)
                logger.warning("%s does not answer: %s", refund.payment.provider, error.what)
    return len(waiting) + len(meant)


def mark_received(*, payment_id: int, by: str, now: datetime) -> Order:
    """Write that staff has seen the money of a payment by hand come in.

    Raises
    ------
    NotByHandError
        Its provider tells by itself.
    """
    payment = payment_queries.payment(payment_id)
    if not PROVIDERS.get(payment.provider).by_hand:
        raise NotByHandError
    logger.info("payment %s was marked as received by %s", payment.key, by)
    return settle(payment_id=payment_id, now=now)


@transaction.atomic
def _hear(provider: Provider, payment: Payment, facts: EventFacts, now: datetime) -> Heard:
    """Keep the event and do what it says, in one transaction: a crash loses both, and the provider tells again."""
    if not payments.record_event(provider=provider.slug, facts=facts, payment=payment, now=now):
        return Heard.AGAIN
    match facts.kind:
        case EventKind.PAID:
            return _paid(payment, facts.amount, now)
        case EventKind.FAILED:
            payments.fail(payment_id=payment.pk, reason=facts.reason or "The payment failed.", now=now)
        case EventKind.REFUNDED | EventKind.REFUND_FAILED:
            return _refund_told(payment, facts, now)
        case EventKind.DISPUTED:
            logger.error("payment %s of order %s is disputed", payment.key, payment.order_number)
            return Heard.ODD
    return Heard.DONE


def _paid(payment: Payment, amount: Money | None, now: datetime) -> Heard:
    if amount != payment.money:
        logger.error("payment %s is %s, but its provider says %s", payment.key, payment.money, amount)
        return Heard.ODD
    settle(payment_id=payment.pk, now=now)
    return Heard.DONE


def _refund_told(payment: Payment, facts: EventFacts, now: datetime) -> Heard:
    try:
        refund = payment_queries.refund(facts.refund_key)
    except payment_queries.RefundUnknownError:
        refund = None
    if refund is None or refund.payment_id != payment.pk or refund.money != facts.amount:
        logger.error("payment %s: its provider tells of a refund that is not ours: %r", payment.key, facts.refund_key)
        return Heard.ODD
    if facts.kind is EventKind.REFUNDED:
        refunds.finish_refund(refund_key=refund.key, now=now)
    else:
        refunds.undo_refund(refund_key=refund.key, reason=facts.reason or "no reason given", now=now)
    return Heard.DONE


def _act(payment: Payment, standing: Standing, now: datetime) -> None:
    """Do what a provider's answer means."""
    age = now - payment.created_at
    match standing.state:
        case Stand.PAID:
            _paid(payment, standing.amount, now)
        case Stand.FAILED:
            payments.fail(payment_id=payment.pk, reason=standing.reason or "The payment failed.", now=now)
        case Stand.UNKNOWN if age > payment_rules.LOST_AFTER:
            payments.fail(payment_id=payment.pk, reason="The payment never reached its provider.", now=now)
        case Stand.OPEN if age > PROVIDERS.get(payment.provider).patience + GRACE:
            payments.fail(payment_id=payment.pk, reason="Nobody paid in time.", now=now)
        case _:
            pass


def _offered(slug: str) -> Provider:
    offered = {provider.slug: provider for provider in payment_queries.offered()}
    if slug not in offered:
        raise UnknownPluginError("payment provider", slug, sorted(offered))
    return offered[slug]
