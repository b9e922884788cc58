"""What the names of files and folders say when nothing else does."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

AUDIO = frozenset({".flac", ".mp3", ".m4a", ".mp4", ".ogg", ".oga", ".opus", ".wav", ".wave", ".aiff", ".aif", ".aifc"})
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
OTHER_PICTURES = frozenset({".svg", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl"})
LYRICS = frozenset({".lrc", ".txt"})
EXTRAS = frozenset({".pdf", ".jpg", ".jpeg", ".png", ".txt", ".lrc"})
COVER_NAMES = ("cover", "front", "folder")
IGNORED = frozenset({"thumbs.db", "desktop.ini", "__macosx", "@eadir"})
_DISC = re.compile(r"(?:cd|disc|disk|disque|disco|lp|vinyl)[\s._-]*(\d{1,3})\b", re.IGNORECASE)
_TRACK = re.compile(
    r"(?:(?:cd|disc)?\s?(\d{1,2})\s?[-.])?\s*(\d{1,3})(?:\s*[-–._)]\s*|\s+)(?=\S)(.+)", re.IGNORECASE | re.DOTALL
)
_FOLDER = re.compile(r"(.+?) [-–] (.+)", re.DOTALL)
_YEAR = re.compile(r"\s*[\[(](?:19|20)\d\d[\])]\s*\Z")
_DIGITS = re.compile(r"(\d+)")
_FEATURED = re.compile(r"\s+[\[(]?(?:feat\.?|ft\.|featuring)\s+(.+?)[\])]?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FileName:
    """What `2-03 Harbour.flac` says."""

    disc: int | None
    number: int | None
    title: str


def is_ignored(name: str) -> bool:
    """Whether a name belongs to what desktops leave in folders."""
    return name.startswith(".") or name.casefold() in IGNORED


def of_file(path: str) -> FileName:
    """Return what a track's file name says; its folder's when that is one of a disc."""
    pure = PurePosixPath(path)
    stem = unicodedata.normalize("NFC", pure.stem)
    disc = disc_of_folder(pure.parent.name)
    found = _TRACK.fullmatch(stem)
    if found is None:
        digits = stem if stem.isascii() and stem.isdigit() and len(stem) <= 3 else ""
        return FileName(disc, int(digits) if digits and int(digits) else None, _spaced(stem))
    number = int(found[2])
    return FileName(int(found[1]) if found[1] else disc, number or None, _spaced(found[3]))


def of_extras(paths: Sequence[str]) -> dict[str, str]:
    """Return what extra files are called without their folders: those that only folders tell apart keep them."""
    alone = Counter(PurePosixPath(path).name.casefold() for path in paths)
    return {
        path: pure.name if alone[pure.name.casefold()] == 1 else " - ".join(pure.parts)
        for path in paths
        for pure in [PurePosixPath(path)]
    }


def disc_of_folder(name: str) -> int | None:
    """Return 2 for `CD2` or `Disc 2 - Live`; None for any other name."""
    found = _DISC.match(name)
    return int(found[1]) or None if found else None


def of_folder(name: str) -> tuple[str, str]:
    """Return (artist, title) from `Artist - Title (2024)`; the artist is empty where none is named."""
    plain = _spaced(_YEAR.sub("", unicodedata.normalize("NFC", name)))
    found = _FOLDER.fullmatch(plain)
    return (found[1].strip(), found[2].strip()) if found else ("", plain)


def natural(path: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key by which `2` stands before `10`."""
    pieces = _DIGITS.split(unicodedata.normalize("NFC", path).casefold())
    return tuple(
        (0, int(piece), "") if piece.isascii() and piece.isdigit() else (1, 0, piece) for piece in pieces if piece
    )


def featured(artist: str) -> tuple[str, str]:
    """Split `Mara Linde feat. Jo Tamm` in two; the second is empty where nobody is featured."""
    found = _FEATURED.search(artist)
    return (artist[: found.start()].strip(), found[1].strip()) if found and found.start() else (artist, "")


def _spaced(text: str) -> str:
    text = text.replace("_", " ") if " " not in text else text
    return " ".join(text.split())
