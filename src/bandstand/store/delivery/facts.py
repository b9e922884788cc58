"""What a file says about itself: a track's tags, a digest over all of them, and a release's credits as text."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from bandstand.media.tags import Tags
from bandstand.store.catalogue.models import Party
from bandstand.store.catalogue.queries import CreditLine, ReleasePage, Track

WRITER = 2  # goes up when the same facts would give a file with other bytes
COMPOSER = "composer"
REPLAYGAIN = -18.0  # LUFS: the reference loudness of ReplayGain 2
SILENCE = -70.0  # LUFS: nothing was loud enough to be measured


@dataclass(frozen=True, slots=True)
class Gain:
    """ReplayGain 2 of a track or of an album: dB to its reference, and the true peak where full scale is 1."""

    gain: float | None = None
    peak: float | None = None


NO_GAIN = Gain()


@dataclass(frozen=True, slots=True)
class Level:
    """What was measured of a master."""

    loudness: float | None  # LUFS
    true_peak: float | None  # dBTP
    duration_ms: int


def gain_of(levels: Iterable[Level]) -> Gain:
    """Return the ReplayGain of one sound, or of an album of several.

    An album's loudness is the mean power of its tracks, each as long as it lasts: EBU R128 over all of it, but for
    its gate, which lets a quiet track count for slightly more here than in one measurement of the whole.
    """
    known = [level for level in levels if level.loudness is not None and level.loudness > SILENCE]
    peaks = [level.true_peak for level in known if level.true_peak is not None]
    length = sum(level.duration_ms for level in known)
    if not length:
        return Gain()
    power = math.fsum(level.duration_ms * 10 ** ((level.loudness or 0) / 10) for level in known) / length
    return Gain(REPLAYGAIN - 10 * math.log10(power), 10 ** (max(peaks) / 20) if peaks else None)


def tags_of(page: ReleasePage, track: Track, *, url: str, own: Gain = NO_GAIN, album: Gain = NO_GAIN) -> Tags:
    """Return all that the file of a track says about it, without the cover.

    Parameters
    ----------
    own, album
        ReplayGain of the track and of its release, when their loudness was measured.
    """
    release, part = page.release, track.part
    lines = [*track.credits, *(line for line in page.credits if line not in track.credits)]
    on_disc = [other for other in page.tracks if other.part.disc == part.disc and other.part.withdrawn_at is None]
    composers = [party for line in lines if line.role.casefold() == COMPOSER for party in line.parties]
    return Tags(
        title=part.title,
        artists=_names(track.billed) or (part.artist_line,),
        artists_sort=_sort_names(track.billed),
        album=release.title,
        album_artists=_names(page.billed) or (release.artist_line,),
        album_artists_sort=_sort_names(page.billed),
        track=part.number,
        tracks=max((other.part.number for other in on_disc), default=part.number),
        disc=part.disc,
        discs=discs_of(page),
        date=release.original_date.isoformat() if release.original_date else "",
        genre=release.genre.name if release.genre else "",
        isrc=part.isrc,
        barcode=release.gtin or "",
        label=release.label.name,
        catalogue_number=release.number,
        composers=_names(composers),
        composers_sort=_sort_names(composers),
        credits=tuple(
            (line.role, name) for line in lines if line.role.casefold() != COMPOSER for name in _names(line.parties)
        ),
        lyrics=part.lyrics,
        copyright=release.copyright,
        phonogram=release.phonogram,
        language=part.language or release.language,
        url=url,
        explicit=part.explicit or None,
        track_gain=own.gain,
        track_peak=own.peak,
        album_gain=album.gain,
        album_peak=album.peak,
    )


def discs_of(page: ReleasePage) -> int:
    """Return how many discs a release has: the highest number, since one may be left out."""
    return max((disc.number for disc in page.discs), default=1)


def digest_of(tags: Tags, *, cover_sha256: str) -> str:
    """Return one hash over everything in a file's tags and cover: files with another one are other files."""
    said = asdict(tags)
    said["picture"] = cover_sha256
    text = json.dumps({"writer": WRITER, "facts": said}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def credits_text(page: ReleasePage, *, url: str) -> str:
    """Return the credits of a release as a text to read: who did what, on all of it and on each track."""
    release = page.release
    head = [f"{release.artist_line}: {release.title}", release.label.name]
    if release.original_date:
        head.append(f"{release.original_date:%Y}")
    blocks = [head, _credit_lines(page.credits)]
    several = discs_of(page) > 1
    for track in page.tracks:
        part = track.part
        if part.withdrawn_at is not None:
            continue
        place = f"{part.disc}-{part.number:02}" if several else f"{part.number:02}"
        by = f" ({part.artist_line})" if part.artist_line != release.artist_line else ""
        isrc = [f"   ISRC: {part.isrc}"] if part.isrc else []
        blocks.append([f"{place} {part.title}{by}", *(f"   {line}" for line in _credit_lines(track.credits)), *isrc])
    blocks.append([line for line in (release.copyright, release.phonogram, url) if line])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _credit_lines(lines: Iterable[CreditLine]) -> list[str]:
    return [f"{line.role[:1].upper()}{line.role[1:]}: {', '.join(_names(line.parties))}" for line in lines]


def _sort_names(parties: Sequence[Party]) -> tuple[str, ...]:
    """Return what lists are ordered by; nothing where that is the names themselves."""
    if all(party.sort_name in ("", party.name) for party in parties):
        return ()
    return tuple(party.sort_name or party.name for party in parties)


def _names(parties: Iterable[Party]) -> tuple[str, ...]:
    return tuple(party.name for party in parties)
