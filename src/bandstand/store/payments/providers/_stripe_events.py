"""What Stripe tells by itself: whose signature it bears, and what it means here.

Sources: https://docs.stripe.com/webhooks (signatures), https://docs.stripe.com/api/events/types.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from bandstand.kernel.errors import InputError
from bandstand.kernel.money import Money
from bandstand.store.payments.providers import BrokenEventError, EventFacts, EventKind, ForgedEventError
from bandstand.store.payments.providers._stripe_api import money

SIGNATURE = "stripe-signature"
WINDOW = timedelta(minutes=5)
PAYMENT = "bandstand_payment"
"""Where our key stands in the metadata of sessions, payment intents (and so of charges) and refunds."""
REFUND = "bandstand_refund"
NOT_MADE = "The payment was not made."  # never why: whoever tries out stolen cards learns nothing

_NUMBER = re.compile(r"[0-9]{1,12}")
_MAC = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,120}")
_MOST_SIGNATURES = 10
_NONSENSE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError, InputError)

Thing = Mapping[str, object]


def signature(secret: str, at: int, body: bytes) -> str:
    """Return the header that signs a body at a second of Unix time: HMAC-SHA-256 (RFC 2104) over both."""
    return f"t={at},v1={_mac(secret, str(at), body)}"


def check_signature(secret: str, header: str, body: bytes, now: datetime) -> None:
    """Return when the body as it came is signed, now. One of several signatures is enough: secrets are rolled."""
    parts = [part.strip().partition("=") for part in header.split(",")][: _MOST_SIGNATURES + 1]
    at = next((value for name, _, value in parts if name == "t"), "")
    given = [value for name, _, value in parts if name == "v1" and _MAC.fullmatch(value)]
    if not _NUMBER.fullmatch(at) or not given:
        raise ForgedEventError("there is none")
    wanted = _mac(secret, at, body)
    if not any(hmac.compare_digest(wanted, one) for one in given):
        raise ForgedEventError("it is not of this body and key")
    if abs(now.timestamp() - int(at)) > WINDOW.total_seconds():
        raise ForgedEventError("its time is not now")


def read(body: bytes) -> EventFacts | None:
    """Return what an event means; None when it is about nothing of ours.

    Raises
    ------
    BrokenEventError
        It is none, or one of the kinds that matter without what it must say.
    """
    try:
        return facts(json.loads(body))
    except _NONSENSE as error:
        raise BrokenEventError(type(error).__name__) from error


def facts(event: Thing) -> EventFacts | None:
    """Return what an event means, as `read` does; what makes no sense raises whatever it may."""
    kind = event["type"]
    if not isinstance(kind, str):
        raise TypeError("type")
    reader = _READERS.get(kind)
    if reader is None:
        return None
    return reader(_Told(_name(event["id"]), kind, _moment(event["created"]), _object(event)))


class _Told:
    """An event of a kind that matters."""

    def __init__(self, event_id: str, kind: str, at: datetime, thing: Thing) -> None:
        self.event_id, self.kind, self.at, self.thing = event_id, kind, at, thing

    def facts(
        self,
        kind: EventKind,
        amount: Money,
        *,
        payment: str = "",
        charge: str = "",
        refund: str = "",
        dispute: str = "",
        reason: str = "",
        abandoned: bool = False,
    ) -> EventFacts:
        return EventFacts(
            event_id=self.event_id,
            kind=kind,
            payment_key=payment,
            amount=amount,
            at=self.at,
            charge_ref=charge,
            refund_key=refund,
            dispute_ref=dispute,
            reason=reason,
            abandoned=abandoned,
        )


def _session(told: _Told) -> EventFacts | None:
    payment = _ours(told.thing, PAYMENT)
    if not payment:
        return None  # somebody else sells through the same account
    amount = money(told.thing["amount_total"], told.thing["currency"])
    charge = reference(told.thing.get("payment_intent"))
    match told.kind.rpartition(".")[2]:
        case "completed" if told.thing["payment_status"] == "unpaid":
            return None  # the bank takes its days: async_payment_succeeded or _failed tells
        case "completed" | "async_payment_succeeded":
            return told.facts(EventKind.PAID, amount, payment=payment, charge=charge)
        case "expired":
            reason = "Nobody paid in time."
            return told.facts(EventKind.FAILED, amount, payment=payment, reason=reason, abandoned=True)
        case _:
            return told.facts(EventKind.FAILED, amount, payment=payment, charge=charge, reason=NOT_MADE)


def _intent(told: _Told) -> EventFacts | None:
    payment, charge = _ours(told.thing, PAYMENT), _name(told.thing["id"])
    if not payment:
        return None
    if told.kind == "payment_intent.succeeded":
        paid = money(told.thing.get("amount_received", told.thing["amount"]), told.thing["currency"])
        return told.facts(EventKind.PAID, paid, payment=payment, charge=charge)
    asked = money(told.thing["amount"], told.thing["currency"])
    return told.facts(EventKind.TRY_FAILED, asked, payment=payment, charge=charge, reason=NOT_MADE)


def _charge(told: _Told) -> EventFacts | None:
    """How much of a charge has gone back in all: by us, or by a person in Stripe's dashboard."""
    charge = reference(told.thing.get("payment_intent"))
    if not charge:
        return None
    back = money(told.thing["amount_refunded"], told.thing["currency"])
    return told.facts(EventKind.REFUNDED, back, payment=_ours(told.thing, PAYMENT), charge=charge)


