"""Bank transfer: the visitor reads where to send the money; staff says when it came, and sends refunds by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bandstand.store.payments.providers import (
    DeclinedByProviderError,
    EventFacts,
    ForgedEventError,
    Intent,
    Known,
    Provider,
    ProviderContext,
    Refunded,
    RefundIntent,
    Returned,
    Stand,
    Standing,
    Started,
)


def _start(context: ProviderContext, intent: Intent) -> Started:
    account = context.settings["MANUAL_ACCOUNT"]
    text = f"Transfer {intent.amount} to:\n{account}\nReference: {intent.order_number}"
    return Started(provider_ref=intent.key, instructions=text)


def _charge(context: ProviderContext, intent: Intent, mandate: str) -> Standing:
    raise DeclinedByProviderError("a bank transfer is made by the payer, each time")


def _read_event(context: ProviderContext, headers: Mapping[str, str], body: bytes) -> EventFacts:
    raise ForgedEventError("a bank transfer sends no events")


def _ask(context: ProviderContext, payment: Known) -> Standing:
    return Standing(state=Stand.OPEN, provider_ref=payment.key, amount=payment.amount)


def _refund(context: ProviderContext, intent: RefundIntent) -> Refunded:
    return Refunded(state=Returned.WAITING, reason="staff sends it by hand")


PROVIDER = Provider(
    slug="manual",
    title="Bank transfer",
    settings=("MANUAL_ACCOUNT",),
    redirects=False,
    trying_only=False,
    by_hand=True,
    patience=timedelta(days=14),
    start=_start,
    charge=_charge,
    read_event=_read_event,
    ask=_ask,
    refund=_refund,
)
