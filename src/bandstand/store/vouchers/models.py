from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Campaign(models.Model):
    """What a set of codes is worth, for which titles, and until when."""

    class Kind(models.TextChoices):
        PERCENT = "percent", "So many percent off"
        AMOUNT = "amount", "An amount off"
        TITLES = "titles", "These titles for nothing"  # what a gig code is

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=Kind)
    percent = models.PositiveSmallIntegerField(null=True, blank=True)
    amount = models.PositiveBigIntegerField(null=True, blank=True)  # minor units
    currency = models.CharField(max_length=3, blank=True)
    releases = models.ManyToManyField("catalogue.Release", blank=True)  # none: for every title
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    per_holder = models.PositiveIntegerField(default=1)  # orders of one listener that may use codes of it
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # stopped by staff

    def __str__(self) -> str:
        return self.name


class Code(models.Model):
    """One code of a campaign; `used` counts redemptions that hold."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="codes")
    text = models.CharField(max_length=20, unique=True)  # as it is compared: upper case, no dashes
    uses = models.PositiveIntegerField(default=1)
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(used__lte=F("uses")), name="code_used_at_most_allowed")]

    def __str__(self) -> str:
        return self.text


class Redemption(models.Model):
    """A code used for one order; released when that order is cancelled."""

    code = models.ForeignKey(Code, models.PROTECT, related_name="redemptions")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="redemptions")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="redemptions")
    order_number = models.CharField(max_length=20, unique=True)
    at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.code} for {self.order_number}"