def _refund(told: _Told) -> EventFacts | None:
    payment, refund = _ours(told.thing, PAYMENT), _ours(told.thing, REFUND)
    if not payment or not refund:
        return None  # made in the dashboard: charge.refunded tells of it
    amount, status = money(told.thing["amount"], told.thing["currency"]), told.thing["status"]
    if status == "succeeded":
        return told.facts(EventKind.REFUNDED, amount, payment=payment, refund=refund)
    if status in {"failed", "canceled"}:
        reason = _line(told.thing.get("failure_reason") or "the bank refused it")
        return told.facts(EventKind.REFUND_FAILED, amount, payment=payment, refund=refund, reason=reason)
    return None


def _dispute(told: _Told) -> EventFacts | None:
    charge, status = reference(told.thing.get("payment_intent")), told.thing["status"]
    if not isinstance(status, str):
        raise TypeError("status")
    if not charge or status.startswith("warning_") or status == "prevented":
        return None  # an inquiry: no money has moved
    amount, dispute = money(told.thing["amount"], told.thing["currency"]), _name(told.thing["id"])
    reason = _line(told.thing.get("reason") or "")
    closed = {"won": EventKind.DISPUTE_WON, "lost": EventKind.DISPUTE_LOST}
    kind = closed.get(status, EventKind.DISPUTED)
    if told.kind == "charge.dispute.closed" and kind is EventKind.DISPUTED:
        return None
    return told.facts(kind, amount, charge=charge, dispute=dispute, reason=reason)


_READERS: dict[str, Callable[[_Told], EventFacts | None]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
    "payment_intent.succeeded": _intent,
    "payment_intent.payment_failed": _intent,
    "charge.refunded": _charge,
    "charge.refund.updated": _refund,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.closed": _dispute,
}
UNASKED = ("charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed", "refund.failed")
"""What asking about payments and refunds does not tell."""


def reference(value: object) -> str:
    """Return the id of a thing that stands there as an id or as the whole thing; empty when there is none."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""


def _mac(secret: str, at: str, body: bytes) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def _object(event: Thing) -> Thing:
    data = event["data"]
    thing = data.get("object") if isinstance(data, Mapping) else None
    if not isinstance(thing, Mapping):
        raise TypeError("object")
    return thing


def _ours(thing: Thing, name: str) -> str:
    metadata = thing.get("metadata")
    value = metadata.get(name) if isinstance(metadata, Mapping) else None
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""


def _moment(value: object) -> datetime:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("no time")
    return datetime.fromtimestamp(value, tz=UTC)


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError("no name")
    return value


def _line(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return "".join(sign for sign in value if sign.isprintable())[:200]
