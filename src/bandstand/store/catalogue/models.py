from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse


class Party(models.Model):
    """A person or group that is credited."""

    name = models.CharField(max_length=300)
    sort_name = models.CharField(max_length=300)
    slug = models.SlugField(max_length=120, unique=True, allow_unicode=True)
    about = models.TextField(blank=True)

    class Meta:
        ordering = ["sort_name", "pk"]
        verbose_name_plural = "parties"
        indexes = [models.Index(fields=["sort_name", "id"], name="party_by_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shopfront:artist", args=[self.slug])


class Label(models.Model):
    """Who publishes releases; the seller of what is bought."""

    name = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(max_length=120, unique=True, allow_unicode=True)
    about = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shopfront:label", args=[self.slug])


class Genre(models.Model):
    """A genre, as labels name it."""

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=120, unique=True, allow_unicode=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shopfront:genre", args=[self.slug])


class Series(models.Model):
    """A line of releases with its own page and rhythm."""

    slug = models.SlugField(max_length=120, unique=True, allow_unicode=True)
    title = models.CharField(max_length=200)
    about = models.TextField(blank=True)

    class Meta:
        ordering = ["title"]
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("shopfront:series", args=[self.slug])


class Release(models.Model):
    """What is listed and sold. Whether a visitor sees or gets it is a question for its deals, not for this row."""

    class Kind(models.TextChoices):
        ALBUM = "album", "Album"
        EP = "ep", "EP"
        SINGLE = "single", "Single"
        SESSION = "session", "Session"

    slug = models.SlugField(max_length=200, unique=True, allow_unicode=True)
    kind = models.CharField(max_length=8, choices=Kind)
    title = models.CharField(max_length=300)
    artist_line = models.CharField(max_length=500)  # "Mara Linde feat. Jo Tamm": the main credits, as printed
    label = models.ForeignKey(Label, models.PROTECT, related_name="releases")
    genre = models.ForeignKey(Genre, models.PROTECT, null=True, blank=True, related_name="releases")
    series = models.ForeignKey(Series, models.PROTECT, null=True, blank=True, related_name="releases")
    episode = models.PositiveIntegerField(null=True, blank=True)
    gtin = models.CharField(max_length=14, null=True, blank=True, unique=True)  # null, not "", so that many may lack it
    number = models.CharField(
        max_length=60, unique=True
    )  # the label's house number, or one made from the folder's name
    language = models.CharField(max_length=12, blank=True)
    description = models.TextField(blank=True)
    copyright = models.CharField(max_length=300, blank=True)
    phonogram = models.CharField(max_length=300, blank=True)
    explicit = models.BooleanField(default=False)
    original_date = models.DateField(null=True, blank=True)
    cover_sha256 = models.CharField(max_length=64, blank=True)  # public/covers/<sha256>/<width>.webp
    palette = models.JSONField(default=list, blank=True)  # up to three "#rrggbb" of the cover
    duration_ms = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # delisted: hidden from sale, never from its owners

    class Meta:
        ordering = ["-original_date", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(gtin=""), name="release_gtin_is_null_or_given"),
            models.UniqueConstraint(
                fields=["series", "episode"], condition=Q(episode__isnull=False), name="release_one_per_episode"
            ),
        ]
        indexes = [
            models.Index(fields=["-original_date", "-id"], name="release_by_date"),
            models.Index(fields=["kind", "-episode"], name="release_by_episode"),
        ]

    def __str__(self) -> str:
        return f"{self.artist_line}: {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("shopfront:release", args=[self.slug])


class Part(models.Model):
    """One track of a release."""

    release = models.ForeignKey(Release, models.PROTECT, related_name="parts")
    disc = models.PositiveSmallIntegerField(default=1)
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)
    artist_line = models.CharField(max_length=500)
    isrc = models.CharField(max_length=12, blank=True)
    duration_ms = models.PositiveBigIntegerField()
    language = models.CharField(max_length=12, blank=True)
    explicit = models.BooleanField(default=False)
    lyrics = models.TextField(blank=True)  # plain or LRC
    preview_start_ms = models.PositiveBigIntegerField(default=0)  # as delivered, or as found
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # a later delivery left it out; its owners keep it

    class Meta:
        ordering = ["release", "disc", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "disc", "number"], condition=Q(withdrawn_at=None), name="part_one_live_per_place"
            ),
        ]
        indexes = [models.Index(fields=["isrc"], name="part_by_isrc")]

    def __str__(self) -> str:
        return self.title


class Credit(models.Model):
    """A party's role on a release (part is null) or on one of its parts."""

    class Billing(models.TextChoices):
        MAIN = "main", "Main artist"
        FEATURED = "featured", "Featured artist"
        CONTRIBUTOR = "contributor", "Contributor"

    release = models.ForeignKey(Release, models.CASCADE, related_name="credits")
    part = models.ForeignKey(Part, models.CASCADE, null=True, blank=True, related_name="credits")
    party = models.ForeignKey(Party, models.PROTECT, related_name="credits")
    billing = models.CharField(max_length=12, choices=Billing)
    role = models.CharField(max_length=100, blank=True)  # "composer", "double bass"; empty for billed artists
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "party", "billing", "role"], condition=Q(part=None), name="credit_once_per_release"
            ),
            models.UniqueConstraint(
                fields=["part", "party", "billing", "role"],
                condition=Q(part__isnull=False),
                name="credit_once_per_part",
            ),
        ]
