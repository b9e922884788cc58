"""Which rate of tax holds where, and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bandstand.store.taxes import rules
from bandstand.store.taxes.models import TaxRate
from bandstand.store.taxes.rules import Rate
from bandstand.webkit.prepared import Prepared


def rate_for(country: str, *, on: date) -> Rate:
    """Return the rate that holds in a country on a day: the row that began last. No row, no tax. One query."""
    row = _latest.first(country, on)
    return Rate(rate=row.rate, name=row.name, since=row.since) if row else Rate()


_latest = Prepared(
    lambda country, on: TaxRate.objects.filter(country=country, category=rules.DIGITAL, since__lte=on).order_by(
        "-since"
    )[:1]
)


def without_rate(countries: Iterable[str], *, on: date) -> list[str]:
    """Return those of the countries that have no rate on a day, for staff to see: nothing is taxed there."""
    known = TaxRate.objects.filter(category=rules.DIGITAL, since__lte=on).values_list("country", flat=True)
    return sorted(set(countries) - set(known))
