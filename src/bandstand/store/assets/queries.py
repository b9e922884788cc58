"""Which files there are for a part or a cover, and where they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from bandstand.kernel.units import Decibels, Frames, Hz, Milliseconds
from bandstand.media.probe import AudioFacts, Examination, Level, Loudness
from bandstand.media.sniff import Container
from bandstand.store.assets import rules
from bandstand.store.assets.models import Extra, Master, Rendition, Source
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.catalogue.models import Part
from bandstand.webkit.prepared import Prepared


def place(key: str) -> Path:
    """Return where the file of a storage key stands on this machine."""
    return Path(settings.FILES_ROOT) / key


def source_of(part_ids: Collection[int]) -> dict[int, Master]:
    """Return the master that each part is made from now; parts without one are left out. One query."""
    return {source.part_id: source.master for source in _sources_of(list(part_ids))}


def sounds_of_parts(part_ids: Collection[int]) -> dict[int, list[AudioFacts]]:
    """Return what is proved about the sound of each part; parts without a master are left out. One query."""
    return _sounds(Source.objects.filter(part_id__in=list(part_ids)), "part_id")


def sounds_of_releases(release_ids: Collection[int]) -> dict[int, list[AudioFacts]]:
    """Return the same of the live parts of each release, in no order; releases without any are left out. One query."""
    live = Source.objects.filter(part__release_id__in=list(release_ids), part__withdrawn_at=None)
    return _sounds(live, "part__release_id")


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


def previews(parts: Collection[Part], masters: Mapping[int, Master]) -> dict[int, Rendition]:
    """Return the preview of each part by what it is made from (`source_of`). One query.

    Parts whose preview isn't made yet are left out. While one with a new start is being made, the one before it stands
    in.
    """
    made: dict[int, list[Rendition]] = {}
    for rendition in _previews_of(sorted({master.pk for master in masters.values()})):
        made.setdefault(rendition.master_id, []).append(rendition)
    return {
        part.pk: _from(part.preview_start_ms, found)
        for part in parts
        if part.pk in masters and (found := made.get(masters[part.pk].pk))
    }


def extras_of(release_ids: Collection[int]) -> dict[int, list[Extra]]:
    """Return what comes with each release beside its sound, in order; releases without any are left out. One query."""
    found: dict[int, list[Extra]] = {}
    for extra in _extras_of(list(release_ids)):
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
    return _facts(getattr(master, name) for name in _FACTS)


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


_FACTS = ("container", "codec", "rate", "channels", "bits", "duration_ms", "frames", "lossless", "size")


def _facts(row: Iterable[Any]) -> AudioFacts:  # Any: columns of several kinds
    container, codec, rate, channels, bits, duration_ms, frames, lossless, size = row
    return AudioFacts(
        container=Container(container),
        codec=codec,
        rate=Hz(rate),
        channels=channels,
        bits=bits,
        duration_ms=Milliseconds(duration_ms),
        frames=Frames(frames),
        lossless=lossless,
        bit_rate=size * 8000 // max(duration_ms, 1),
    )


def _sounds(sources: QuerySet[Source], of: str) -> dict[int, list[AudioFacts]]:
    found: dict[int, list[AudioFacts]] = {}
    for key, *facts in sources.filter(replaced_at=None).values_list(of, *(f"master__{name}" for name in _FACTS)):
        found.setdefault(key, []).append(_facts(facts))
    return found


def _from(start_ms: int, made: list[Rendition]) -> Rendition:
    """Return the latest that begins there, else the latest."""
    return max(reversed(made), key=lambda one: one.start_ms == start_ms)


_sources_of = Prepared(
    lambda part_ids: (
        Source.objects.filter(part_id__in=part_ids, replaced_at=None)
        .select_related("master")
        .defer("master__peaks")  # two kilobytes of each that nobody looks at
    )
)
_previews_of = Prepared(
    lambda ids: Rendition.objects.filter(master_id__in=ids, recipe="preview").order_by("made_at", "pk")
)
_extras_of = Prepared(lambda ids: Extra.objects.filter(release_id__in=ids, replaced_at=None).order_by("position", "pk"))


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
