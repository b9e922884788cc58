from __future__ import annotations

from django.db import models
from django.db.models import Q

from bandstand.store.taxes import rules


class TaxRate(models.Model):
    """What a country takes from a day on. It holds until the next row of that country: periods can't overlap."""

    country = models.CharField(max_length=2)
    category = models.CharField(max_length=20, default=rules.DIGITAL)
    since = models.DateField()
    rate = models.PositiveIntegerField()  # parts per 100,000
    name = models.CharField(max_length=40)
    source = models.CharField(max_length=200)
    by = models.CharField(max_length=80, blank=True)  # who on the staff set it; empty: the shipped table
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["country", "-since"]
        constraints = [
            models.UniqueConstraint(fields=["country", "category", "since"], name="tax_rate_once_per_day"),
            models.CheckConstraint(condition=Q(rate__lte=rules.HIGHEST), name="tax_rate_at_most_the_price"),
        ]

    def __str__(self) -> str:
        return f"{self.country} {rules.percent(self.rate)} from {self.since}"
