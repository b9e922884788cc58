"""Money: integer minor units of one currency. There is no float anywhere near a price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bandstand.kernel.errors import InputError

DIGITS = {"EUR": 2, "USD": 2, "GBP": 2, "CHF": 2, "SEK": 2, "JPY": 0, "KRW": 0}
"""Decimal digits of each currency a store may sell in (ISO 4217)."""

SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "KRW": "₩"}


class CurrencyError(InputError):
    """A currency that is unknown here, or two that were mixed."""

    code = "money.currency"


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (cents, yen) of `currency` (ISO 4217)."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in DIGITS:
            raise CurrencyError(
                f"{self.currency!r} is no currency this store knows.", hint="Add it to kernel/money.py."
            )
        if not isinstance(self.amount, int):
            raise TypeError("Money counts whole minor units.")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.amount * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        digits = DIGITS[self.currency]
        whole, minor = divmod(abs(self.amount), 10**digits)
        number = f"{whole:,}" + (f".{minor:0{digits}}" if digits else "")
        sign = SIGNS.get(self.currency, f"{self.currency} ")
        return f"{'-' if self.amount < 0 else ''}{sign}{number}"

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyError(f"{self.currency} and {other.currency} can't be added up.")
        return other.amount


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Add up amounts of one currency; nothing adds up to zero of it."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result


def tax_within(gross: Money, permille: int) -> Money:
    """Return the tax that a gross price contains at `permille` thousandths, rounded half up to the minor unit.

    `tax_within(Money(1190, "EUR"), 190) == Money(190, "EUR")`; net is what remains, so both always add up.
    """
    if permille < 0:
        raise ValueError("A tax rate is not negative.")
    part = abs(gross.amount) * permille * 2
    whole = 1000 + permille
    tax = (part + whole) // (2 * whole)
    return Money(tax if gross.amount >= 0 else -tax, gross.currency)


def share(amount: Money, weights: list[int]) -> list[Money]:
    """Split an amount by weights so that the parts always add up (largest remainder, first wins a tie)."""
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("Weights are not negative and at least one is above zero.")
    magnitude, sign = abs(amount.amount), 1 if amount.amount >= 0 else -1
    parts = [magnitude * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(magnitude * weights[i] % whole), i))
    for i in by_remainder[: magnitude - sum(parts)]:
        parts[i] += 1
    return [Money(sign * part, amount.currency) for part in parts]
