from __future__ import annotations

from django.db import models
from django.db.models import Q

from bandstand.media.qc import Severity


class Examination(models.Model):
    """What quality control measured of a master. Its curves and picture are files that can always be made again."""

    master = models.OneToOneField("assets.Master", models.PROTECT, related_name="examination")
    version = models.PositiveSmallIntegerField()  # of the measurement (`media.qc.VERSION`)
    figures = models.JSONField(default=dict)  # `media.qc.Quality` without its curves
    curves = models.CharField(max_length=200, blank=True)  # storage key
    picture = models.CharField(max_length=200, blank=True)  # storage key of the spectrogram
    problem = models.CharField(max_length=300, blank=True)  # why it could not be measured
    examined_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"examination of {self.master_id}"


class Finding(models.Model):
    """One thing that staff should know about a master before it is sold; accepted ones stay, with the reason."""

    SEVERITIES = [(severity.value, severity.value) for severity in Severity]

    master = models.ForeignKey("assets.Master", models.PROTECT, related_name="findings")
    rule = models.CharField(max_length=30)
    severity = models.CharField(max_length=8, choices=SEVERITIES)
    sentence = models.CharField(max_length=500)
    places_ms = models.JSONField(default=list, blank=True)
    other = models.ForeignKey("assets.Master", models.PROTECT, null=True, blank=True, related_name="findings_elsewhere")
    found_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.CharField(max_length=40, blank=True)  # id of who did, as a text
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["master", "rule"], condition=Q(other=None), name="finding_once"),
            models.UniqueConstraint(
                fields=["master", "rule", "other"], condition=Q(other__isnull=False), name="finding_once_per_other"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | (~Q(accepted_by="") & ~Q(reason="")), name="finding_accepted_says_why"
            ),
        ]
        indexes = [models.Index(fields=["master"], condition=Q(accepted_at=None), name="finding_open")]

    def __str__(self) -> str:
        return self.sentence


class Fingerprint(models.Model):
    """By what the recording in a master is known again."""

    master = models.OneToOneField("assets.Master", models.PROTECT, related_name="fingerprint")
    algorithm = models.CharField(max_length=30)
    items = models.BinaryField(default=bytes)  # `media.fingerprints`: 4 bytes for each eighth of a second
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"fingerprint of {self.master_id}"


class Mark(models.Model):
    """One of the numbers by which a fingerprint is looked up; rows go with their fingerprint, found by value."""

    value = models.IntegerField()  # 28 bits
    fingerprint = models.ForeignKey(Fingerprint, models.CASCADE, related_name="marks", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["value", "fingerprint"], name="mark_once")]

    def __str__(self) -> str:
        return f"{self.value:07x}"
