"""What quality control knows of masters and releases."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from bandstand.kernel.units import Milliseconds
from bandstand.media import fingerprints
from bandstand.media.fingerprints import Likeness
from bandstand.media.qc import VERSION, Quality, Severity
from bandstand.store.assets import queries as assets
from bandstand.store.assets.models import Master
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.catalogue.models import Part, Release
from bandstand.store.quality.models import Examination, Finding, Fingerprint, Mark
from bandstand.store.quality.rules import Ends, Gap, gap

FEWEST_MARKS = 3  # shared by accident: at most two in 1,326 pairs of the demo's music
MOST_CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Match:
    """Another master that holds the same recording."""

    master_id: int
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class TrackQuality:
    """A track of a release with all that is known of its sound."""

    part: Part
    master: Master | None
    examination: Examination | None
    findings: list[Finding]
    gap: Gap | None  # to the next track of its disc


@dataclass(frozen=True, slots=True)
class ReleaseFindings:
    """A release and its open findings, counted."""

    release: Release
    stops: int
    warnings: int
    notes: int


def release_quality(release_id: int) -> list[TrackQuality]:
    """Return the live tracks of a release in order, with findings, the open and grave ones first. Four queries."""
    parts = catalogue.live_parts([release_id])[release_id]
    masters = assets.source_of([part.pk for part in parts])
    ids = [master.pk for master in masters.values()]
    examinations = {row.master_id: row for row in Examination.objects.filter(master_id__in=ids)}
    findings: dict[int, list[Finding]] = {}
    for finding in Finding.objects.filter(master_id__in=ids).order_by("pk"):
        findings.setdefault(finding.master_id, []).append(finding)
    order = list(Severity)[::-1]
    rows = []
    for at, part in enumerate(parts):
        master = masters.get(part.pk)
        after = parts[at + 1] if at + 1 < len(parts) and parts[at + 1].disc == part.disc else None
        own = findings.get(master.pk, []) if master else []
        own.sort(key=lambda finding: (finding.accepted_at is not None, order.index(Severity(finding.severity))))
        between = gap(_ends(part, masters, examinations), _ends(after, masters, examinations)) if after else None
        rows.append(TrackQuality(part, master, examinations.get(master.pk) if master else None, own, between))
    return rows


def releases_with_open_findings(*, limit: int = 200) -> list[ReleaseFindings]:
    """Return releases that have open findings, the gravest first. Three queries."""
    rows = Finding.objects.filter(accepted_at=None).values_list("master_id", "severity").annotate(Count("pk"))
    counts: dict[int, dict[str, int]] = {}
    for master_id, severity, count in rows.order_by("-master_id")[: 20 * limit]:
        counts.setdefault(master_id, {})[severity] = count
    parts = assets.live_parts_of(counts)
    per_release: dict[int, dict[str, int]] = {}
    releases: dict[int, Release] = {}
    for master_id, found in parts.items():
        for part in found:
            releases[part.release_id] = part.release
            total = per_release.setdefault(part.release_id, {})
            for severity, count in counts[master_id].items():
                total[severity] = total.get(severity, 0) + count
    listed = [
        ReleaseFindings(
            releases[pk], total.get(Severity.STOP, 0), total.get(Severity.WARNING, 0), total.get(Severity.NOTE, 0)
        )
        for pk, total in per_release.items()
    ]
    listed.sort(key=lambda row: (-row.stops, -row.warnings, -row.notes, -row.release.pk))
    return listed[:limit]


def open_findings() -> int:
    """Return how many findings that are more than notes wait for somebody to look at them."""
    return Finding.objects.filter(accepted_at=None).exclude(severity=Severity.NOTE).count()


def not_examined(limit: int) -> list[int]:
    """Return masters that this version of quality control has not looked at, the newest first."""
    waiting = Master.objects.exclude(examination__version=VERSION).order_by("-pk")
    return list(waiting.values_list("pk", flat=True)[:limit])


def quality_of(examination: Examination) -> Quality | None:
    """Return all figures and curves of an examination; none when it failed or its file is gone."""
    if not examination.curves:
        return None
    try:
        curves = json.loads(assets.place(examination.curves).read_bytes())
    except FileNotFoundError:
        return None
    return Quality.from_json({**examination.figures, "curves": curves})


def matches(master_id: int) -> list[Match]:
    """Return the other masters that hold the same recording, the most alike first. Three queries."""
    own = Fingerprint.objects.filter(master_id=master_id).first()
    if own is None:
        return []
    found = []
    for candidate in _candidates(own):
        likeness = fingerprints.compare(bytes(own.items), bytes(candidate.items))
        if likeness is not None and likeness.same:
            found.append(Match(candidate.master_id, likeness))
    return sorted(found, key=lambda match: match.likeness.error)


def likeness(one: int, other: int) -> Likeness | None:
    """Return how the recordings of two masters compare; none when either is not known well enough."""
    rows = {row.master_id: bytes(row.items) for row in Fingerprint.objects.filter(master_id__in=(one, other))}
    return fingerprints.compare(rows[one], rows[other]) if len(rows) == 2 else None


def elsewhere(master_ids: Collection[int]) -> Mapping[int, list[Finding]]:
    """Return findings of other masters that name these. One query."""
    found: dict[int, list[Finding]] = {}
    for finding in Finding.objects.filter(other_id__in=list(master_ids)).order_by("pk"):
        found.setdefault(finding.other_id or 0, []).append(finding)
    return found


def parts_of(master_ids: Collection[int]) -> Mapping[int, list[Part]]:
    """Return the live parts of masters, with their releases. Two queries."""
    return assets.live_parts_of(set(master_ids))


def _candidates(own: Fingerprint) -> QuerySet[Fingerprint]:
    """Return the fingerprints that share most marks with one: the first step of the search."""
    shared = (
        Mark.objects.filter(value__in=fingerprints.marks(bytes(own.items)))
        .exclude(fingerprint_id=own.pk)
        .values("fingerprint_id")
        .annotate(shared=Count("pk"))
        .filter(shared__gte=FEWEST_MARKS)
        .order_by("-shared")
    )
    ids = [row["fingerprint_id"] for row in shared[:MOST_CANDIDATES]]
    return Fingerprint.objects.filter(pk__in=ids)


def _ends(part: Part | None, masters: Mapping[int, Master], examinations: Mapping[int, Examination]) -> Ends | None:
    master = masters.get(part.pk) if part else None
    examination = examinations.get(master.pk) if master else None
    if examination is None or not examination.figures:
        return None
    told = examination.figures
    return Ends(
        lead_ms=Milliseconds(told["lead_silence_ms"]),
        trail_ms=Milliseconds(told["trail_silence_ms"]),
        start_level=told["start_level"],
        end_level=told["end_level"],
    )
