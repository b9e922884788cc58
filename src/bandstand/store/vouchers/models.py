from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bandstand.kernel.money import Money
from bandstand.store.vouchers.rules import grouped


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
    per_holder = models.PositiveIntegerField(null=True, blank=True, default=1)  # orders of one listener; None: any
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # stopped by staff

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="percent", percent__gte=1, percent__lte=100, amount=None, currency="")
                | (Q(kind="amount", percent=None, amount__gte=1) & ~Q(currency=""))
                | Q(kind="titles", percent=None, amount=None, currency=""),
                name="campaign_worth_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="campaign_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def money(self) -> Money | None:
        """The amount it takes off."""
        return Money(self.amount, self.currency) if self.amount is not None else None


class Code(models.Model):
    """One code of a campaign; `used` counts redemptions that hold."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="codes")
    text = models.CharField(max_length=20, unique=True)  # as it is compared: upper case, no dashes, 0 for O
    word = models.CharField(max_length=20, blank=True)  # as it is shown, where it was chosen and not drawn
    batch = models.PositiveIntegerField(default=1)  # which press of the button made it: what one sheet holds
    uses = models.PositiveIntegerField(default=1)
    used = models.PositiveIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(used__lte=F("uses")), name="code_used_at_most_allowed")]

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """The code as people read it."""
        return self.word or grouped(self.text)


class Redemption(models.Model):
    """A code used for one order; released when that order is cancelled.

    `slot` counts a listener's uses of the campaign: the constraint closes the race for the last one.
    """

    code = models.ForeignKey(Code, models.PROTECT, related_name="redemptions")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="redemptions")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="redemptions")
    slot = models.PositiveIntegerField(null=True)  # None: it does not count, by its campaign or as a guest's
    order_number = models.CharField(max_length=20, unique=True)
    at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "holder", "slot"], condition=Q(released_at=None), name="redemption_one_per_slot"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} for {self.order_number}"
