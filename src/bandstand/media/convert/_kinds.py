"""What a source is, and by whom it may be read: our own look at its first bytes decides, before any library's."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from bandstand.media import demuxers
from bandstand.media.sniff import TAKEN, Container, UnsupportedMediaError, expected_suffixes, recognise

AEA_SIGN = b"\x00\x08\x00\x00"
_AEA_CHANNELS = 264  # where the header has their number
AEA_HEADER = 2048


class Kind(StrEnum):
    """A container, or the one that only conversion reads."""

    FLAC = Container.FLAC
    MP3 = Container.MP3
    MP4 = Container.MP4
    OGG = Container.OGG
    WAV = Container.WAV
    AIFF = Container.AIFF
    OMA = Container.OMA
    AT3 = Container.AT3
    AEA = "aea"  # ATRAC1, as MiniDisc programs exchange it


OURS = (Kind.OMA, Kind.AT3)
PLAIN = tuple(Kind(container) for container in TAKEN)
DEMUXERS = {
    **{Kind(container): name for container, name in demuxers.DEMUXERS.items()},
    Kind.OMA: "oma",
    Kind.AEA: "aea",
}
_PLUS = ("atrac3plus", "atrac3p", "atrac3plusal", "atrac3pal")  # decoders are named otherwise than what they decode
CODECS = {
    **dict.fromkeys(PLAIN, demuxers.CODECS),
    Kind.WAV: demuxers.CODECS | {*_PLUS, "atrac9"},
    Kind.OMA: frozenset((*_PLUS, "atrac3al", "mp3", "mp3float", "aac", "pcm_s16be")),
    Kind.AEA: frozenset(("atrac1",)),
}
SUFFIXES = frozenset((".aea", ".at9", *(suffix for container in Container for suffix in expected_suffixes(container))))
"""Names of files that mean to be sound: in a folder, others are left out without a word."""


def kind_of(path: Path) -> Kind:
    """Return what a file is.

    Raises
    ------
    LockedMediaError, UnsupportedMediaError
        It is protected, or nothing that we know; the error says what.
    """
    try:
        return Kind(recognise(path))
    except UnsupportedMediaError:
        if _is_aea(path):
            return Kind.AEA
        raise


def options(kind: Kind) -> dict[str, str]:
    """Return the options under which the media library may open such a file."""
    return {
        "format_whitelist": DEMUXERS[kind],
        "protocol_whitelist": "file,pipe",
        "codec_whitelist": ",".join(sorted(CODECS[kind])),
    }


def _is_aea(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        head = stream.read(AEA_HEADER)
    return len(head) == AEA_HEADER and head.startswith(AEA_SIGN) and head[_AEA_CHANNELS] in (1, 2)
