from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Takeout(models.Model):
    """All that somebody owned at one moment, as one zip or tar: frozen, so that a download goes on after a pause."""

    class Kind(models.TextChoices):
        ZIP = "zip", "zip"
        TAR = "tar", "tar"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="takeouts")
    recipe = models.CharField(max_length=40)
    kind = models.CharField(max_length=3, choices=Kind)
    manifest_sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=200)  # storage key of the manifest
    name = models.CharField(max_length=200)  # "Bandstand - everything (FLAC).zip"
    size = models.PositiveBigIntegerField()
    titles = models.PositiveIntegerField()
    grants = models.JSONField()  # ids of the grants it rests on: it is given while all of them hold
    made_at = models.DateTimeField()
    asked_at = models.DateTimeField(db_index=True)  # the last time that somebody wanted it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["holder", "recipe", "kind", "manifest_sha256"], name="takeout_once")
        ]

    def __str__(self) -> str:
        return self.name
