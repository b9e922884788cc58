"""How orders go on, how long a quote holds, and what makes two presses one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bandstand.kernel.money import Money
from bandstand.kernel.states import States

ORDER = States(
    "order", {"open": ("paid", "cancelled"), "cancelled": ("paid",), "paid": ()}
)  # money that came late still came
QUOTE = timedelta(minutes=60)
MOST_LINES = 200
MOST_CHOSEN = 1_000_000
"""The most a buyer may name as a price, in minor units: 10,000.00, or 1,000,000 yen. More is a slip of the finger."""

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser brings along: the numbers of the orders it has made, and the format in which it takes downloads.

    Of a guest nothing else is known: the uses of a code are counted among these orders. The format is made ready where
    the buyer's account does not say another one.
    """

    orders: Collection[str] = ()
    preferred_format: str = ""


UNKNOWN_BROWSER = Browser()


def new_number() -> str:
    """Return an order number: readable over the telephone, 40 random bits."""
    return "B" + "".join(_LETTERS[byte % 32] for byte in secrets.token_bytes(8))


def checkout_key(token: str, changed_at: datetime, line_ids: Iterable[int]) -> str:
    """Return the key of a basket as it is: every page that shows this basket carries the same one."""
    return _digest(token, changed_at.isoformat(), *(str(pk) for pk in sorted(line_ids)))


def request_key(basket_id: int, checkout_key: str, email: str, country: str, expected: Money) -> str:
    """Return what makes two presses one order: the same basket as it was, for the same person, at the same price."""
    return _digest(str(basket_id), checkout_key, email, country, str(expected.amount), expected.currency)


def _digest(*facts: str) -> str:
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()
