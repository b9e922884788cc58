from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from bandstand.kernel.money import Money


class Storefront(models.Model):
    """One regional shop of a store."""

    class State(models.TextChoices):
        TRIAL = "trial", "Trial: only staff may buy"
        OPEN = "open", "Open"
        CLOSING = "closing", "Closing: nothing new is sold"
        VAULT = "vault", "Vault: only downloads of what was bought"

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    territories = models.JSONField()  # ISO 3166-1 alpha-2 codes; the first one stands for the storefront
    currency = models.CharField(max_length=3)
    tax_included = models.BooleanField(default=True)
    languages = models.JSONField(default=list)
    time_zone = models.CharField(max_length=60)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class PriceTier(models.Model):
    """A named price: what a deal asks for, whatever the currency."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    open_price = models.BooleanField(default=False)  # the buyer names the price; amounts are the least then

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class TierPrice(models.Model):
    """What a tier costs in one currency, in minor units, as shown to the visitor."""

    tier = models.ForeignKey(PriceTier, models.CASCADE, related_name="prices")
    currency = models.CharField(max_length=3)
    amount = models.PositiveBigIntegerField()
    suggested = models.PositiveBigIntegerField(null=True, blank=True)  # where the buyer names the price

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tier", "currency"], name="price_once_per_currency"),
            models.CheckConstraint(
                condition=Q(suggested=None) | Q(suggested__gte=F("amount")), name="price_suggested_at_least_least"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier}: {self.money}"

    @property
    def money(self) -> Money:
        """What it costs, or the least of it."""
        return Money(self.amount, self.currency)

    @property
    def suggested_money(self) -> Money | None:
        """What the buyer is asked for where they name the price."""
        return None if self.suggested is None else Money(self.suggested, self.currency)


class Deal(models.Model):
    """The right to sell or stream a release or its tracks: territories x window x use x price tier.

    A window edge is either a local day (midnight in each storefront's zone) or one instant for all.
    """

    release = models.ForeignKey("catalogue.Release", models.PROTECT, related_name="deals")
    territories = models.JSONField()  # ["ww"] or ISO codes
    excluded = models.JSONField(default=list, blank=True)  # ISO codes left out of "ww"
    uses = models.JSONField()  # some of "download", "stream"
    start_day = models.DateField(null=True, blank=True)
    start_at = models.DateTimeField(null=True, blank=True)
    preorder_day = models.DateField(null=True, blank=True)  # from then on the whole release may be ordered ahead
    end_day = models.DateField(null=True, blank=True)  # exclusive
    end_at = models.DateTimeField(null=True, blank=True)
    release_tier = models.ForeignKey(PriceTier, models.PROTECT, null=True, blank=True, related_name="release_deals")
    track_tier = models.ForeignKey(PriceTier, models.PROTECT, null=True, blank=True, related_name="track_deals")
    members_only = models.BooleanField(default=False)
    source = models.CharField(max_length=200)  # which delivery or member of staff said so
    terms = models.CharField(max_length=64, blank=True)  # SHA-256 of the terms, when a delivery said them
    ended_at = models.DateTimeField(
        null=True, blank=True
    )  # replaced by a later delivery; kept for the orders that name it

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(start_day=None) | Q(start_at=None), name="deal_one_kind_of_start"),
            models.CheckConstraint(condition=Q(end_day=None) | Q(end_at=None), name="deal_one_kind_of_end"),
            models.CheckConstraint(
                condition=Q(end_day=None) | Q(start_day=None) | Q(end_day__gt=F("start_day")), name="deal_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(end_at=None) | Q(start_at=None) | Q(end_at__gt=F("start_at")), name="deal_instants_in_order"
            ),
            models.UniqueConstraint(
                fields=["release", "terms"], condition=Q(ended_at=None) & ~Q(terms=""), name="deal_live_once_per_terms"
            ),
        ]
        indexes = [models.Index(fields=["release"], condition=Q(ended_at=None), name="deal_live_by_release")]
