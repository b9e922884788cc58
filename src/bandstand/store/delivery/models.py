from __future__ import annotations

from django.db import models


class Deliverable(models.Model):
    """A rendition with tags and cover in it: the file a buyer gets. An old one stays fetchable by its SHA-256."""

    part = models.ForeignKey("catalogue.Part", models.PROTECT, related_name="deliverables")
    rendition = models.ForeignKey("assets.Rendition", models.PROTECT, related_name="deliverables")
    recipe = models.CharField(max_length=40)  # the rendition's
    facts_digest = models.CharField(max_length=64)  # of everything in its tags and cover
    name = models.CharField(max_length=300)  # "02 Harbour.flac"
    path = models.CharField(max_length=200)  # storage key: deliverables/ab/<sha256>.flac
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    crc32 = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()  # or asked for again: the latest of a part and recipe is the one that is given
    checked_at = models.DateTimeField(
        null=True, blank=True, db_index=True
    )  # when its bytes were compared with its hash
    fault = models.CharField(max_length=20, blank=True)  # "missing" or "changed": it is made again

    class Meta:
        indexes = [models.Index(fields=["part", "recipe", "-made_at"], name="deliverable_latest")]
        constraints = [models.UniqueConstraint(fields=["rendition", "part", "facts_digest"], name="deliverable_once")]

    def __str__(self) -> str:
        return self.name


class Bundle(models.Model):
    """A release as one zip that is never built: its manifest, from which every byte follows."""

    release = models.ForeignKey("catalogue.Release", models.PROTECT, related_name="bundles")
    recipe = models.CharField(max_length=40)
    manifest_sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=200)  # storage key of the manifest
    name = models.CharField(max_length=300)  # "Mara Linde - Evening Ferry (FLAC).zip"
    size = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()  # or asked for again: the latest of a release and recipe is the one that is given
    checked_at = models.DateTimeField(null=True, blank=True, db_index=True)  # as a deliverable's; of the manifest
    fault = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [models.Index(fields=["release", "recipe", "-made_at"], name="bundle_latest")]
        constraints = [models.UniqueConstraint(fields=["release", "recipe", "manifest_sha256"], name="bundle_once")]

    def __str__(self) -> str:
        return self.name
