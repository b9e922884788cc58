"""What files are called, so that every disk keeps the name, and what a list of hashes and credits says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

MAX_FILE_NAME = 180  # bytes of UTF-8; disks allow 255, and folders of the listener's own come before it
MAX_FOLDER_NAME = 120
MAX_LABEL = 64  # bytes of an artist or title in front of other parts of a name
_STANDS_FOR = str.maketrans(
    {"/": "-", "\\": "-", "|": "-", ":": "-", '"': "'", "<": "(", ">": ")", "?": None, "*": None}
)
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")  # Windows opens devices under these
_JOINERS = "\u200c\u200d"  # invisible, but part of how some scripts and emoji are spelled
_UNTITLED = "Untitled"


def safe_name(text: str, *, limit: int = MAX_FILE_NAME) -> str:
    """Return `text` as a file or folder name that FAT, Windows, macOS and Linux all keep as it is.

    Scripts stay; control and direction characters go, forbidden ones are replaced, and it takes at most `limit` bytes.
    """
    seen = "".join(_visible(c) for c in unicodedata.normalize("NFC", text))
    spoken = re.sub(r"\s*:\s+", " - ", seen)  # a subtitle; "12:30" gets its dash below
    name = re.sub(r"\s+", " ", spoken.translate(_STANDS_FOR)).strip(" ").lstrip(".").strip(" ")
    name = _cut(name, limit - 1).rstrip(" .")  # one byte is kept for the mark of a reserved name
    if _RESERVED.fullmatch(name):
        name = f"{name.partition('.')[0]}_{name.partition('.')[1]}{name.partition('.')[2]}"
    return name or _UNTITLED


def track_name(*, disc: int, number: int, title: str, extension: str, discs: int) -> str:
    """Return "02 Harbour.flac", or "1-02 Harbour.flac" on a release of several discs."""
    place = f"{disc}-{number:02}" if discs > 1 else f"{number:02}"
    return f"{place} {safe_name(title, limit=MAX_FILE_NAME - len(place) - len(extension) - 2)}.{extension}"


def folder_name(*, artist: str, title: str) -> str:
    """Return "Mara Linde - Evening Ferry"."""
    return safe_name(f"{_cut(artist, MAX_LABEL).strip()} - {title}", limit=MAX_FOLDER_NAME)


def zip_name(*, artist: str, title: str, fmt: str) -> str:
    """Return "Mara Linde - Evening Ferry (FLAC).zip"."""
    return f"{folder_name(artist=artist, title=title)} ({fmt}).zip"


def distinct(names: Iterable[str]) -> list[str]:
    """Number names that a disk without upper and lower case would take for one: "Song.flac", "song (2).flac"."""
    taken: set[str] = set()
    result = []
    for name in names:
        free, count = name, 1
        while _folded(free) in taken:
            count += 1
            stem, dot, extension = name.rpartition(".")
            free = f"{stem} ({count}){dot}{extension}" if dot and stem else f"{name} ({count})"
        taken.add(_folded(free))
        result.append(free)
    return result


def sums_text(files: Sequence[tuple[str, str]]) -> str:
    """Return a SHA256SUMS file for pairs of hash and name; `sha256sum -c SHA256SUMS` reads it."""
    return "".join(f"{sha256}  {name}\n" for sha256, name in files)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn")
    return "" if hidden and character not in _JOINERS else character


def _cut(text: str, limit: int) -> str:
    """Shorten to at most `limit` bytes without splitting a character from its accents."""
    if len(text.encode()) <= limit:
        return text
    kept = text.encode()[:limit].decode(errors="ignore")
    rest = text[len(kept) :]
    while kept and rest and (unicodedata.combining(rest[0]) or rest[0] in _JOINERS or kept[-1] in _JOINERS):
        kept, rest = kept[:-1], kept[-1] + rest
    return kept
