"""Rates of tax as people write them, as they are counted, and as the shipped table says them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources

from bandstand.kernel.errors import InputError
from bandstand.kernel.money import WHOLE

DIGITAL = "digital"
HIGHEST = WHOLE
"""No country takes more than the price itself; a rate above is a slip of the finger."""

_COUNTRY = re.compile(r"[A-Z]{2}")
_PERCENT = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{1,3})?")


class RateError(InputError):
    """What was typed is no rate of tax."""

    code = "taxes.rate"

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(
            f"{found[:20]!r} is no rate of tax in percent.", hint="Write it like 19 or 8.875, from 0 to 100."
        )


class CountryError(InputError):
    """What was typed is no country's code."""

    code = "taxes.country"

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(f"{found[:20]!r} is no country's code.", hint="Two letters (ISO 3166-1), such as DE or JP.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate that holds: parts per 100,000, what the tax is called, and since when. Unknown ones take nothing."""

    rate: int = 0
    name: str = ""
    since: date | None = None

    @property
    def known(self) -> bool:
        """Whether the table has a row for it."""
        return self.since is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One row of the shipped table: it holds until the next of its country begins."""

    country: str
    since: date
    rate: int
    name: str
    source: str


def parts(percent: str) -> int:
    """Read a percentage as parts per 100,000: "8.875" is 8875.

    Raises
    ------
    RateError
        It is no number from 0 to 100 with at most three decimals.
    """
    text = percent.strip().removesuffix("%").strip()
    found = int(Decimal(text.replace(",", ".")) * 1000) if _PERCENT.fullmatch(text) else HIGHEST + 1
    if found > HIGHEST:
        raise RateError(percent)
    return found


def percent(rate: int) -> str:
    """Write parts per 100,000 as people read them: 8875 is "8.875 %"."""
    whole, rest = divmod(rate, 1000)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".") + " %"


def country_code(typed: str) -> str:
    """Return a country's code in capitals.

    Raises
    ------
    CountryError
        It isn't two letters.
    """
    code = typed.strip().upper()
    if not _COUNTRY.fullmatch(code):
        raise CountryError(typed)
    return code


@cache
def shipped() -> tuple[Period, ...]:
    """Return the table that comes with the program, checked as it is read."""
    text = resources.files("bandstand.store.taxes").joinpath("rates.toml").read_text(encoding="utf-8")
    return tuple(
        Period(
            country=country_code(row["code"]),
            since=period["since"],
            rate=parts(period["rate"]),
            name=row.get("name", "VAT"),
            source=row["source"],
        )
        for row in tomllib.loads(text)["country"]
        for period in row["periods"]
    )
