"""Pretend payments: the gateway in `demo.gateway` plays the outside world, and no money moves."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from bandstand.kernel.errors import InputError
from bandstand.kernel.money import Money
from bandstand.store.payments.providers import (
    BrokenEventError,
    DeclinedByProviderError,
    EventFacts,
    EventKind,
    ForgedEventError,
    Intent,
    Known,
    Provider,
    ProviderContext,
    Refunded,
    RefundIntent,
    Reply,
    Returned,
    Stand,
    Standing,
    Started,
    UnreachableError,
)

SIGNATURE = "pretend-signature"
WINDOW = timedelta(minutes=5)
_SIGNED = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,120}")


def signature(key: str, at: int, body: bytes) -> str:
    """Return the header that signs a body at a second of Unix time: HMAC-SHA-256 (RFC 2104) over both."""
    mac = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


def _start(context: ProviderContext, intent: Intent) -> Started:
    facts = {
        "key": intent.key,
        "order": intent.order_number,
        "amount": intent.amount.amount,
        "currency": intent.amount.currency,
        "return_url": intent.return_url,
        "mandate": intent.keep_mandate,
    }
    answer = _answer(_call(context, "POST", "/payments", facts))
    ref, page = _text(answer, "ref"), _text(answer, "page")
    if not page.startswith("/pay/"):
        raise UnreachableError("it names no page to pay on")
    return Started(provider_ref=ref, redirect_url=context.settings["PRETEND_URL"].rstrip("/") + page)


def _charge(context: ProviderContext, intent: Intent, mandate: str) -> Standing:
    facts = {
        "key": intent.key,
        "order": intent.order_number,
        "amount": intent.amount.amount,
        "currency": intent.amount.currency,
    }
    return _standing(_answer(_call(context, "POST", "/charges", {**facts, "mandate": mandate})))


def _ask(context: ProviderContext, payment: Known) -> Standing:
    reply = _call(context, "GET", f"/payments?key={quote(payment.key, safe='')}")
    if reply.status == 404:
        return Standing(state=Stand.UNKNOWN)
    return _standing(_answer(reply))


def _refund(context: ProviderContext, intent: RefundIntent) -> Refunded:
    facts = {
        "key": intent.key,
        "payment": intent.payment.key,
        "amount": intent.amount.amount,
        "currency": intent.amount.currency,
        "reason": intent.reason,
    }
    reply = _call(context, "POST", "/refunds", facts)
    if reply.status in {400, 404, 409}:
        return Refunded(state=Returned.FAILED, reason=f"the provider answered {reply.status}")
    answer = _answer(reply)
    try:
        return Refunded(state=Returned(_text(answer, "state")), reason=str(answer.get("reason", "")))
    except ValueError as error:
        raise UnreachableError("its answer makes no sense") from error


def _read_event(context: ProviderContext, headers: Mapping[str, str], body: bytes) -> EventFacts:
    signed = _SIGNED.fullmatch(headers.get(SIGNATURE, ""))
    if signed is None:
        raise ForgedEventError("there is none")
    at = int(signed[1])
    if not hmac.compare_digest(signature(context.settings["PRETEND_KEY"], at, body), signed[0]):
        raise ForgedEventError("it is not of this body and key")
    if abs(context.now.timestamp() - at) > WINDOW.total_seconds():
        raise ForgedEventError("its time is not now")
    try:
        said = json.loads(body)
        return EventFacts(
            event_id=_name(said["id"]),
            kind=EventKind(said["kind"]),
            payment_key=_name(said["payment"]),
            amount=_money(said),
            at=datetime.fromtimestamp(_whole(said["at"]), tz=UTC),
            refund_key=_name(said["refund"]) if said.get("refund") else "",
            dispute_ref=_name(said["dispute"]) if said.get("dispute") else "",
            reason=_line(said.get("reason", "")),
        )
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        OSError,
        RecursionError,
        InputError,
    ) as error:
        raise BrokenEventError(type(error).__name__) from error


def _call(context: ProviderContext, method: str, path: str, facts: Mapping[str, object] | None = None) -> Reply:
    headers = {"Authorization": f"Bearer {context.settings['PRETEND_KEY']}", "Content-Type": "application/json"}
    body = json.dumps(facts).encode() if facts is not None else None
    return context.http(method, context.settings["PRETEND_URL"].rstrip("/") + path, headers=headers, body=body)


def _answer(reply: Reply) -> dict[str, object]:
    """Return the JSON object of a good answer; a plain no is a refusal, all else is the world failing: also a key
    that is not accepted, or a request to come back later.
    """
    if reply.status in {400, 402, 404, 409, 413, 422}:
        raise DeclinedByProviderError(f"it answered {reply.status}")
    if reply.status not in {200, 201}:
        raise UnreachableError(f"it answered {reply.status}")
    try:
        answer = json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise UnreachableError("its answer is no JSON") from error
    if not isinstance(answer, dict):
        raise UnreachableError("its answer makes no sense")
    return answer


def _standing(answer: Mapping[str, object]) -> Standing:
    try:
        return Standing(
            state=Stand(_text(answer, "state")),
            provider_ref=_text(answer, "ref"),
            amount=_money(answer),
            reason=_line(answer.get("reason", "")),
            mandate=_line(answer.get("mandate", "")),
        )
    except (ValueError, KeyError, TypeError, InputError) as error:
        raise UnreachableError("its answer makes no sense") from error


def _text(answer: Mapping[str, object], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise UnreachableError(f"its answer has no {name}")
    return value


def _money(said: Mapping[str, object]) -> Money:
    currency = said["currency"]
    if not isinstance(currency, str):
        raise TypeError("currency")
    return Money(_whole(said["amount"]), currency)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError("no whole number")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError("no name")
    return value


def _line(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return "".join(sign for sign in value if sign.isprintable())[:200]


PROVIDER = Provider(
    slug="pretend",
    title="Pretend payment",
    settings=("PRETEND_URL", "PRETEND_KEY"),
    redirects=True,
    trying_only=True,
    by_hand=False,
    patience=timedelta(hours=1),
    start=_start,
    charge=_charge,
    read_event=_read_event,
    ask=_ask,
    refund=_refund,
)
