from __future__ import annotations

from django.db import models
from django.db.models import Q


class Delivery(models.Model):
    """One folder as it came in: what it contained, what became of it, and why."""

    class State(models.TextChoices):
        APPLIED = "applied", "Applied"
        REFUSED = "refused", "Refused"

    folder = models.CharField(max_length=300)  # its name, never its place on a disk
    digest = models.CharField(
        max_length=64
    )  # SHA-256 over names and contents: the same folder again is recognised by it
    state = models.CharField(max_length=8, choices=State)
    release = models.ForeignKey("catalogue.Release", models.PROTECT, null=True, blank=True, related_name="deliveries")
    report = models.JSONField(default=dict)  # checks and measurements per file, and the reasons of a refusal
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="applied") | Q(release__isnull=False), name="delivery_applied_has_release"
            )
        ]

    def __str__(self) -> str:
        return f"{self.folder} ({self.state})"
