from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class GrantQuerySet(models.QuerySet["Grant"]):
    """Grants, by what counts."""

    def live(self) -> GrantQuerySet:
        """Those that hold: not revoked."""
        return self.filter(revoked_at=None)


class Grant(models.Model):
    """One listener's right to one release or part, and where it comes from. Never deleted, only revoked."""

    class Use(models.TextChoices):
        OWN = "own", "Bought for good"

    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grants")
    release = models.ForeignKey("catalogue.Release", models.PROTECT, null=True, blank=True, related_name="grants")
    part = models.ForeignKey("catalogue.Part", models.PROTECT, null=True, blank=True, related_name="grants")
    use = models.CharField(max_length=8, choices=Use)
    source = models.CharField(max_length=40)  # "order:1042"
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)  # never set on what was bought
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_why = models.CharField(max_length=200, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(release=None, part__isnull=False) | Q(part=None, release__isnull=False),
                name="grant_of_one_thing",
            ),
            models.CheckConstraint(condition=~Q(use="own") | Q(ends_at=None), name="grant_bought_has_no_end"),
            models.UniqueConstraint(
                fields=["holder", "release", "use"],
                condition=Q(revoked_at=None, release__isnull=False),
                name="grant_one_live_per_release",
            ),
            models.UniqueConstraint(
                fields=["holder", "part", "use"],
                condition=Q(revoked_at=None, part__isnull=False),
                name="grant_one_live_per_part",
            ),
        ]
        indexes = [models.Index(fields=["source"], name="grant_by_source")]

    def __str__(self) -> str:
        return f"{self.source}: {self.release or self.part}"
