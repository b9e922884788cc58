from __future__ import annotations

from django.db import models
from django.db.models import Q


class Payment(models.Model):
    """One try to collect the money of an order. The row exists before the provider hears of it."""

    class State(models.TextChoices):
        INTENDED = "intended", "About to start"
        STARTED = "started", "With the provider"
        SUCCEEDED = "succeeded", "Paid"
        FAILED = "failed", "Declined or abandoned"

    key = models.CharField(max_length=40, unique=True)  # our idempotency key: what the provider knows this payment by
    order_number = models.CharField(max_length=20, db_index=True)
    provider = models.CharField(max_length=40)
    provider_ref = models.CharField(max_length=200, blank=True)  # the provider's own name for it
    state = models.CharField(max_length=10, choices=State, default=State.INTENDED)
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    redirect_url = models.URLField(max_length=1000, blank=True)
    reason = models.CharField(max_length=300, blank=True)  # why it failed, for people
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)  # when reconciliation last asked the provider
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "provider_ref"], condition=~Q(provider_ref=""), name="payment_provider_ref_once"),
            models.UniqueConstraint(fields=["order_number"], condition=Q(state="succeeded"), name="payment_one_success_per_order"),
        ]

    def __str__(self) -> str:
        return self.key


class ProviderEvent(models.Model):
    """Something a provider told us, once, however often it is delivered."""

    provider = models.CharField(max_length=40)
    event_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="events")
    said_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="event_once")]


class PaymentRefund(models.Model):
    """Money on its way back. The row exists before the provider hears of it."""

    class State(models.TextChoices):
        INTENDED = "intended", "About to start"
        SUCCEEDED = "succeeded", "Returned"
        FAILED = "failed", "Refused by the provider"

    key = models.CharField(max_length=40, unique=True)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.INTENDED)
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
