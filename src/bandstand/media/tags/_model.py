"""The value all schemes read into and write from. It cleans itself: its texts fit into a page, a feed, a player."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO

from bandstand.kernel.errors import InputError
from bandstand.media.sniff import Container
from bandstand.media.tags._splice import Piece

MAX_TEXT = 2_000  # characters
MAX_LYRICS = 100_000  # bytes of UTF-8
MAX_PICTURE = 10 * 1024 * 1024
MAX_VALUES = 100
MAX_NUMBER = 9_999
_CONTROL = frozenset(("Cc", "Zl", "Zp"))
_PICTURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))


class UnreadableTagsError(InputError):
    """The structure that holds the tags is broken."""

    code = "media.tags"
    facts = ("path", "why")

    def __init__(self, *, path: str | Path, why: str) -> None:
        self.path, self.why = str(path), why
        super().__init__(
            f"The tags of {Path(path).name} can't be read: {why}.", hint="Write them again with a tag editor."
        )


@dataclass(frozen=True, slots=True)
class Picture:
    """A cover as it stands in a file; nothing has looked at it yet."""

    data: bytes
    mime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What a file says about its music. Texts are in Unicode form C, trimmed, capped, without control characters."""

    title: str = ""
    artists: tuple[str, ...] = ()
    artists_sort: tuple[str, ...] = ()  # as lists are ordered by: "Linde, Mara"; one for each artist, or none
    album: str = ""
    album_artists: tuple[str, ...] = ()
    album_artists_sort: tuple[str, ...] = ()
    track: int | None = None
    tracks: int | None = None
    disc: int | None = None
    discs: int | None = None
    date: str = ""  # as it stands; usually 2024 or 2024-05-17
    genre: str = ""
    isrc: str = ""
    barcode: str = ""
    label: str = ""
    catalogue_number: str = ""
    composers: tuple[str, ...] = ()
    composers_sort: tuple[str, ...] = ()
    credits: tuple[tuple[str, str], ...] = ()  # (role, name)
    lyrics: str = ""
    copyright: str = ""  # the © line
    phonogram: str = ""  # the ℗ line
    language: str = ""
    comment: str = ""
    url: str = ""
    explicit: bool | None = None
    track_gain: float | None = None  # ReplayGain 2: dB to -18 LUFS
    track_peak: float | None = None  # true peak, full scale is 1
    album_gain: float | None = None
    album_peak: float | None = None
    picture: Picture | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            object.__setattr__(self, field.name, _CLEAN[field.name](value) if field.name in _CLEAN else clean(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class TagScheme:
    """A plug-in: how some containers keep tags."""

    slug: str
    title: str
    containers: tuple[Container, ...]
    read: Callable[[Path, Container], Tags]
    compose: Callable[[BinaryIO, Container, Tags], Iterator[Piece]]  # the whole file with these tags and no others


def clean(text: object) -> str:
    """Return a text on one line: form C, trimmed, no control characters, at most MAX_TEXT characters."""
    return _printable(str(text)[: 4 * MAX_TEXT], keep="").strip()[:MAX_TEXT].rstrip()


def clean_lyrics(text: object) -> str:
    """Return a text that may have lines, ended by a plain line feed each; at most MAX_LYRICS bytes."""
    lines = str(text)[: 2 * MAX_LYRICS].replace("\r\n", "\n").replace("\r", "\n")
    kept = "\n".join(line.rstrip() for line in _printable(lines, keep="\n").split("\n")).strip()
    return kept.encode()[:MAX_LYRICS].decode(errors="ignore").rstrip()


def number(text: object) -> int | None:
    """Read a count from text such as "3", "03/12" or "A3"; None for zero, nothing and nonsense."""
    digits = str(text).strip().partition("/")[0].strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 6:
        return None
    return _number(int(digits))


def decibels(text: object) -> float | None:
    """Read a gain or peak such as "-7.03 dB"."""
    try:
        return float(str(text).lower().removesuffix("db").strip().replace(",", "."))
    except ValueError:
        return None


def performer(role: str, name: str) -> str:
    """Write a credit in one text, as Vorbis comments do: `Name (role)`."""
    return f"{name} ({role})"


def credit(text: object) -> tuple[str, str]:
    """Read `Name (role)` as (role, name)."""
    value = clean(text)
    name, found, role = value.rpartition(" (")
    return (role[:-1], name) if found and role.endswith(")") else ("", value)


def _printable(text: str, *, keep: str) -> str:
    """Replace control characters and line ends, unless kept, by spaces, and drop what UTF-8 can't carry."""
    whole = text.encode(errors="ignore").decode()
    kept = "".join(c if c in keep or unicodedata.category(c) not in _CONTROL else " " for c in whole)
    return unicodedata.normalize("NFC", kept)


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    given = [values] if isinstance(values, str) else list(values)
    return tuple(text for value in given[:MAX_VALUES] if (text := clean(value)))


def _credits(values: Iterable[tuple[object, object]]) -> tuple[tuple[str, str], ...]:
    """Clean credits; round brackets in a role become square ones, because schemes write the role in round ones."""
    table = str.maketrans("()", "[]")
    pairs = [(clean(role).translate(table) or "performer", clean(name)) for role, name in list(values)[:MAX_VALUES]]
    return tuple((role, name) for role, name in pairs if name)


def _number(value: int | None) -> int | None:
    return value if value is not None and 1 <= value <= MAX_NUMBER else None


def _gain(value: float | None) -> float | None:
    return round(value, 2) + 0.0 if value is not None and math.isfinite(value) and abs(value) <= 90 else None


def _peak(value: float | None) -> float | None:
    return round(value, 6) + 0.0 if value is not None and math.isfinite(value) and 0 <= value <= 100 else None


def _picture(value: Picture | None) -> Picture | None:
    """Keep a picture of a size and kind that tags may carry; its kind is told by its own first bytes."""
    if value is None or len(value.data) > MAX_PICTURE:
        return None
    mime = next((mime for sign, mime in _PICTURES if value.data.startswith(sign)), "")
    return Picture(value.data, mime) if mime else None


_CLEAN: dict[str, Callable[..., object]] = {
    **dict.fromkeys(("artists", "album_artists", "composers"), _texts),
    **dict.fromkeys(("artists_sort", "album_artists_sort", "composers_sort"), _texts),
    **dict.fromkeys(("track", "tracks", "disc", "discs"), _number),
    **dict.fromkeys(("track_gain", "album_gain"), _gain),
    **dict.fromkeys(("track_peak", "album_peak"), _peak),
    "credits": _credits,
    "lyrics": clean_lyrics,
    "explicit": lambda value: value,
    "picture": _picture,
}
