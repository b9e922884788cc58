from __future__ import annotations

from django.db import models
from django.db.models import Q


class Master(models.Model):
    """A delivered original file, stored once by what it contains, never changed."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()
    crc32 = models.PositiveBigIntegerField()
    path = models.CharField(max_length=200)  # storage key: masters/ab/<sha256>.flac
    container = models.CharField(max_length=8)
    codec = models.CharField(max_length=20)
    rate = models.PositiveIntegerField()  # Hz
    channels = models.PositiveSmallIntegerField()
    bits = models.PositiveSmallIntegerField(null=True)  # per sample; none for lossy codecs
    lossless = models.BooleanField()
    frames = models.PositiveBigIntegerField()
    duration_ms = models.PositiveBigIntegerField()
    measured = models.JSONField(default=dict)  # loudness, true peak, silence, clipping: what intake measured
    peaks = models.BinaryField(default=bytes)  # signed int8 pairs (lowest, highest), at most 800
    stored_at = models.DateTimeField()
    checked_at = models.DateTimeField(
        null=True, blank=True, db_index=True
    )  # when its bytes were last compared with its hash
    fault = models.CharField(max_length=20, blank=True)  # "missing" or "changed": what that found

    def __str__(self) -> str:
        return self.sha256[:12]


class Source(models.Model):
    """Which master a part is made from; replaced ones stay, so that what was sold can be told."""

    part = models.ForeignKey("catalogue.Part", models.PROTECT, related_name="sources")
    master = models.ForeignKey(Master, models.PROTECT, related_name="sources")
    file_name = models.CharField(max_length=300)  # as delivered
    since = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["part"], condition=Q(replaced_at=None), name="source_one_live_per_part")
        ]


class Rendition(models.Model):
    """A file made from a master by a recipe: an essence. It can always be made again."""

    master = models.ForeignKey(Master, models.PROTECT, related_name="renditions")
    recipe = models.CharField(max_length=40)
    recipe_version = models.PositiveSmallIntegerField()
    encoder = models.CharField(max_length=80)
    start_ms = models.PositiveBigIntegerField(default=0)  # previews: where the excerpt begins
    path = models.CharField(max_length=200)  # storage key: renditions/ab/<sha256>.mp3
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    crc32 = models.PositiveBigIntegerField()
    duration_ms = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True, db_index=True)  # as a master's
    fault = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["master", "recipe", "recipe_version", "encoder", "start_ms"], name="rendition_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipe} {self.sha256[:12]}"


class Extra(models.Model):
    """A file that comes with a release beside its sound: a booklet, a picture, a text. Replaced ones stay as rows."""

    class Kind(models.TextChoices):
        BOOKLET = "booklet", "Booklet"
        PICTURE = "picture", "Picture"
        TEXT = "text", "Text"

    release = models.ForeignKey("catalogue.Release", models.PROTECT, related_name="extras")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=300)  # as delivered, without folders; made safe where it becomes a file name
    kind = models.CharField(max_length=8, choices=Kind)
    media_type = models.CharField(max_length=40)
    pages = models.PositiveIntegerField(null=True, blank=True)  # of a booklet
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField()
    crc32 = models.PositiveBigIntegerField()
    path = models.CharField(max_length=200)  # storage key: extras/ab/<sha256>.pdf
    since = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True, db_index=True)  # as a master's
    fault = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["release", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "name"], condition=Q(replaced_at=None), name="extra_one_live_per_name"
            )
        ]

    def __str__(self) -> str:
        return self.name
