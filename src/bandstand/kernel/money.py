"""Money: integer minor units of one currency. There is no float anywhere near a price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bandstand.kernel.errors import InputError

_TWO = "EUR USD GBP CHF SEK NOK DKK PLN CZK HUF RON AUD NZD CAD SGD MXN BRL ZAR INR"
_NONE = "JPY KRW ISK"
_THREE = "KWD TND"
DIGITS = {code: digits for digits, codes in ((2, _TWO), (0, _NONE), (3, _THREE)) for code in codes.split(" ")}
"""Decimal digits of each currency a store may sell in (ISO 4217)."""

SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "KRW": "₩"}

WHOLE = 100_000
"""Tax rates are counted in parts of this: 19 % is 19,000, 8.875 % is 8,875."""

LONGEST = 20
"""Characters of an amount that somebody types."""


class CurrencyError(InputError):
    """A currency that is unknown here, or two that were mixed."""

    code = "money.currency"


class AmountError(InputError):
    """What was typed is no amount of this currency."""

    code = "money.amount"

    def __init__(self, currency: str) -> None:
        self.currency = currency
        example = Money(1250 if DIGITS[currency] else 1200, currency)
        super().__init__("This is no amount of money.", hint=f"Write it like {example.plain}.")


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

    @property
    def plain(self) -> str:
        """The number alone, as `parse` reads it: "8.99", "1200"."""
        digits = DIGITS[self.currency]
        whole, minor = divmod(abs(self.amount), 10**digits)
        return f"{'-' if self.amount < 0 else ''}{whole}" + (f".{minor:0{digits}}" if digits else "")

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


def parse(text: str, currency: str) -> Money:
    """Read an amount as people type it: "8", "8.5", "8,50", "€ 8.50", "¥1,200". Never below zero.

    One comma or dot parts the minor units; where a currency has none, commas and dots may part thousands.

    Raises
    ------
    AmountError
        It can be read in no way, or in two.
    """
    digits = DIGITS[currency]
    typed = text.strip().removeprefix(SIGNS.get(currency, currency)).removesuffix(SIGNS.get(currency, currency))
    typed = "".join(typed.split()).replace(currency, "")
    if len(typed) > LONGEST or not typed.isascii():
        raise AmountError(currency)
    if not digits:
        groups = typed.replace(",", ".").split(".")
        if any(len(group) != 3 for group in groups[1:]) or not all(group.isdigit() for group in groups):
            raise AmountError(currency)
        return Money(int("".join(groups)), currency)
    whole, point, minor = typed.replace(",", ".").partition(".")
    if not whole.isdigit() or (point and not minor.isdigit()) or len(minor) > digits:
        raise AmountError(currency)
    return Money(int(whole) * 10**digits + int(minor.ljust(digits, "0")), currency)


def tax_within(gross: Money, rate: int) -> Money:
    """Return the tax that a gross price contains at `rate` parts per 100,000, rounded half up to the minor unit.

    `tax_within(Money(1190, "EUR"), 19_000) == Money(190, "EUR")`; net is what remains, so both always add up.
    """
    return _part(gross, rate, WHOLE + rate)


def tax_on(net: Money, rate: int) -> Money:
    """Return the tax that comes on top of a net price at `rate` parts per 100,000, rounded half up.

    `tax_on(Money(1000, "EUR"), 19_000) == Money(190, "EUR")`.
    """
    return _part(net, rate, WHOLE)


def percent_of(amount: Money, percent: int) -> Money:
    """Return so many percent of an amount, rounded half up to the minor unit."""
    return _part(amount, percent, 100)


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


def _part(amount: Money, times: int, of: int) -> Money:
    """Return amount x times / of, rounded half up; what is below zero mirrors what is above."""
    if times < 0:
        raise ValueError("A rate is not negative.")
    part = (abs(amount.amount) * times * 2 + of) // (2 * of)
    return Money(part if amount.amount >= 0 else -part, amount.currency)
