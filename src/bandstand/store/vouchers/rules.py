"""What a code is worth, how it is written, and why it may be refused."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.money import Money

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
RANDOM_LETTERS = 12
"""Of a code that works once: 12 x 5 bits = 60 bits."""
LONGEST = 20
MOST_CODES = 10_000
"""Codes made by one press."""

_GROUP = 4
_ALIKE = str.maketrans("OIL", "011")
_LEFT_OUT = re.compile(r"[\s\-\u2010-\u2015._]+")
_WORD = re.compile(r"[A-Z0-9]{3,20}")


class Why(StrEnum):
    """Why a code is refused."""

    UNKNOWN = "unknown"  # or used by somebody else: a guess learns nothing
    NOT_YET = "not_yet"
    ENDED = "ended"
    USED_UP = "used_up"
    USED_BY_YOU = "used_by_you"
    HELD = "held"  # by an order that waits for payment
    CURRENCY = "currency"
    TITLES = "titles"  # none of the basket's titles is among those it is for
    FOR_TITLES = "for_titles"  # it gives titles: it is redeemed on its own page
    FOR_BASKET = "for_basket"  # it takes something off: it belongs into a basket


_SENTENCES = {
    Why.UNKNOWN: (
        "This code is not valid here, or it has been used.",
        "Look at it again: it has letters and digits; dashes and spaces do not matter.",
    ),
    Why.NOT_YET: ("This code is not valid yet.", "Come back when it begins."),
    Why.ENDED: ("This code is no longer valid.", "Take it out to go on without it."),
    Why.USED_UP: ("This code has been used as often as it may be.", "Take it out to go on without it."),
    Why.USED_BY_YOU: ("You have used this code already.", "Your orders show what it was used for."),
    Why.HELD: (
        "An order of yours that waits for its payment uses this code.",
        "Pay that order, or take the code out to go on without it.",
    ),
    Why.CURRENCY: ("This code is for another currency.", "It works in a storefront that sells in that currency."),
    Why.TITLES: ("This code is for none of the titles in your basket.", "Put one of its titles in, or take it out."),
    Why.FOR_TITLES: ("This code gives you titles; it needs no basket.", "Redeem it on the page for codes."),
    Why.FOR_BASKET: ("This code takes something off what you buy.", "Use it in your basket."),
}


class VoucherRefusedError(RefusedError):
    """A code can't be used; `why` says which rule says no."""

    def __init__(self, why: Why, *, text: str = "") -> None:
        self.why, self.text = why, text
        self.code = f"vouchers.{why}"
        sentence, hint = _SENTENCES[why]
        super().__init__(sentence, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """What a code takes off: so many percent, an amount over all lines together, or (`free`) the whole price.

    `release_ids` are the releases it is for, their parts included; None: every title.
    """

    percent: int | None = None
    amount: Money | None = None
    release_ids: frozenset[int] | None = None
    free: bool = False

    def reaches(self, release_id: int) -> bool:
        """Tell whether it is for this release (of a part: the release the part belongs to)."""
        return self.release_ids is None or release_id in self.release_ids


def new_text() -> str:
    """Return a random code as it is kept: no dashes."""
    return "".join(secrets.choice(LETTERS) for _ in range(RANDOM_LETTERS))


def fold(typed: str) -> str:
    """Return a code as it is compared, however it was typed: lower case, dashes, spaces, O for 0, I or L for 1.

    Words are folded alike, so that SUMMERSOIL is found as it is spelled. What can't be a code gives nothing.
    """
    if len(typed) > 100:
        return ""
    text = _LEFT_OUT.sub("", unicodedata.normalize("NFKC", typed)).upper().translate(_ALIKE)
    return text if text.isascii() and text.isalnum() and len(text) <= LONGEST else ""


def word(typed: str) -> str | None:
    """Return a word chosen for a code that many may use, as it is shown; None when it can't be one."""
    text = typed.strip().upper()
    return text if _WORD.fullmatch(text) else None


def grouped(text: str) -> str:
    """Return a random code as people read it: XXXX-XXXX-XXXX."""
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))
