"""Writing down what became of payments, and what providers told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from bandstand.store.payments import queries, rules
from bandstand.store.payments.guard import KEPT
from bandstand.store.payments.models import Payment, ProviderEvent, ProviderWatch
from bandstand.store.payments.providers import (
    EventFacts,
    UnreachableError,
)
from bandstand.webkit.prepared import PreparedInsert, PreparedUpdate


def record_event(*, provider: str, facts: EventFacts, payment: Payment, now: datetime) -> bool:
    """Keep what a provider told us; False when it has told us before."""
    event = {
        "provider": provider,
        "event_id": facts.event_id,
        "kind": facts.kind,
        "payment_id": payment.pk,
        "said_at": facts.at,
        "received_at": now,
    }
    if not _events.facts([event]):
        return False
    if facts.charge_ref:
        learn(payment, charge_ref=facts.charge_ref)
    return True


def succeed(*, payment_id: int, now: datetime) -> bool:
    """Mark a payment as paid; False when it was before."""
    return _move(payment_id, Payment.State.SUCCEEDED, now)


def fail(*, payment_id: int, reason: str, now: datetime, declined: bool = True) -> bool:
    """Mark a payment as failed; False when it has ended before. `declined` is whether a card was refused."""
    failed = _move(payment_id, Payment.State.FAILED, now, reason=reason[:300])
    if failed and declined:
        note_decline(payment_id=payment_id, now=now)
    return failed


def note_decline(*, payment_id: int, now: datetime) -> None:
    """Write that a card was refused; the payment may go on."""
    Payment.objects.filter(pk=payment_id).update(declines=F("declines") + 1, declined_at=now)


def mark_surplus(*, payment_id: int, now: datetime) -> bool:
    """Mark a payment as one too many: it is to go back. False when it has succeeded, or is marked already."""
    return _move(payment_id, Payment.State.SURPLUS, now, reason="The order was paid already.")


def hold(*, payment_id: int) -> Payment:
    """Return a payment that nobody else refunds or disputes until this transaction ends: the update makes them wait.

    Whoever changes its order's lines too holds the payment first, so that two never wait crosswise.
    """
    Payment.objects.filter(pk=payment_id).update(refunded=F("refunded"))
    return queries.payment(payment_id)


def note_answers(*, provider: str, answered: bool, now: datetime) -> None:
    """Write whether a provider answered reconciliation, and since when it has not."""
    watch, _ = ProviderWatch.objects.get_or_create(provider=provider)
    if answered:
        ProviderWatch.objects.filter(pk=watch.pk).update(answered_at=now, silent_since=None)
    else:
        ProviderWatch.objects.filter(pk=watch.pk, silent_since=None).update(silent_since=now)


def note_caught_up(*, provider: str, now: datetime) -> None:
    """Write that all which a provider had told by now, delivered or not, is known."""
    ProviderWatch.objects.update_or_create(provider=provider, defaults={"caught_up_at": now})


def forget_payers(now: datetime) -> int:
    """Clear who tried to pay from payments that the guard no longer counts; return of how many."""
    old = Payment.objects.filter(created_at__lt=now - KEPT).exclude(visitor="", account="", mailbox="")
    return old.update(visitor="", account="", mailbox="")


def erase(*, order_numbers: Collection[str]) -> None:
    """Forget by whom these orders were paid: the payer's page, and the digests of network, account and address."""
    forgotten = {"redirect_url": "", "visitor": "", "account": "", "mailbox": ""}
    Payment.objects.filter(order_number__in=list(order_numbers)).update(**forgotten)


def _move(payment_id: int, wanted: Payment.State, now: datetime, *, reason: str = "") -> bool:
    """Make a move that the state graph allows: a conditional update, so one of two wins."""
    return bool(_moved(payment_id, rules.PAYMENT.sources(wanted), wanted, reason, now))


_events = PreparedInsert(ProviderEvent, unless_there=True)
_moved = PreparedUpdate(
    lambda pk, sources, wanted, reason, now: (
        Payment.objects.filter(pk=pk, state__in=sources),
        {"state": wanted, "reason": reason, "ended_at": now},
    )
)


def learn(payment: Payment, **names: str) -> None:
    """Keep a provider's own name for something, where none is known yet. One that another payment has is a lie."""
    unknown = Payment.objects.filter(pk=payment.pk, **dict.fromkeys(names, ""))
    try:
        with transaction.atomic():
            unknown.update(**names)
    except IntegrityError:
        raise UnreachableError("it gives two payments one name") from None
