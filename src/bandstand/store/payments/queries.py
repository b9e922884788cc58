"""Payments and the ways to pay."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet, Sum

from bandstand.kernel.errors import RefusedError
from bandstand.store.payments.models import Dispute, Payment, PaymentRefund, ProviderWatch
from bandstand.store.payments.providers import PROVIDERS, Provider
from bandstand.webkit.prepared import Prepared


class RefundUnknownError(RefusedError):
    """No refund has that key."""

    code = "payments.refund_unknown"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"There is no refund {key!r}.", hint="Look at the order's refunds.")


def offered() -> list[Provider]:
    """Return the ways to pay that this store offers, in its order: switched on, and set up completely."""
    known = {provider.slug: provider for provider in PROVIDERS}
    enabled = [known[slug] for slug in settings.PAYMENT_PROVIDERS if slug in known]
    return [provider for provider in enabled if all(settings_of(provider).values())]


def settings_of(provider: Provider) -> dict[str, str]:
    """Return the settings that a provider needs, empty where one is missing."""
    return {name: str(getattr(settings, name, "")) for name in provider.settings}


def payment(payment_id: int) -> Payment:
    """Return a payment."""
    found = _by_pk.first(payment_id)
    if found is None:
        raise Payment.DoesNotExist
    return found


def payment_by_key(provider: str, key: str) -> Payment | None:
    """Return the payment that a provider knows by this key of ours."""
    return _by_key.first(provider, key)


_disputes = Prepared(lambda payment_id: Dispute.objects.filter(payment_id=payment_id))
_by_pk = Prepared(lambda pk: Payment.objects.filter(pk=pk))
_by_key = Prepared(lambda provider, key: Payment.objects.filter(provider=provider, key=key).order_by())
_live = Prepared(
    lambda order_number, provider: Payment.objects.filter(
        order_number=order_number, provider=provider, state__in=[Payment.State.INTENDED, Payment.State.STARTED]
    ).order_by()
)


def under_way(order_number: str, provider: str) -> Payment | None:
    """Return the payment of an order that a provider is collecting now: there is one at most."""
    return _live.first(order_number, provider)


def payments_of(order_number: str) -> QuerySet[Payment]:
    """Return all tries to pay an order, the latest first."""
    return Payment.objects.filter(order_number=order_number)


def is_by_hand(payment: Payment) -> bool:
    """Whether staff says when its money came."""
    return PROVIDERS.get(payment.provider).by_hand


def success_of(order_number: str) -> Payment | None:
    """Return the payment that paid an order."""
    return Payment.objects.filter(order_number=order_number, state=Payment.State.SUCCEEDED).first()


def payment_of_charge(provider: str, charge_ref: str) -> Payment | None:
    """Return the payment whose money moved under this name at its provider."""
    return Payment.objects.filter(provider=provider, charge_ref=charge_ref).order_by("pk").first()


def waiting_providers(now: datetime) -> list[str]:
    """Return the providers that should be asked, or told, something by now."""
    asked = _to_ask(now).order_by().values_list("provider", flat=True).distinct()
    told = _to_send(now).order_by().values_list("payment__provider", flat=True).distinct()
    return sorted({*asked, *told})


def payments_to_ask(now: datetime, *, provider: str, limit: int) -> list[Payment]:
    """Return a provider's payments without a result that it should be asked about, the longest waiting first."""
    return list(_to_ask(now).filter(provider=provider).order_by("ask_after", "pk")[:limit])


def refunds_to_send(now: datetime, *, provider: str, limit: int) -> list[PaymentRefund]:
    """Return a provider's refunds that were meant and are not confirmed, the longest waiting first."""
    waiting = _to_send(now).filter(payment__provider=provider)
    return list(waiting.select_related("payment").order_by("ask_after", "pk")[:limit])


def watch_of(provider: str) -> ProviderWatch:
    """Return what is known of a provider's answering, unsaved where nothing is."""
    return ProviderWatch.objects.filter(provider=provider).first() or ProviderWatch(provider=provider)


