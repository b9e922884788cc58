"""Which files there are for a part or a cover, and where they stand."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from django.conf import settings

from bandstand.kernel.units import Decibels, Frames, Hz, Milliseconds
from bandstand.media.probe import AudioFacts, Examination, Level, Loudness
from bandstand.media.sniff import Container
from bandstand.store.assets import rules
from bandstand.store.assets.models import Extra, Master, Rendition, Source
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.catalogue.models import Part


def place(key: str) -> Path:
    """Return where the file of a storage key stands on this machine."""
    return Path(settings.FILES_ROOT) / key


def source_of(part_ids: Collection[int]) -> dict[int, Master]:
    """Return the master that each part is made from now; parts without one are left out. One query."""
    rows = Source.objects.filter(part_id__in=list(part_ids), replaced_at=None).select_related("master")
    return {source.part_id: source.master for source in rows}


def live_parts_of(master_ids: Collection[int]) -> dict[int, list[Part]]:
    """Return the live parts made from each master, with their releases; those without one are left out. Two queries."""
    rows = Source.objects.filter(master_id__in=list(master_ids), replaced_at=None).order_by("pk")
    pairs = list(rows.values_list("master_id", "part_id"))
    parts = catalogue.parts([part_id for _, part_id in pairs])
    found: dict[int, list[Part]] = {}
    for master_id, part_id in pairs:
        if parts[part_id].withdrawn_at is None:
            found.setdefault(master_id, []).append(parts[part_id])
    return found


def previews(part_ids: Collection[int]) -> dict[int, Rendition]:
    """Return the preview of each part; parts whose preview isn't made yet are left out. Three queries.

    While a preview with a new start is being made, the one before it stands in.
    """
    sources = dict(
        Source.objects.filter(part_id__in=list(part_ids), replaced_at=None).values_list("part_id", "master_id")
    )
    starts = catalogue.preview_starts(sources)
    made: dict[int, list[Rendition]] = {}
    for rendition in Rendition.objects.filter(master_id__in=set(sources.values()), recipe="preview").order_by(
        "made_at", "pk"
    ):
        made.setdefault(rendition.master_id, []).append(rendition)
    return {
        part_id: max(reversed(made[master_id]), key=lambda rendition: rendition.start_ms == starts.get(part_id))
        for part_id, master_id in sources.items()
        if master_id in made
    }


def extras_of(release_ids: Collection[int]) -> dict[int, list[Extra]]:
    """Return what comes with each release beside its sound, in order; releases without any are left out. One query."""
    found: dict[int, list[Extra]] = {}
    for extra in Extra.objects.filter(release_id__in=list(release_ids), replaced_at=None).order_by("position", "pk"):
        found.setdefault(extra.release_id, []).append(extra)
    return found


def extra_of(release_id: int, sha256: str) -> Extra | None:
    """Return what came with a release under a hash, also when a later delivery left it out. One query."""
    return Extra.objects.filter(release_id=release_id, sha256=sha256).order_by("-since", "-pk").first()


def examinations(sha256s: Collection[str]) -> dict[str, Examination]:
    """Return what was measured about the masters that are here already and sound; others are left out. One query."""
    rows = Master.objects.filter(sha256__in=list(sha256s), fault="")
    return {master.sha256: _examination(master) for master in rows}


def facts_of(master: Master) -> AudioFacts:
    """Return what intake proved about a master."""
    return AudioFacts(
        container=Container(master.container),
        codec=master.codec,
        rate=Hz(master.rate),
        channels=master.channels,
        bits=master.bits,
        duration_ms=Milliseconds(master.duration_ms),
        frames=Frames(master.frames),
        lossless=master.lossless,
        bit_rate=master.size * 8000 // max(master.duration_ms, 1),
    )


def preview_level(master: Master, start_ms: int) -> Level | None:
    """Return how loud the preview is that starts there; None when intake measured another one, or none at all."""
    told = master.measured
    if "preview_loudness" not in told or told.get("preview_start_ms") != start_ms:
        return None
    return Level(integrated=Decibels(told["preview_loudness"]), true_peak=Decibels(told["preview_true_peak"]))


def cover_url(sha256: str, width: int) -> str:
    """Return the address of a cover in the nearest size that is kept; empty for a release without one."""
    if not sha256:
        return ""
    return f"{settings.FILES_URL}/{rules.cover_folder(sha256)}/{rules.cover_width(width)}.webp"


def embedded_cover(sha256: str) -> Path | None:
    """Return the JPEG that goes into files for sale; None for a release without a cover."""
    return place(rules.cover_folder(sha256)) / rules.EMBEDDED_COVER if sha256 else None


def _examination(master: Master) -> Examination:
    told = master.measured
    return Examination(
        facts=facts_of(master),
        loudness=Loudness(
            integrated=Decibels(told["loudness"]),
            range=Decibels(told["loudness_range"]),
            true_peak=Decibels(told["true_peak"]),
        ),
        clipped_runs=told["clipped_runs"],
        lead_silence_ms=Milliseconds(told["lead_silence_ms"]),
        trail_silence_ms=Milliseconds(told["trail_silence_ms"]),
        dc_offset=told["dc_offset"],
        digital_silence=told["digital_silence"],
        peaks=bytes(master.peaks),
        preview_start_ms=Milliseconds(told["preview_start_ms"]),
        bandwidth=told.get("bandwidth"),
        effective_bits=told.get("effective_bits"),
        preview=preview_level(master, told["preview_start_ms"]),
    )
