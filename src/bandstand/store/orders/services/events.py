"""Hearing what providers tell: each event once, whatever it says, and whoever says it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction

from bandstand.kernel.money import Money
from bandstand.kernel.registry import UnknownPluginError
from bandstand.store.orders.services import disputes, refunds
from bandstand.store.orders.services.settlement import settle, settle_payment
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import services as payments
from bandstand.store.payments.providers import (
    EventFacts,
    EventKind,
    Provider,
)

if TYPE_CHECKING:
    from bandstand.store.payments.models import Payment

logger = logging.getLogger(__name__)


class Heard(StrEnum):
    """What became of an event."""

    DONE = "done"
    AGAIN = "again"  # heard before
    UNKNOWN = "unknown"  # of no payment of ours
    ODD = "odd"  # genuine, but it does not fit the payment: kept for staff
    IGNORED = "ignored"  # genuine, and about nothing that the store keeps


def receive_event(*, provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Heard:
    """Act on what a provider tells; lower-case header names.

    Raises
    ------
    UnknownPluginError
        The store has no such provider, or does not offer it.
    ForgedEventError, BrokenEventError
        It is not genuine, or can't be read.
    """
    plugin = offered(provider)
    facts = plugin.read_event(payments.context_of(plugin, now), headers, body)
    return Heard.IGNORED if facts is None else hear_of(plugin, facts, now)


def hear_of(provider: Provider, facts: EventFacts, now: datetime) -> Heard:
    """Find the payment that an event is about, and do what it says."""
    if facts.payment_key:
        payment = payment_queries.payment_by_key(provider.slug, facts.payment_key)
    else:
        payment = payment_queries.payment_of_charge(provider.slug, facts.charge_ref)
    if payment is None:
        logger.warning("%s tells of a payment that is not ours: event %s", provider.slug, facts.event_id)
        return Heard.UNKNOWN
    return _hear(provider, payment, facts, now)


@transaction.atomic
def _hear(provider: Provider, payment: Payment, facts: EventFacts, now: datetime) -> Heard:
    """Keep the event and do what it says, in one transaction: a crash loses both, and the provider tells again."""
    if not payments.record_event(provider=provider.slug, facts=facts, payment=payment, now=now):
        return Heard.AGAIN
    match facts.kind:
        case EventKind.PAID if facts.amount == payment.money:
            settle_payment(payment, now=now)
        case EventKind.PAID:
            return _odd(payment, facts.amount)
        case EventKind.FAILED:
            reason = facts.reason or "The payment failed."
            payments.fail(payment_id=payment.pk, reason=reason, now=now, declined=not facts.abandoned)
        case EventKind.TRY_FAILED:
            payments.note_decline(payment_id=payment.pk, now=now)
        case EventKind.REFUNDED if not facts.refund_key:
            return _returned(payment, facts.amount)
        case EventKind.REFUNDED | EventKind.REFUND_FAILED:
            return _refund_told(payment, facts, now)
        case EventKind.DISPUTED | EventKind.DISPUTE_WON | EventKind.DISPUTE_LOST:
            return _disputed(payment, facts, now)
    return Heard.DONE


def paid(payment: Payment, amount: Money | None, now: datetime) -> Heard:
    if amount != payment.money:
        return _odd(payment, amount)
    settle(payment_id=payment.pk, now=now)
    return Heard.DONE


def _odd(payment: Payment, amount: Money | None) -> Heard:
    logger.error("payment %s is %s, but its provider says %s", payment.key, payment.money, amount)
    return Heard.ODD


def _returned(payment: Payment, amount: Money) -> Heard:
    """Compare how much has gone back in all with what the store sent: more is another's doing."""
    known = payment_queries.payment(payment.pk)
    if amount.currency != known.currency or amount.amount > known.refunded:
        logger.error("payment %s: %s went back at its provider, not all of it by us", payment.key, amount)
        return Heard.ODD
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


def _disputed(payment: Payment, facts: EventFacts, now: datetime) -> Heard:
    tell = {
        EventKind.DISPUTED: disputes.opened,
        EventKind.DISPUTE_WON: disputes.won,
        EventKind.DISPUTE_LOST: disputes.lost,
    }[facts.kind]
    logger.error("payment %s of order %s: %s", payment.key, payment.order_number, facts.kind)
    fits = tell(payment_id=payment.pk, dispute_ref=facts.dispute_ref, amount=facts.amount, reason=facts.reason, now=now)
    return Heard.DONE if fits else Heard.ODD


def offered(slug: str) -> Provider:
    offered = {provider.slug: provider for provider in payment_queries.offered()}
    if slug not in offered:
        raise UnknownPluginError("payment provider", slug, sorted(offered))
    return offered[slug]
