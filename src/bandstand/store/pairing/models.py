from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class DeviceCode(models.Model):
    """One program that asks to be let in (RFC 8628). Lives ten minutes; only digests of its codes are stored."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for an answer"
        ALLOWED = "allowed", "Allowed"
        REFUSED = "refused", "Refused"
        REDEEMED = "redeemed", "Has its token"

    client_id = models.CharField(max_length=80)
    name = models.CharField(max_length=80)  # what the program calls itself
    asked_from = models.CharField(max_length=45)  # the network address, shown to the person who decides
    device_digest = models.CharField(max_length=64, unique=True)
    user_digest = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="device_codes"
    )
    stamp = models.CharField(max_length=64, blank=True)  # of the password when it was let in: a new one ends it
    interval = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    asked_at = models.DateTimeField(null=True, blank=True)  # the last question of the program

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "refused"]) | Q(holder__isnull=False),
                name="device_code_let_in_by_one",
            )
        ]

    def __str__(self) -> str:
        return self.name


class AppToken(models.Model):
    """A program that may act for its holder. Only a digest is stored; revoked ones are kept as a record."""

    class Kind(models.TextChoices):
        DEVICE = "device", "Signed in by a code"
        PASSWORD = "password", "App password"

    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="app_tokens")
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    stamp = models.CharField(max_length=64)  # of the password it was made under: a new one ends it
    made_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["holder", "revoked_at"], name="app_token_of")]

    def __str__(self) -> str:
        return self.name
