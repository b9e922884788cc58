"""The values that judging works on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from bandstand.kernel.clock import local_midnight
from bandstand.kernel.money import Money

WORLD = "ww"
Use = Literal["download", "stream"]


class Rule(StrEnum):
    """Stable codes of what may stand between a visitor and a title."""

    WITHDRAWN = "withdrawn"
    TRIAL = "storefront_trial"
    CLOSING = "storefront_closing"
    VAULT = "storefront_vault"
    TERRITORY = "territory"
    NOT_YET = "not_yet"
    ENDED = "ended"
    USE = "use"
    MEMBERS_ONLY = "members_only"
    NOT_SOLD_WHOLE = "not_sold_whole"
    NOT_SOLD_ALONE = "not_sold_alone"
    NO_PRICE = "no_price"
    NO_DEAL = "no_deal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks: where they buy (ISO 3166-1 alpha-2), and what they are here."""

    territory: str
    member: bool = False
    staff: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StorefrontFacts:
    """What judging needs to know of a storefront."""

    state: str  # trial, open, closing or vault
    territories: frozenset[str]
    currency: str
    time_zone: str  # IANA name


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleFacts:
    """What judging needs to know of a release or a part."""

    kind: Literal["release", "part"]
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DealFacts:
    """One live deal as it concerns one title.

    `sold` says whether the deal has a price tier for this kind of title; `price` what that tier costs in the
    storefront's currency, None where the tier has no price in it.
    """

    id: int
    territories: frozenset[str]
    excluded: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset({"download", "stream"})
    start_day: date | None = None
    start_at: datetime | None = None
    preorder_day: date | None = None  # from then on it may be ordered before it starts
    end_day: date | None = None  # exclusive
    end_at: datetime | None = None  # exclusive
    members_only: bool = False
    sold: bool = True
    price: Money | None = None
    open_price: bool = False  # the buyer names it; `price` is the least
    suggested: Money | None = None
    source: str = ""

    def covers(self, territory: str) -> bool:
        """Whether the deal is for this territory."""
        return territory not in self.excluded and (WORLD in self.territories or territory in self.territories)

    def starts(self, zone: str) -> datetime | None:
        """Return the instant at which it begins in a storefront's zone; None when it always has been."""
        return local_midnight(self.start_day, zone) if self.start_day else self.start_at

    def ordered_ahead(self, zone: str, now: datetime) -> bool:
        """Whether it may be ordered although it has not begun."""
        return self.preorder_day is not None and local_midnight(self.preorder_day, zone) <= now

    def ends(self, zone: str) -> datetime | None:
        """Return the first instant at which it is over in a storefront's zone; None when it never is."""
        return local_midnight(self.end_day, zone) if self.end_day else self.end_at


@dataclass(frozen=True, slots=True, kw_only=True)
class DealTerms:
    """What a delivery or a member of staff says about selling a release."""

    territories: tuple[str, ...] = ("ww",)
    excluded: tuple[str, ...] = ()
    uses: tuple[str, ...] = ("download", "stream")
    start_day: date | None = None
    start_at: datetime | None = None
    end_day: date | None = None
    end_at: datetime | None = None
    release_tier: str | None = None
    track_tier: str | None = None
    members_only: bool = False
    preorder_day: date | None = None

    def digest(self) -> str:
        """Return what two deals of the same terms have in common: a SHA-256."""
        values = [
            sorted(self.territories),
            sorted(self.excluded),
            sorted(self.uses),
            *(edge and edge.isoformat() for edge in (self.start_day, self.end_day)),
            *(edge and int(edge.timestamp() * 1_000_000) for edge in (self.start_at, self.end_at)),
            self.release_tier,
            self.track_tier,
            self.members_only,
            *([self.preorder_day.isoformat()] if self.preorder_day else []),  # terms without one keep their digest
        ]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Yes: this use, at this price, by this deal, until then.

    Where the buyer names the price (`open_price`), `price` is the least. What is ordered ahead comes at `available_at`.
    """

    use: Use
    price: Money
    deal_id: int
    ends_at: datetime | None = None
    members_only: bool = False
    open_price: bool = False
    suggested: Money | None = None
    available_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """No: which rule, a sentence for people, who said so, when that changes by itself, and the way out."""

    rule: Rule
    sentence: str
    source: str = ""
    changes_at: datetime | None = None
    hint: str = ""
