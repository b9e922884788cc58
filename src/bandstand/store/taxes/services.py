"""How rates come into the table."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from bandstand.store.taxes import rules
from bandstand.store.taxes.models import TaxRate


@transaction.atomic
def load_table(*, now: datetime) -> int:
    """Bring the shipped rates into the table, and return how many were new or had changed.

    Rows that staff set stay as they are. What was loaded before and is no longer shipped stays too: orders name it.
    """
    held = {(row.country, row.since): row for row in TaxRate.objects.filter(category=rules.DIGITAL)}
    fresh, changed = [], 0
    for period in rules.shipped():
        row = held.get((period.country, period.since))
        facts = {"rate": period.rate, "name": period.name, "source": period.source[:200]}
        if row is None:
            fresh.append(TaxRate(country=period.country, since=period.since, set_at=now, **facts))
        elif not row.by and any(getattr(row, name) != value for name, value in facts.items()):
            changed += TaxRate.objects.filter(pk=row.pk, by="").update(set_at=now, **facts)
    TaxRate.objects.bulk_create(fresh, ignore_conflicts=True)  # two that load at once
    return len(fresh) + changed


@transaction.atomic
def set_rate(*, country: str, since: date, percent: str, name: str, reason: str, by: str, now: datetime) -> TaxRate:
    """Set what a country takes from a day on, in place of what the table says for that day.

    Orders that exist keep the rate they were frozen with.

    Raises
    ------
    rules.CountryError, rules.RateError
        What is not readable.
    """
    row, _ = TaxRate.objects.update_or_create(
        country=rules.country_code(country),
        category=rules.DIGITAL,
        since=since,
        defaults={
            "rate": rules.parts(percent),
            "name": name.strip()[:40] or "VAT",
            "source": reason.strip()[:200],
            "by": by[:80],
            "set_at": now,
        },
    )
    return row