def gaps(now: datetime, *, older_than: timedelta) -> list[str]:
    """Return, in sentences, what has waited for so long to be cleared up: silent providers, and what nobody did."""
    found = [
        f"{watch.provider} has been silent since {watch.silent_since:%Y-%m-%d %H:%M} UTC"
        for watch in ProviderWatch.objects.filter(silent_since__lte=now - older_than)
    ]
    late = _to_ask(now - older_than).count()
    if late:
        found.append(f"{late} payments should have been asked about long ago")
    stuck = _to_send(now - older_than).count()
    if stuck:
        found.append(f"{stuck} refunds should have been sent long ago")
    return found


def disputes_of(payment_id: int) -> QuerySet[Dispute]:
    """Return a payment's disputes, the latest first."""
    return Dispute.objects.filter(payment_id=payment_id)


def disputes_told(payment_id: int) -> list[Dispute]:
    """Return what has been told of disputes of a payment: as a rule nothing."""
    return _disputes(payment_id)


def is_disputed(payment_id: int) -> bool:
    """Whether a payer's bank holds this payment's money, or part of it, until it decides."""
    return Dispute.objects.filter(payment_id=payment_id, state=Dispute.State.OPEN).exists()


def disputed_orders() -> list[str]:
    """Return the numbers of the orders whose payment a payer's bank holds until it decides: a few at any time."""
    rows = Dispute.objects.filter(state=Dispute.State.OPEN, payment__state=Payment.State.SUCCEEDED)
    return list(rows.values_list("payment__order_number", flat=True))


def taken_back(order_numbers: Collection[str]) -> frozenset[str]:
    """Return those of the orders whose payment is disputed, or was lost to its payer's bank."""
    against = Dispute.objects.filter(
        state__in=[Dispute.State.OPEN, Dispute.State.LOST],
        payment__state=Payment.State.SUCCEEDED,
        payment__order_number__in=list(order_numbers),
    )
    return frozenset(against.values_list("payment__order_number", flat=True))


def lost(order_numbers: Collection[str]) -> frozenset[str]:
    """Return those of the orders of whose payment their payer's bank has kept something."""
    gone = Dispute.objects.filter(
        state=Dispute.State.LOST,
        payment__state=Payment.State.SUCCEEDED,
        payment__order_number__in=list(order_numbers),
    )
    return frozenset(gone.values_list("payment__order_number", flat=True))


def returned(payment_id: int) -> int:
    """Return, in minor units, what went back of a payment through its provider, or is on its way."""
    standing = PaymentRefund.objects.filter(payment_id=payment_id).exclude(state=PaymentRefund.State.FAILED)
    return standing.aggregate(sum=Sum("amount"))["sum"] or 0


def refund(key: str) -> PaymentRefund:
    """Return the refund that a provider knows by this key of ours.

    Raises
    ------
    RefundUnknownError
        There is none.
    """
    found = PaymentRefund.objects.select_related("payment").filter(key=key).first()
    if found is None:
        raise RefundUnknownError(key)
    return found


def _to_ask(now: datetime) -> QuerySet[Payment]:
    return Payment.objects.filter(state__in=[Payment.State.INTENDED, Payment.State.STARTED], ask_after__lte=now)


def _to_send(now: datetime) -> QuerySet[PaymentRefund]:
    return PaymentRefund.objects.filter(state=PaymentRefund.State.INTENDED, ask_after__lte=now)


def personal(order_numbers: Collection[str]) -> dict[str, list[dict[str, object]]]:
    """Return what is kept about the payments of these orders, ready for JSON."""
    found: dict[str, list[dict[str, object]]] = {}
    for row in Payment.objects.filter(order_number__in=list(order_numbers)).order_by("created_at", "pk"):
        found.setdefault(row.order_number, []).append(
            {
                "provider": row.provider,
                "provider_ref": row.provider_ref,
                "state": row.state,
                "amount": row.amount,
                "refunded": row.refunded,
                "currency": row.currency,
                "at": row.created_at.isoformat(),
            }
        )
    return found
