from __future__ import annotations

from django.db import models


class Tally(models.Model):
    """How often somebody did something in a span that began with the first time. It does not tell who."""

    key = models.CharField(primary_key=True, max_length=64)  # a keyed digest of what and who
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at:%H:%M}"
