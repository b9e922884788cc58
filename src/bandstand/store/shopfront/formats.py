"""What one gets: the real sound of every master, the formats made from it, and what comes along. Said before buying."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bandstand.kernel.units import size as size_text
from bandstand.media.qc import looks_upsampled
from bandstand.store.assets import queries as assets
from bandstand.store.assets.models import Extra, Master
from bandstand.store.catalogue.queries import Track
from bandstand.store.delivery import queries as delivery

_CODECS = {"flac": "FLAC", "alac": "ALAC", "mp3": "MP3", "mp3float": "MP3", "aac": "AAC", "vorbis": "Vorbis"}
_LAYOUTS = {6: "5.1", 8: "7.1"}
STEREO, CD_BITS = 2, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSound:
    """The master of one track, as it is."""

    place: str
    title: str
    sound: str  # "FLAC, 96 kHz, 24 bit, stereo"
    warnings: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What somebody who buys a release gets."""

    summary: str  # "FLAC, 24 bit / 96 kHz; also ALAC, WAV and more"
    formats: list[tuple[str, str]]  # name, what is true of it
    warnings: list[str]
    tracks: list[TrackSound]
    extras: list[str]  # "Booklet, PDF, 12 pages, 3.1 MB"


def files(tracks: Sequence[Track], masters: Mapping[int, Master], extras: Sequence[Extra]) -> Files | None:
    """Return what a release consists of; None before anything was delivered."""
    if not masters:
        return None
    several = len({track.part.disc for track in tracks}) > 1
    rows = [
        TrackSound(
            place=f"{track.part.disc}-{track.part.number:02}" if several else f"{track.part.number:02}",
            title=track.part.title,
            sound=sound_of(masters[track.part.pk]),
            warnings=_warnings(masters[track.part.pk]),
        )
        for track in tracks
        if track.part.pk in masters
    ]
    known = list(masters.values())
    formats = _formats(known)
    return Files(
        summary=_summary(known, [name for name, _what in formats]),
        formats=formats,
        warnings=_of_all(rows),
        tracks=rows,
        extras=[extra_text(extra) for extra in extras],
    )


def sound_of(master: Master) -> str:
    """Write what a master is: "FLAC, 96 kHz, 24 bit, stereo"."""
    parts = [_codec(master), _("%(n)g kHz") % {"n": master.rate / 1000}]
    if master.bits:
        parts.append(_("32 bit float") if _is_float(master) else _("%(n)d bit") % {"n": master.bits})
    return ", ".join([*parts, _channels(master.channels)])


def extra_text(extra: Extra) -> str:
    """Write what comes along: "Booklet, PDF, 12 pages, 3.1 MB"."""
    what = {Extra.Kind.BOOKLET: _("Booklet"), Extra.Kind.PICTURE: _("Picture"), Extra.Kind.TEXT: _("Text")}
    parts = [what[Extra.Kind(extra.kind)], extra.path.rpartition(".")[2].upper().replace("JPG", "JPEG")]
    if extra.pages:
        parts.append(ngettext("%(n)d page", "%(n)d pages", extra.pages) % {"n": extra.pages})
    return ", ".join([*parts, size_text(extra.size)])


def _summary(masters: Sequence[Master], names: Sequence[str]) -> str:
    lossless = [master for master in masters if master.lossless]
    if not lossless:
        return ", ".join(names)
    best = max(lossless, key=lambda master: (master.rate, master.bits or 0))
    depth = {"bits": min(best.bits or 0, 24), "rate": best.rate / 1000}
    first = _("%(format)s, %(quality)s") % {"format": names[0], "quality": _("%(bits)d bit / %(rate)g kHz") % depth}
    others = ", ".join(names[1:])
    return _("%(first)s; also %(others)s") % {"first": first, "others": others} if others else first


def _formats(masters: Sequence[Master]) -> list[tuple[str, str]]:
    """Return the formats that are made of at least one of the masters, and what is true of each."""
    facts = [assets.facts_of(master) for master in masters]
    mixed = any(fact.channels > STEREO for fact in facts)
    found = []
    for recipe in delivery.formats():
        count = sum(recipe.applies(fact) for fact in facts)
        if not count:
            continue
        what = _("lossless") if recipe.lossless else _("lossy, mixed down to stereo") if mixed else _("lossy")
        if count < len(facts):
            some = ngettext("%(n)d of %(all)d track", "%(n)d of %(all)d tracks", len(facts))
            what = f"{what}, {some % {'n': count, 'all': len(facts)}}"
        found.append((delivery.label_of(recipe), what))
    return found


def _warnings(master: Master) -> list[str]:
    """Say what a buyer of a large file would rather know before."""
    found = []
    bandwidth, depth = master.measured.get("bandwidth"), master.measured.get("effective_bits")
    if not master.lossless:
        found.append(_("Delivered as a lossy file: nothing that is made from it is lossless."))
    elif looks_upsampled(master.rate, bandwidth):
        found.append(
            _("Looks upsampled: a file of %(rate)g kHz whose sound ends at %(band).1f kHz.")
            % {"rate": master.rate / 1000, "band": bandwidth / 1000}
        )
    if master.lossless and depth and (master.bits or 0) > CD_BITS >= depth:
        found.append(
            _("A file of %(bits)d bit whose sound uses %(depth)d.") % {"bits": master.bits or 0, "depth": depth}
        )
    return found


def _of_all(rows: Sequence[TrackSound]) -> list[str]:
    """Say once what is true of every track, or how many tracks should be looked at."""
    warned = [row for row in rows if row.warnings]
    if not warned:
        return []
    if len(warned) == len(rows) and len({tuple(row.warnings) for row in rows}) == 1:
        return warned[0].warnings
    text = ngettext(
        "Look at the list below: %(n)d track is less than its file suggests.",
        "Look at the list below: %(n)d tracks are less than their files suggest.",
        len(warned),
    )
    return [text % {"n": len(warned)}]


def _codec(master: Master) -> str:
    if master.codec.startswith("pcm_"):
        return master.container.upper()
    return _CODECS.get(master.codec, master.codec.upper().removeprefix("LIB"))


def _is_float(master: Master) -> bool:
    return master.codec.startswith("pcm_f")


def _channels(count: int) -> str:
    if count in _LAYOUTS:
        return _LAYOUTS[count]
    return _("mono") if count == 1 else _("stereo") if count == STEREO else _("%(n)d channels") % {"n": count}
