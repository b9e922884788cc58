"""Speaking to providers: the intent is stored before they hear of it, and no transaction is open meanwhile."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import IntegrityError, transaction

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.money import Money
from bandstand.store.payments import queries, rules
from bandstand.store.payments.guard import NOBODY, Payer
from bandstand.store.payments.models import Payment
from bandstand.store.payments.providers import (
    PROVIDERS,
    DeclinedByProviderError,
    Intent,
    Known,
    Provider,
    ProviderContext,
    Standing,
    UnreachableError,
)
from bandstand.store.payments.providers._http import exchange
from bandstand.store.payments.services.writing import fail, learn
from bandstand.webkit.jobs import SOON, enqueue
from bandstand.webkit.prepared import PreparedInsert, PreparedUpdate


class ProviderOffError(RefusedError):
    """The store does not offer this way to pay."""

    code = "payments.provider_off"

    def __init__(self, slug: str) -> None:
        self.slug = slug
        super().__init__("This way to pay is not offered here.", hint="Choose another one.")


class NothingToAskError(RefusedError):
    """The payment has ended."""

    code = "payments.nothing_to_ask"

    def __init__(self) -> None:
        super().__init__("This payment has ended.", hint="Look at its events.")


def context_of(provider: Provider, now: datetime) -> ProviderContext:
    """Return all that a provider may know of the store."""
    return ProviderContext(settings=queries.settings_of(provider), now=now, http=exchange)


def offered(slug: str) -> Provider:
    """Return a way to pay that this store offers.

    Raises
    ------
    ProviderOffError
        It does not offer that one.
    """
    for provider in queries.offered():
        if provider.slug == slug:
            return provider
    raise ProviderOffError(slug)


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
    offered(provider)
    for _ in range(3):  # another press may end the one that is there between the two statements
        payment = _payments.new(
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
        if _payments.one(payment):
            return payment
        found = queries.under_way(order_number, provider)
        if found is not None:
            return found
    raise RuntimeError(f"Payments of {order_number} begin and end faster than one can look.")


def start(*, payment: Payment, return_url: str, now: datetime, email: str = "") -> Payment:
    """Tell the provider of a payment, and return it with the page to go to or the text to read. `email` is the payer's.

    Raises
    ------
    UnreachableError
        Nobody knows whether the provider has heard. Calling again is safe; reconciliation asks in a minute.
    DeclinedByProviderError
        The provider will not take it; the payment has failed.
    """
    if payment.state != Payment.State.INTENDED:
        return payment
    provider = PROVIDERS.get(payment.provider)
    intent = _intent(payment, return_url=payment.return_url or return_url, email=email)
    try:
        started = provider.start(context_of(provider, now), intent)
    except RefusedError as error:
        fail(payment_id=payment.pk, reason=error.sentence, now=now, declined=False)
        raise
    sources = rules.PAYMENT.sources("started")
    try:
        with transaction.atomic():
            done = _started(payment.pk, sources, started.provider_ref, started.redirect_url, started.instructions)
    except IntegrityError:
        raise UnreachableError("it gives two payments one name") from None
    if not done:  # its provider has told how it ended meanwhile
        return queries.payment(payment.pk)
    payment.state, payment.provider_ref = Payment.State.STARTED, started.provider_ref
    payment.redirect_url, payment.instructions = started.redirect_url, started.instructions
    return payment


_payments = PreparedInsert(Payment, unless_there=True)
_started = PreparedUpdate(
    lambda pk, sources, ref, url, text: (
        Payment.objects.filter(pk=pk, state__in=sources),
        {"state": Payment.State.STARTED, "provider_ref": ref, "redirect_url": url, "instructions": text},
    )
)


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
    known = known_of(payment, intent)
    try:
        standing = provider.ask(context_of(provider, now), known)
    except DeclinedByProviderError as error:
        raise UnreachableError(error.reason) from error
    if standing.provider_ref:
        learn(payment, provider_ref=standing.provider_ref)
    if standing.charge_ref:
        learn(payment, charge_ref=standing.charge_ref)
    return standing


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


def _intent(payment: Payment, *, return_url: str, email: str) -> Intent:
    return Intent(
        key=payment.key,
        order_number=payment.order_number,
        amount=payment.money,
        return_url=return_url,
        email=email,
        begun_at=payment.created_at,
    )


def known_of(payment: Payment, intent: Intent | None = None) -> Known:
    return Known(
        key=payment.key,
        provider_ref=payment.provider_ref,
        amount=payment.money,
        charge_ref=payment.charge_ref,
        intent=intent,
    )
