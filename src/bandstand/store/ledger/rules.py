"""Double entry: what a posting must be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.money import Money

Side = tuple[str, str, Money]
"""One side of a posting: account kind, owner, amount (debit above zero, credit below)."""


class UnbalancedError(RefusedError):
    """The sides of a posting don't add up to zero."""

    code = "ledger.unbalanced"

    def __init__(self, key: str, left: dict[str, int]) -> None:
        self.key, self.left = key, left
        rest = ", ".join(str(Money(amount, currency)) for currency, amount in sorted(left.items()))
        super().__init__(f"The posting {key} is out by {rest}.", hint="Nothing was written.")


def merged(entries: Iterable[Side]) -> list[Side]:
    """Return the sides with those of one account added up, without zeros, in a fixed order.

    The order is the order of locking: two postings never wait for each other crosswise.
    """
    sums: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for kind, owner, money in entries:
        sums[kind, owner, money.currency] += money.amount
    return [
        (kind, owner, Money(amount, currency)) for (kind, owner, currency), amount in sorted(sums.items()) if amount
    ]


def check(key: str, sides: Sequence[Side]) -> None:
    """Raise UnbalancedError unless the sides add up to zero in each currency."""
    left: defaultdict[str, int] = defaultdict(int)
    for _, _, money in sides:
        left[money.currency] += money.amount
    wrong = {currency: amount for currency, amount in left.items() if amount}
    if wrong:
        raise UnbalancedError(key, wrong)
