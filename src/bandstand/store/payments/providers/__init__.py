"""Payment providers: five verbs over values. One file with one `PROVIDER` each; adding it edits no other source file.

A provider reads no settings, no request, no clock and no database: all it may know stands in its `ProviderContext`
and in what it is asked about. Every verb may be repeated: `key` names the act, and the same key means the same act.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bandstand.kernel.errors import InputError, OutsideError, RefusedError
from bandstand.kernel.money import Money
from bandstand.kernel.registry import Registry


class UnreachableError(OutsideError):
    """The provider did not answer, or not in a way that can be used. Nobody knows yet what it has done."""

    code = "payments.unreachable"

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"The payment provider can't be reached: {what}.", hint="Nothing is lost. Try again in a minute."
        )


class DeclinedByProviderError(RefusedError):
    """The provider answered, and will not do it."""

    code = "payments.declined"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The payment provider refused: {reason}.", hint="Choose another way to pay.")


class ForgedEventError(InputError):
    """An event that the provider did not sign, or not now."""

    code = "payments.forged_event"

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"This event's signature is not valid: {problem}.")


class BrokenEventError(InputError):
    """A signed event that says nothing we can read."""

    code = "payments.broken_event"

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"This event can't be read: {problem}.")


@dataclass(frozen=True, slots=True)
class Reply:
    """What an HTTP server answered."""

    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes


class Http(Protocol):
    """One HTTP exchange: time limits, a cap on the answer, no redirects. UnreachableError when there was no answer."""

    def __call__(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderContext:
    """All that a provider may know of the store."""

    settings: Mapping[str, str]  # those that its descriptor names
    now: datetime
    http: Http


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A payment that is about to start."""

    key: str
    order_number: str
    amount: Money
    return_url: str  # where the visitor comes back to; empty for a charge without a visitor
    keep_mandate: bool = False  # whether later charges will be made
    email: str = ""  # the payer's, to fill in the provider's form
    begun_at: datetime | None = None  # repeating `start` says the same words, however late it is repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The provider knows the payment. The visitor goes to `redirect_url`, or reads `instructions`."""

    provider_ref: str
    redirect_url: str = ""
    instructions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A payment as the store remembers it; `provider_ref` is empty when the answer to `start` never arrived."""

    key: str
    provider_ref: str
    amount: Money
    charge_ref: str = ""  # the provider's name for the movement of money, where it has another one for that
    intent: Intent | None = None  # what `start` was told, for a provider that finds its answer by being told again


class Stand(StrEnum):
    """How a payment stands with its provider."""

    UNKNOWN = "unknown"  # it never heard of it
    OPEN = "open"
    SETTLING = "settling"  # the payer has done their part; the bank takes its days
    PAID = "paid"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a provider answers when it is asked about a payment."""

    state: Stand
    provider_ref: str = ""
    amount: Money | None = None  # always given when it is paid
    reason: str = ""
    mandate: str = ""
    charge_ref: str = ""
    abandoned: bool = False  # failed because nobody paid in time: no card was refused


class EventKind(StrEnum):
    """What providers tell by themselves."""

    PAID = "paid"
    FAILED = "failed"
    TRY_FAILED = "try_failed"  # a card was refused; the payer may take another, the payment goes on
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """One genuine event. `payment_key` is empty where the provider tells only its own `charge_ref`.

    REFUNDED without a `refund_key` tells how much has gone back in all.
    """

    event_id: str
    kind: EventKind
    payment_key: str
    amount: Money
    at: datetime
    refund_key: str = ""
    charge_ref: str = ""
    dispute_ref: str = ""  # the provider's own name for the dispute
    reason: str = ""
    abandoned: bool = False  # failed because nobody paid in time: no card was refused


class Returned(StrEnum):
    """How a refund stands."""

    DONE = "done"
    WAITING = "waiting"  # taken on; the provider, or a person, will finish it
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundIntent:
    """Money that goes back: all of a payment or a part of it."""

    key: str
    payment: Known
    amount: Money
    reason: str
    provider_ref: str = ""  # the provider's own name for it, once it has answered
    sent_at: datetime | None = None  # when it was told first; it may have heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """What a provider answers to a refund."""

    state: Returned
    reason: str = ""
    provider_ref: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """Events, oldest first, and the moment before which nothing else was told."""

    events: Sequence[EventFacts]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A way to pay.

    Verbs raise UnreachableError when the world failed (nobody knows what happened: ask), and DeclinedByProviderError
    when the provider refused. `read_event` raises ForgedEventError and BrokenEventError and nothing else; it returns
    None for what is genuine and nothing to us. `missed` returns events since a moment that asking about payments does
    not tell: disputes, and refunds that failed after all.
    """

    slug: str
    title: str
    settings: tuple[str, ...]  # names of the settings it needs; it is not offered while one is empty
    redirects: bool  # whether the visitor leaves the store to pay
    trying_only: bool  # no real money moves
    by_hand: bool  # staff says when money came and went back
    patience: timedelta  # how long a payment may take
    start: Callable[[ProviderContext, Intent], Started]
    charge: Callable[[ProviderContext, Intent, str], Standing]
    read_event: Callable[[ProviderContext, Mapping[str, str], bytes], EventFacts | None]
    ask: Callable[[ProviderContext, Known], Standing]
    refund: Callable[[ProviderContext, RefundIntent], Refunded]
    missed: Callable[[ProviderContext, datetime], Missed] | None = None


PROVIDERS: Registry[Provider] = Registry(
    kind="payment provider", package="bandstand.store.payments.providers", name="PROVIDER", of=Provider
)
