from __future__ import annotations

from django.db import models


class Issued(models.Model):
    """A signed receipt that was given with all that somebody owns: kept, so that a frozen bundle stays what it is.

    There is one for each state of its order: what went back, and which files had been made, is in it.
    """

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="receipts")
    state = models.CharField(max_length=64)  # SHA-256 of what it depends on
    path = models.CharField(max_length=200)  # storage key
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    crc32 = models.PositiveBigIntegerField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "state"], name="receipt_once_per_state")]

    def __str__(self) -> str:
        return f"Receipt of {self.order}"
