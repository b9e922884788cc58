"""Stripe: the visitor pays on Stripe's page (Checkout); its webhooks and our asking tell how it ended.

Source: https://docs.stripe.com/api/checkout/sessions, /api/refunds, /api/events. How to switch it on: docs/payments.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from bandstand.kernel.errors import InputError
from bandstand.store.payments.providers import (
    EventFacts,
    Intent,
    Known,
    Missed,
    Provider,
    ProviderContext,
    Refunded,
    RefundIntent,
    Returned,
    Stand,
    Standing,
    Started,
    UnreachableError,
    _stripe_events,
)
from bandstand.store.payments.providers._stripe_api import call, good, money, refusal, units
from bandstand.store.payments.providers._stripe_events import NOT_MADE, PAYMENT, REFUND, reference

PATIENCE = timedelta(hours=1)  # a session lives 30 minutes to 24 hours
_SESSIONS = "/v1/checkout/sessions"
_NEW_KEY = timedelta(minutes=10)
_MOST_PAGES = 20  # of missed events in one look; of a time that told more, the earlier half is looked at
_SHORTEST = timedelta(hours=1)  # a time that is not halved again: longer than looks overlap, so that each goes on
_PAGE = 10  # events of one page: each may be some kilobytes, and answers are capped
_REFUNDS = 20  # refunds of one page
_LONGEST_MEMORY = timedelta(days=29)  # events are kept for 30


def _start(context: ProviderContext, intent: Intent) -> Started:
    session = good(call(context, "POST", _SESSIONS, _session_of(context, intent), key=intent.key))
    known = Known(key=intent.key, provider_ref="", amount=intent.amount)
    _check(session, known)
    return Started(provider_ref=_id(session), redirect_url=_page(context, session))


def _session_of(context: ProviderContext, intent: Intent) -> dict[str, object]:
    """Return the words that make a session: the same for the same intent, or the idempotency key would be refused."""
    named = {PAYMENT: intent.key, "order": intent.order_number}
    facts: dict[str, object] = {
        "mode": "payment",
        "client_reference_id": intent.key,
        "metadata": named,
        "payment_intent_data": {"metadata": named, "description": intent.order_number},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": intent.amount.currency.lower(),
                    "unit_amount": units(intent.amount),
                    "product_data": {"name": intent.order_number},
                },
            }
        ],
        "adaptive_pricing": {"enabled": "false"},  # the payer pays what the order says, in its currency
        "success_url": intent.return_url,
        "cancel_url": intent.return_url,
        "locale": "auto",
        "expires_at": int(((intent.begun_at or context.now) + PATIENCE).timestamp()),
    }
    if intent.email:
        facts["customer_email"] = intent.email
    if intent.keep_mandate:
        facts["customer_creation"] = "always"
        facts["payment_intent_data"] = {"metadata": named, "setup_future_usage": "off_session"}
    return facts


def _ask(context: ProviderContext, payment: Known) -> Standing:
    if not payment.provider_ref:
        return _ask_by_saying_again(context, payment)
    path = f"{_SESSIONS}/{quote(payment.provider_ref, safe='')}"
    reply = call(context, "GET", path, {"expand": ["payment_intent"]})
    return Standing(state=Stand.UNKNOWN) if reply.status == 404 else _standing(good(reply), payment)


def _ask_by_saying_again(context: ProviderContext, payment: Known) -> Standing:
    """Find the session whose answer never arrived: the same words under the same key get the same answer. If Stripe
    had not heard, it makes a session now, which nobody is led to and which ends by itself.
    """
    if payment.intent is None:
        raise UnreachableError("its name for this payment never arrived")
    reply = call(context, "POST", _SESSIONS, _session_of(context, payment.intent), key=payment.key)
    if reply.status == 400 and refusal(reply).startswith("idempotency"):  # it has heard, in other words
        return Standing(state=Stand.OPEN)
    if reply.status == 400:  # among others: its time is over before it began
        return Standing(state=Stand.UNKNOWN)
    return _standing(good(reply), payment)


def _charge(context: ProviderContext, intent: Intent, mandate: str) -> Standing:
    customer, _, method = mandate.partition(":")
    facts = {
        "amount": units(intent.amount),
        "currency": intent.amount.currency.lower(),
        "customer": customer,
        "payment_method": method,
        "off_session": "true",
        "confirm": "true",
        "metadata": {PAYMENT: intent.key, "order": intent.order_number},
    }
    reply = call(context, "POST", "/v1/payment_intents", facts, key=intent.key)
    if reply.status == 402:  # the card was refused
        return Standing(state=Stand.FAILED, reason=NOT_MADE)
    made = good(reply)
    try:
        amount = money(made["amount"], made["currency"])
    except (ValueError, KeyError, TypeError, InputError) as error:
        raise UnreachableError("its answer makes no sense") from error
    states = {"succeeded": Stand.PAID, "processing": Stand.SETTLING, "canceled": Stand.FAILED}
    state = states.get(str(made.get("status")), Stand.OPEN)
    return Standing(state=state, provider_ref=_id(made), charge_ref=_id(made), amount=amount)


def _refund(context: ProviderContext, intent: RefundIntent) -> Refunded:
    if intent.provider_ref:
        path = f"/v1/refunds/{quote(intent.provider_ref, safe='')}"
        return _refunded(good(call(context, "GET", path)), intent)
    charge = intent.payment.charge_ref or _charge_of(context, intent.payment)
    key = intent.key
    if intent.sent_at is not None:  # a key is forgotten after a day, and keeps an answer of 500: look what there is
        found = _sent(context, charge, intent)
        if found is not None:
            return found
        if turn := (context.now - intent.sent_at) // _NEW_KEY:
            key = f"{intent.key}-{turn}"
    facts = {
        "payment_intent": charge,
        "amount": units(intent.amount),
        "metadata": {PAYMENT: intent.payment.key, REFUND: intent.key},
    }
    reply = call(context, "POST", "/v1/refunds", facts, key=key)
    if reply.status in {400, 402, 404}:
        return Refunded(state=Returned.FAILED, reason=refusal(reply))
    return _refunded(good(reply), intent)


def _sent(context: ProviderContext, charge: str, intent: RefundIntent) -> Refunded | None:
    """Return a refund that Stripe has made already; an order of many lines has many."""
    ask: dict[str, object] = {"payment_intent": charge, "limit": _REFUNDS}
    while True:
        answer = good(call(context, "GET", "/v1/refunds", ask))
        page = _things(answer)
        for one in page:
            metadata = one.get("metadata")
            if isinstance(metadata, Mapping) and metadata.get(REFUND) == intent.key:
                return _refunded(one, intent)
        if answer.get("has_more") is not True or not page:
            return None
        if ask.get("starting_after") == _id(page[-1]):
            raise UnreachableError("its list has no end")
        ask["starting_after"] = _id(page[-1])


def _refunded(refund: Mapping[str, object], intent: RefundIntent) -> Refunded:
    try:
        amount = money(refund["amount"], refund["currency"])
    except (ValueError, KeyError, TypeError, InputError) as error:
        raise UnreachableError("its answer makes no sense") from error
    metadata = refund.get("metadata")
    if amount != intent.amount or not isinstance(metadata, Mapping) or metadata.get(REFUND) != intent.key:
        raise UnreachableError("it answers about another refund")
    ends = {"succeeded": Returned.DONE, "failed": Returned.FAILED, "canceled": Returned.FAILED}
    state = ends.get(str(refund.get("status")), Returned.WAITING)
    reason = reference(refund.get("failure_reason")) if state is Returned.FAILED else ""
    return Refunded(state=state, reason=reason, provider_ref=_id(refund))


def _charge_of(context: ProviderContext, payment: Known) -> str:
    """Return the payment intent of a session."""
    standing = _ask(context, payment)
    if not standing.charge_ref:
        raise UnreachableError("it names no payment that was made")
    return standing.charge_ref


def _read_event(context: ProviderContext, headers: Mapping[str, str], body: bytes) -> EventFacts | None:
    secret, signed = context.settings["STRIPE_WEBHOOK_SECRET"], headers.get(_stripe_events.SIGNATURE, "")
    _stripe_events.check_signature(secret, signed, body, context.now)
    return _stripe_events.read(body)


def _missed(context: ProviderContext, since: datetime) -> Missed:
    """Return what was told since then, whether or not its webhooks arrived: all of it, or all of the earlier part."""
    begin, until = max(since, context.now - _LONGEST_MEMORY), context.now
    found = _told(context, {"gte": int(begin.timestamp())}, most=_MOST_PAGES)
    while found is None:  # the newest come first, and the oldest are heard first
        until = begin + (until - begin) / 2
        most = _MOST_PAGES if until - begin > _SHORTEST else None
        found = _told(context, {"gte": int(begin.timestamp()), "lt": int(until.timestamp())}, most=most)
    return Missed(found, until)


def _told(context: ProviderContext, created: Mapping[str, int], *, most: int | None) -> list[EventFacts] | None:
    """Return the events of a time, oldest first; None when they are more than so many pages."""
    ask: dict[str, object] = {"types": list(_stripe_events.UNASKED), "created": created, "limit": _PAGE}
    found: list[EventFacts] = []
    pages = 0
    while most is None or pages < most:
        pages += 1
        answer = good(call(context, "GET", "/v1/events", ask))
        page = _things(answer)
        for event in page:
            try:
                facts = _stripe_events.facts(event)
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, InputError):
                continue  # one that makes no sense hides no other
            if facts is not None:
                found.append(facts)
        if answer.get("has_more") is not True or not page:
            return found[::-1]
        if ask.get("starting_after") == _id(page[-1]):
            raise UnreachableError("its list has no end")
        ask["starting_after"] = _id(page[-1])
    return None


def _standing(session: Mapping[str, object], payment: Known) -> Standing:
    _check(session, payment)
    ref, charge = _id(session), reference(session.get("payment_intent"))
    status, paid = session.get("status"), session.get("payment_status")
    if paid == "paid":
        try:
            amount = money(session["amount_total"], session["currency"])
        except (ValueError, KeyError, TypeError, InputError) as error:
            raise UnreachableError("its answer makes no sense") from error
        return Standing(
            state=Stand.PAID, provider_ref=ref, amount=amount, charge_ref=charge, mandate=_mandate(session, charge)
        )
    if status == "expired":
        return Standing(state=Stand.FAILED, provider_ref=ref, reason="Nobody paid in time.", abandoned=True)
    if status == "complete":
        return Standing(state=_settling(session), provider_ref=ref, charge_ref=charge, reason=NOT_MADE)
    if status == "open":
        return Standing(state=Stand.OPEN, provider_ref=ref)
    raise UnreachableError("its answer makes no sense")


def _settling(session: Mapping[str, object]) -> Stand:
    """Return whether a bank that takes its days is still at it, or has said no."""
    intent = session.get("payment_intent")
    refused = isinstance(intent, Mapping) and intent.get("status") in ("requires_payment_method", "canceled")
    return Stand.FAILED if refused else Stand.SETTLING


def _mandate(session: Mapping[str, object], charge: str) -> str:
    """Return what later charges need, where it was kept."""
    intent, customer = session.get("payment_intent"), reference(session.get("customer"))
    method = reference(intent.get("payment_method")) if isinstance(intent, Mapping) else ""
    return f"{customer}:{method}" if customer and method else ""


def _check(session: Mapping[str, object], payment: Known) -> None:
    metadata = session.get("metadata")
    keys = [session.get("client_reference_id"), metadata.get(PAYMENT) if isinstance(metadata, Mapping) else None]
    if keys != [payment.key] * 2 or (payment.provider_ref and session.get("id") != payment.provider_ref):
        raise UnreachableError("it answers about another payment")


def _page(context: ProviderContext, session: Mapping[str, object]) -> str:
    """Return the page to pay on: nowhere but at Stripe, or at the name that the store set up for its pages there."""
    url = session.get("url")
    if not isinstance(url, str) or len(url) > 1000:
        raise UnreachableError("it names no page to pay on")
    allowed = urlsplit(context.settings["STRIPE_PAGES_URL"])
    try:
        there = urlsplit(url)
    except ValueError as error:
        raise UnreachableError("it names no page to pay on") from error
    if (there.scheme, there.netloc) != (allowed.scheme, allowed.netloc) or not url.isascii() or not url.isprintable():
        raise UnreachableError("it names a page that is not its own")
    return url


def _things(listed: Mapping[str, object]) -> list[Mapping[str, object]]:
    data = listed.get("data")
    if not isinstance(data, list):
        raise UnreachableError("its answer is no list")
    return [one for one in data if isinstance(one, Mapping)]


def _id(thing: Mapping[str, object]) -> str:
    found = reference(thing.get("id"))
    if not found:
        raise UnreachableError("its answer has no id")
    return found


PROVIDER = Provider(
    slug="stripe",
    title="Card, wallet and more (Stripe)",
    settings=("STRIPE_URL", "STRIPE_PAGES_URL", "STRIPE_KEY", "STRIPE_WEBHOOK_SECRET"),
    redirects=True,
    trying_only=False,
    by_hand=False,
    patience=PATIENCE,
    start=_start,
    charge=_charge,
    read_event=_read_event,
    ask=_ask,
    refund=_refund,
    missed=_missed,
)
