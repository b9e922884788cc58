"""Money on its way back: refunds and disputes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.money import Money
from bandstand.store.payments import queries, rules
from bandstand.store.payments.models import Dispute, Payment, PaymentRefund
from bandstand.store.payments.providers import (
    PROVIDERS,
    DeclinedByProviderError,
    Refunded,
    RefundIntent,
    UnreachableError,
)
from bandstand.store.payments.services.talking import context_of, known_of
from bandstand.store.payments.services.writing import hold


class RefundTooHighError(RefusedError):
    """More would go back than was paid, or the payment never succeeded."""

    code = "payments.refund_too_high"

    def __init__(self, wanted: Money) -> None:
        self.wanted = wanted
        super().__init__(
            f"{wanted} is more than can go back of this payment.", hint="Look at the refunds it has already."
        )


def hold_paid(*, order_numbers: Collection[str]) -> None:
    """Let whoever refunds or disputes what paid these orders wait until this transaction ends, as `hold` does."""
    paid = Payment.objects.filter(order_number__in=list(order_numbers), state=Payment.State.SUCCEEDED)
    paid.update(refunded=F("refunded"))


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
        payment=known_of(payment),
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
    """Mark a refund as refused by the provider, so that it may be tried anew; False when it was before.

    One that was returned may fail after all: the payer's bank sends back what it can't credit.
    """
    waiting = PaymentRefund.objects.filter(key=key, state__in=rules.REFUND.sources("failed"))
    if not waiting.update(state=PaymentRefund.State.FAILED, reason=reason[:300], ended_at=now):
        return False
    refund = PaymentRefund.objects.get(key=key)
    Payment.objects.filter(pk=refund.payment_id).update(refunded=F("refunded") - refund.amount)
    return True


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
