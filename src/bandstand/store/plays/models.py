from __future__ import annotations

from django.db import models


class Download(models.Model):
    """One ticket that was used to fetch a file from its first byte."""

    ticket = models.CharField(max_length=64, unique=True)
    grant = models.ForeignKey("grants.Grant", models.PROTECT, related_name="downloads")
    file_name = models.CharField(max_length=300)
    size = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
