from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from bandstand.kernel.money import Money


class Payment(models.Model):
    """One try to collect the money of an order. The row exists before the provider hears of it."""

    class State(models.TextChoices):
        INTENDED = "intended", "About to start"
        STARTED = "started", "With the provider"
        SUCCEEDED = "succeeded", "Paid"
        FAILED = "failed", "Declined or abandoned"
        SURPLUS = "surplus", "Paid a second time, to be returned"

    key = models.CharField(max_length=40, unique=True)  # our idempotency key: what the provider knows this payment by
    order_number = models.CharField(max_length=20, db_index=True)
    provider = models.CharField(max_length=40)
    provider_ref = models.CharField(max_length=200, blank=True)  # the provider's own name for it
    charge_ref = models.CharField(max_length=200, blank=True)  # and for the movement of money, where it has another
    state = models.CharField(max_length=10, choices=State, default=State.INTENDED)
    amount = models.PositiveBigIntegerField()
    refunded = models.PositiveBigIntegerField(default=0)  # of amount; what is on its way back counts
    currency = models.CharField(max_length=3)
    return_url = models.URLField(max_length=300, blank=True)
    redirect_url = models.URLField(max_length=1000, blank=True)
    instructions = models.TextField(blank=True)  # what the visitor has to do when there is no page to go to
    reason = models.CharField(max_length=300, blank=True)  # why it failed, for people
    created_at = models.DateTimeField()
    ask_after = models.DateTimeField()  # when reconciliation asks the provider, unless it has spoken by then
    asked_at = models.DateTimeField(null=True, blank=True)  # when reconciliation last asked the provider
    ended_at = models.DateTimeField(null=True, blank=True)
    # Who tries, for the guard: keyed hashes of network, account and e-mail address (see guard.py).
    visitor = models.CharField(max_length=32, blank=True)
    account = models.CharField(max_length=32, blank=True)
    mailbox = models.CharField(max_length=32, blank=True)
    declines = models.PositiveSmallIntegerField(default=0)  # cards that were refused
    declined_at = models.DateTimeField(null=True, blank=True)  # the last of them

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_ref"], condition=~Q(provider_ref=""), name="payment_provider_ref_once"
            ),
            models.UniqueConstraint(
                fields=["order_number"], condition=Q(state="succeeded"), name="payment_one_success_per_order"
            ),
            models.UniqueConstraint(
                fields=["order_number", "provider"],
                condition=Q(state__in=["intended", "started"]),
                name="payment_one_live_per_provider",
            ),
            models.CheckConstraint(condition=Q(refunded__lte=F("amount")), name="payment_refunded_at_most_paid"),
        ]
        indexes = [
            models.Index(fields=["ask_after"], condition=Q(state__in=["intended", "started"]), name="payment_to_ask"),
            models.Index(fields=["provider", "charge_ref"], condition=~Q(charge_ref=""), name="payment_by_charge"),
            models.Index(fields=["visitor", "created_at"], condition=~Q(visitor=""), name="payment_by_visitor"),
            models.Index(fields=["account", "created_at"], condition=~Q(account=""), name="payment_by_account"),
            models.Index(fields=["mailbox", "created_at"], condition=~Q(mailbox=""), name="payment_by_mailbox"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def is_waiting(self) -> bool:
        """Whether its provider has not told yet how it ended."""
        return self.state in {self.State.INTENDED, self.State.STARTED}

    @property
    def is_surplus(self) -> bool:
        """Whether its money is none of the order's."""
        return self.state == self.State.SURPLUS

    @property
    def money(self) -> Money:
        """What is to be paid."""
        return Money(self.amount, self.currency)


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

    def __str__(self) -> str:
        return f"{self.provider}: {self.kind}"


class PaymentRefund(models.Model):
    """Money on its way back. The row exists before the provider hears of it."""

    class State(models.TextChoices):
        INTENDED = "intended", "About to start"
        SUCCEEDED = "succeeded", "Returned"
        FAILED = "failed", "Refused by the provider"

    key = models.CharField(max_length=40, unique=True)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    provider_ref = models.CharField(max_length=200, blank=True)  # the provider's own name for it
    amount = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.INTENDED)
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    ask_after = models.DateTimeField()  # when it is sent again, unless it has an end by then
    sent_at = models.DateTimeField(null=True, blank=True)  # when the provider was first told
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["ask_after"], condition=Q(state="intended"), name="refund_to_send")]

    def __str__(self) -> str:
        return self.key

    @property
    def is_waiting(self) -> bool:
        """Whether its provider has not confirmed it yet."""
        return self.state == self.State.INTENDED

    @property
    def has_failed(self) -> bool:
        """Whether its provider kept the money."""
        return self.state == self.State.FAILED

    @property
    def money(self) -> Money:
        """What goes back."""
        return Money(self.amount, self.payment.currency)


class Dispute(models.Model):
    """A payment that its payer's bank has taken back, for now or for good."""

    class State(models.TextChoices):
        OPEN = "open", "With the bank"
        WON = "won", "Decided for the store"
        LOST = "lost", "Decided for the payer"

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    provider_ref = models.CharField(max_length=200)
    amount = models.PositiveBigIntegerField()
    state = models.CharField(max_length=4, choices=State, default=State.OPEN)
    reason = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["payment", "provider_ref"], name="dispute_once")]

    def __str__(self) -> str:
        return f"{self.payment}: {self.state}"

    @property
    def money(self) -> Money:
        """What was taken back."""
        return Money(self.amount, self.payment.currency)


class ProviderWatch(models.Model):
    """When reconciliation last heard a provider, and how far it has asked for events that nobody delivered."""

    provider = models.CharField(max_length=40, unique=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    silent_since = models.DateTimeField(null=True, blank=True)  # unset while it answers
    caught_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["provider"]
        verbose_name_plural = "provider watches"

    def __str__(self) -> str:
        return self.provider
