"""What a file says about itself: a track's tags, a digest over all of them, and a release's credits as text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict

from bandstand.media.tags import Tags
from bandstand.store.catalogue.models import Party
from bandstand.store.catalogue.queries import CreditLine, ReleasePage, Track

WRITER = 1  # goes up when the same facts would give a file with other bytes
COMPOSER = "composer"


def tags_of(page: ReleasePage, track: Track, *, url: str, gain: float | None = None, peak: float | None = None) -> Tags:
    """Return all that the file of a track says about it, without the cover.

    Parameters
    ----------
    gain, peak
        ReplayGain of the track, when its loudness was measured.
    """
    release, part = page.release, track.part
    lines = [*track.credits, *(line for line in page.credits if line not in track.credits)]
    on_disc = [other for other in page.tracks if other.part.disc == part.disc and other.part.withdrawn_at is None]
    return Tags(
        title=part.title,
        artists=_names(track.billed) or (part.artist_line,),
        album=release.title,
        album_artists=_names(page.billed) or (release.artist_line,),
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
        composers=tuple(name for line in lines if line.role.casefold() == COMPOSER for name in _names(line.parties)),
        credits=tuple(
            (line.role, name) for line in lines if line.role.casefold() != COMPOSER for name in _names(line.parties)
        ),
        lyrics=part.lyrics,
        copyright=release.copyright or release.phonogram,
        language=part.language or release.language,
        url=url,
        explicit=part.explicit or None,
        track_gain=gain,
        track_peak=peak,
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


def _names(parties: Iterable[Party]) -> tuple[str, ...]:
    return tuple(party.name for party in parties)
