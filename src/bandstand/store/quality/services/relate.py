"""What a recording has to do with others in the store: the same under another ISRC, another under the same ISRC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bandstand.media.fingerprints import Likeness
from bandstand.media.qc import Severity
from bandstand.store.assets import queries as assets
from bandstand.store.assets.models import Master
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.catalogue.models import Part
from bandstand.store.quality import queries

LEAST_SHIFT_MS = 500
RELATIONS = frozenset({"same_recording", "isrc_other_audio", "two_isrcs"})


@dataclass(frozen=True, slots=True)
class Told:
    """A finding before it is written."""

    rule: str
    severity: Severity
    sentence: str
    places_ms: tuple[int, ...] = ()
    other_id: int | None = None


def related(master: Master) -> list[Told]:
    """Return what there is to say about a master beside all others, unless it stands there already."""
    own = assets.live_parts_of([master.pk]).get(master.pk, [])
    if not own:
        return []
    there = {(row.rule, row.master_id) for row in queries.elsewhere([master.pk]).get(master.pk, [])}
    told = [*_two_codes(own), *_same_recording(master, own), *_other_audio(master, own)]
    return [one for one in told if (one.rule, one.other_id) not in there]


def _two_codes(own: list[Part]) -> Iterator[Told]:
    codes = sorted(_codes(own))
    if len(codes) > 1:
        yield Told("two_isrcs", Severity.WARNING, f"This file is sold under {len(codes)} ISRCs: {', '.join(codes)}.")


def _same_recording(master: Master, own: list[Part]) -> Iterator[Told]:
    found = queries.matches(master.pk)
    theirs = assets.live_parts_of([match.master_id for match in found])
    for match in found:
        parts = theirs.get(match.master_id, [])
        codes = _codes(own), _codes(parts)
        if not parts or codes[0] & codes[1] or {part.pk for part in parts} & {part.pk for part in own}:
            continue
        severity = Severity.WARNING if all(codes) else Severity.NOTE
        said = f"This is the same recording as {_named(parts[0])}{_shift(match.likeness)}."
        yield Told("same_recording", severity, said, other_id=match.master_id)


def _other_audio(master: Master, own: list[Part]) -> Iterator[Told]:
    """Compare with what else is sold under the same ISRC."""
    parts = [part for part in catalogue.parts_with_isrcs(_codes(own)) if part.pk not in {one.pk for one in own}]
    sources = assets.source_of([part.pk for part in parts])
    seen = {master.pk}
    for part in parts:
        other = sources.get(part.pk)
        if other is None or other.pk in seen:
            continue
        seen.add(other.pk)
        likeness = queries.likeness(master.pk, other.pk)
        if likeness is not None and not likeness.same:
            said = f"{_named(part)} has the same ISRC, and is another recording."
            yield Told("isrc_other_audio", Severity.WARNING, said, other_id=other.pk)


def _codes(parts: list[Part]) -> set[str]:
    return {part.isrc for part in parts if part.isrc}


def _named(part: Part) -> str:
    code = f"ISRC {part.isrc}" if part.isrc else "no ISRC"
    return f"“{part.title}” on “{part.release.title}” by {part.artist_line} ({code})"


def _shift(likeness: Likeness) -> str:
    if abs(likeness.offset_ms) < LEAST_SHIFT_MS:
        return ""
    way = "earlier" if likeness.offset < 0 else "later"
    return f", which begins {abs(likeness.offset_ms) / 1000:.1f} s {way}"
