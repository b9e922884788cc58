"""Payments: the intent is stored before the provider hears of it, and no transaction is open while it is spoken to."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.money import Money
from bandstand.store.payments import queries, rules
from bandstand.store.payments.guard import KEPT, NOBODY, Payer
from bandstand.store.payments.models import Dispute, Payment, PaymentRefund, ProviderEvent, ProviderWatch
from bandstand.store.payments.providers import (
    PROVIDERS,
    DeclinedByProviderError,
    EventFacts,
    Intent,
    Known,
    Provider,
    ProviderContext,
    Refunded,
    RefundIntent,
    Standing,
    UnreachableError,
)
from bandstand.store.payments.providers._http import exchange
from bandstand.webkit.jobs import SOON, enqueue


class ProviderOffError(RefusedError):
    """The store does not offer this way to pay."""

    code = "payments.provider_off"

    def __init__(self, slug: str) -> None:
        self.slug = slug
        super().__init__("This way to pay is not offered here.", hint="Choose another one.")


class RefundTooHighError(RefusedError):
    """More would go back than was paid, or the payment never succeeded."""

    code = "payments.refund_too_high"

    def __init__(self, wanted: Money) -> None:
        self.wanted = wanted
        super().__init__(
            f"{wanted} is more than can go back of this payment.", hint="Look at the refunds it has already."
        )


def context_of(provider: Provider, now: datetime) -> ProviderContext:
    """Return all that a provider may know of the store."""
    return ProviderContext(settings=queries.settings_of(provider), now=now, http=exchange)


def begin(
    *,
    order_number: str,
    provider: str,
    amount: Money,
    now: datetime,
    return_url: str = "",
    payer: Payer = NOBODY,
) -> Payment:
    """Store the intent to collect the money of an order; one that is under way with this provider is returned instead.

    Raises
    ------
    ProviderOffError
        The store does not offer this provider.
    """
    if provider not in {offered.slug for offered in queries.offered()}:
        raise ProviderOffError(provider)
    for _ in range(3):  # another press may begin one, or end one, between the two statements
        found = queries.under_way(order_number, provider)
        if found is not None:
            return found
        try:
            with transaction.atomic():
                return Payment.objects.create(
                    key=f"pay-{secrets.token_hex(16)}",
                    order_number=order_number,
                    provider=provider,
                    amount=amount.amount,
                    currency=amount.currency,
                    created_at=now,
                    ask_after=now + rules.FIRST_ASK,
                    return_url=return_url,
                    visitor=payer.visitor,
                    account=payer.account,
                    mailbox=payer.mailbox,
                )
        except IntegrityError:
            continue
    raise RuntimeError(f"Payments of {order_number} begin and end faster than one can look.")


def start(*, payment_id: int, return_url: str, now: datetime, email: str = "") -> Payment:
    """Tell the provider of a payment, and return it with the page to go to or the text to read. `email` is the payer's.

    Raises
    ------
    UnreachableError
        Nobody knows whether the provider has heard. Calling again is safe; reconciliation asks in a minute.
    DeclinedByProviderError
        The provider will not take it; the payment has failed.
    """
    payment = queries.payment(payment_id)
    if payment.state != Payment.State.INTENDED:
        return payment
    provider = PROVIDERS.get(payment.provider)
    intent = _intent(payment, return_url=payment.return_url or return_url, email=email)
    try:
        started = provider.start(context_of(provider, now), intent)
    except RefusedError as error:
        fail(payment_id=payment_id, reason=error.sentence, now=now, declined=False)
        raise
    startable = Payment.objects.filter(pk=payment_id, state__in=rules.PAYMENT.sources("started"))
    try:
        with transaction.atomic():
            startable.update(
                state=Payment.State.STARTED,
                provider_ref=started.provider_ref,
                redirect_url=started.redirect_url,
                instructions=started.instructions,
            )
    except IntegrityError:
        raise UnreachableError("it gives two payments one name") from None
    return queries.payment(payment_id)


def ask(*, payment_id: int, now: datetime, email: str = "") -> Standing:
    """Ask the provider how a payment stands, and note when to ask again. `email` is the payer's, as `start` was told.

    Raises
    ------
    UnreachableError
        It does not answer, or will not say: neither tells anything about the payment.
    """
    payment = queries.payment(payment_id)
    provider = PROVIDERS.get(payment.provider)
    after = now + rules.pause(now - payment.created_at)
    Payment.objects.filter(pk=payment_id).update(
        asked_at=now, ask_after=after
    )  # first: a provider that hangs is not asked twice
    intent = None if payment.provider_ref else _intent(payment, return_url=payment.return_url, email=email)
    known = _known(payment, intent)
    try:
        standing = provider.ask(context_of(provider, now), known)
    except DeclinedByProviderError as error:
        raise UnreachableError(error.reason) from error
    if standing.provider_ref:
        _learn(payment, provider_ref=standing.provider_ref)
    if standing.charge_ref:
        _learn(payment, charge_ref=standing.charge_ref)
    return standing


class NothingToAskError(RefusedError):
    """The payment has ended."""

    code = "payments.nothing_to_ask"

    def __init__(self) -> None:
        super().__init__("This payment has ended.", hint="Look at its events.")


def ask_soon(*, payment_id: int, now: datetime) -> None:
    """See that the provider is asked about a payment without waiting for reconciliation.

    Raises
    ------
    NothingToAskError
        It has ended.
    """
    if not queries.payment(payment_id).is_waiting:
        raise NothingToAskError
    enqueue("orders.ask_payment", key=f"{payment_id}:{now:%Y%m%d%H%M%S}", priority=SOON, payment_id=payment_id)


def record_event(*, provider: str, facts: EventFacts, payment: Payment, now: datetime) -> bool:
    """Keep what a provider told us; False when it has told us before."""
    try:
        with transaction.atomic():
            ProviderEvent.objects.create(
                provider=provider,
                event_id=facts.event_id,
                kind=facts.kind,
                payment=payment,
                said_at=facts.at,
                received_at=now,
            )
    except IntegrityError:
        return False
    if facts.charge_ref:
        _learn(payment, charge_ref=facts.charge_ref)
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


@transaction.atomic
def intend_refund(*, payment_id: int, key: str, amount: Money, reason: str, now: datetime) -> PaymentRefund:
    """Store the intent to send money back.

    Raises
    ------
    RefundTooHighError
        More would go back than was paid.
    """
    paid = Payment.objects.filter(
        pk=payment_id,
        state__in=[Payment.State.SUCCEEDED, Payment.State.SURPLUS],
        currency=amount.currency,
        refunded__lte=F("amount") - amount.amount,
    )
    if amount.amount <= 0 or not paid.update(refunded=F("refunded") + amount.amount):
        raise RefundTooHighError(amount)
    return PaymentRefund.objects.create(
        key=key, payment_id=payment_id, amount=amount.amount, reason=reason, created_at=now, ask_after=now
    )


def send_refund(*, key: str, now: datetime) -> Refunded:
    """Tell the provider of a refund, and return how it stands. Calling again is safe.

    Raises
    ------
    UnreachableError
        Nobody knows whether the provider has heard; it is told again later.
    """
    refund = PaymentRefund.objects.select_related("payment").get(key=key)
    payment, provider = refund.payment, PROVIDERS.get(refund.payment.provider)
    mine = PaymentRefund.objects.filter(pk=refund.pk, ask_after=refund.ask_after)
    if not mine.update(ask_after=now + rules.pause(now - refund.created_at), sent_at=Coalesce("sent_at", now)):
        raise UnreachableError("it is being told at this moment")  # two who tell at once might send it twice
    intent = RefundIntent(
        key=refund.key,
        payment=_known(payment),
        amount=refund.money,
        reason=refund.reason,
        provider_ref=refund.provider_ref,
        sent_at=refund.sent_at,
    )
    try:
        answer = provider.refund(context_of(provider, now), intent)
    except DeclinedByProviderError as error:  # it did not listen; a refund that it refuses is an answer
        raise UnreachableError(error.reason) from error
    if answer.provider_ref:
        PaymentRefund.objects.filter(pk=refund.pk, provider_ref="").update(provider_ref=answer.provider_ref)
    return answer


def end_refund(*, key: str, now: datetime) -> bool:
    """Mark a refund as returned; False when it has ended before."""
    waiting = PaymentRefund.objects.filter(key=key, state__in=rules.REFUND.sources("succeeded"))
    return bool(waiting.update(state=PaymentRefund.State.SUCCEEDED, ended_at=now))


@transaction.atomic
def fail_refund(*, key: str, reason: str, now: datetime) -> bool:
    """Mark a refund as refused by the provider, so that it may be tried anew; False when it has ended before."""
    waiting = PaymentRefund.objects.filter(key=key, state__in=rules.REFUND.sources("failed"))
    if not waiting.update(state=PaymentRefund.State.FAILED, reason=reason[:300], ended_at=now):
        return False
    refund = PaymentRefund.objects.get(key=key)
    Payment.objects.filter(pk=refund.payment_id).update(refunded=F("refunded") - refund.amount)
    return True


def hold(*, payment_id: int) -> Payment:
    """Return a payment that nobody else refunds or disputes until this transaction ends: the update makes them wait.

    Whoever changes its order's lines too holds the payment first, so that two never wait crosswise.
    """
    Payment.objects.filter(pk=payment_id).update(refunded=F("refunded"))
    return queries.payment(payment_id)


@transaction.atomic
def note_dispute(
    *, payment_id: int, provider_ref: str, amount: Money, state: Dispute.State, reason: str, now: datetime
) -> tuple[Dispute, str] | None:
    """Write how a dispute stands, and return it with the state it had before ("" when it is new).

    None when this changes nothing: it was told before, or the dispute has ended already. The amount is the one that
    was told first.
    """
    hold(payment_id=payment_id)
    ended_at = None if state == Dispute.State.OPEN else now
    facts = {"amount": amount.amount, "state": state, "reason": reason[:300], "opened_at": now, "ended_at": ended_at}
    dispute, is_new = Dispute.objects.get_or_create(payment_id=payment_id, provider_ref=provider_ref, defaults=facts)
    if is_new:
        return dispute, ""
    if not Dispute.objects.filter(pk=dispute.pk, state__in=rules.DISPUTE.sources(state)).update(
        state=state, ended_at=ended_at
    ):
        return None
    before = dispute.state
    dispute.state, dispute.ended_at = state, ended_at
    return dispute, before


def lose(*, payment_id: int, amount: Money) -> Money:
    """Count money that a payer's bank keeps as gone back, and return how much of it: never more than is left.

    The caller holds the payment.
    """
    payment = queries.payment(payment_id)
    gone = min(amount.amount, payment.amount - payment.refunded)
    kept = Payment.objects.filter(pk=payment_id, currency=amount.currency, refunded__lte=F("amount") - gone)
    if gone and not kept.update(refunded=F("refunded") + gone):
        raise RefundTooHighError(amount)
    return Money(gone, amount.currency)


def _move(payment_id: int, wanted: Payment.State, now: datetime, *, reason: str = "") -> bool:
    """Make a move that the state graph allows: a conditional update, so one of two wins."""
    movable = Payment.objects.filter(pk=payment_id, state__in=rules.PAYMENT.sources(wanted))
    return bool(movable.update(state=wanted, reason=reason, ended_at=now))


def note_answers(*, provider: str, answered: bool, now: datetime) -> None:
    """Write whether a provider answered reconciliation, and since when it has not."""
    watch, _ = ProviderWatch.objects.get_or_create(provider=provider)
    if answered:
        ProviderWatch.objects.filter(pk=watch.pk).update(answered_at=now, silent_since=None)
    else:
        ProviderWatch.objects.filter(pk=watch.pk, silent_since=None).update(silent_since=now)


def forget_payers(now: datetime) -> int:
    """Clear who tried to pay from payments that the guard no longer counts; return of how many."""
    old = Payment.objects.filter(created_at__lt=now - KEPT).exclude(visitor="", account="", mailbox="")
    return old.update(visitor="", account="", mailbox="")


def note_caught_up(*, provider: str, now: datetime) -> None:
    """Write that all which a provider had told by now, delivered or not, is known."""
    ProviderWatch.objects.update_or_create(provider=provider, defaults={"caught_up_at": now})


def _intent(payment: Payment, *, return_url: str, email: str) -> Intent:
    return Intent(
        key=payment.key,
        order_number=payment.order_number,
        amount=payment.money,
        return_url=return_url,
        email=email,
        begun_at=payment.created_at,
    )


def _known(payment: Payment, intent: Intent | None = None) -> Known:
    return Known(
        key=payment.key,
        provider_ref=payment.provider_ref,
        amount=payment.money,
        charge_ref=payment.charge_ref,
        intent=intent,
    )


def _learn(payment: Payment, **names: str) -> None:
    """Keep a provider's own name for something, where none is known yet. One that another payment has is a lie."""
    unknown = Payment.objects.filter(pk=payment.pk, **dict.fromkeys(names, ""))
    try:
        with transaction.atomic():
            unknown.update(**names)
    except IntegrityError:
        raise UnreachableError("it gives two payments one name") from None


def erase(*, order_numbers: Collection[str]) -> None:
    """Forget by whom these orders were paid: the payer's page, and the digests of network, account and address."""
    forgotten = {"redirect_url": "", "visitor": "", "account": "", "mailbox": ""}
    Payment.objects.filter(order_number__in=list(order_numbers)).update(**forgotten)
