"""Tags of MP4 files: the item list that iTunes defined, with free-form items for what it has no name for."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mutagen.mp4 import MP4, MP4Tags

from bandstand.media.sniff import Container
from bandstand.media.tags import _mp4_items
from bandstand.media.tags._model import Picture, Tags, TagScheme, credit, decibels, number, performer
from bandstand.media.tags._mp4_items import box, data, free_form
from bandstand.media.tags._splice import Piece

PADDING = 4096
_FREE = "----:com.apple.iTunes:"
_ONE = {
    "title": "\xa9nam",
    "album": "\xa9alb",
    "date": "\xa9day",
    "genre": "\xa9gen",
    "lyrics": "\xa9lyr",
    "copyright": "cprt",
    "phonogram": f"{_FREE}PHONOGRAM",
    "comment": "\xa9cmt",
    "isrc": f"{_FREE}ISRC",
    "barcode": f"{_FREE}BARCODE",
    "label": f"{_FREE}LABEL",
    "catalogue_number": f"{_FREE}CATALOGNUMBER",
    "language": f"{_FREE}LANGUAGE",
    "url": f"{_FREE}WEBSITE",
}
_MANY = {
    "artists": "\xa9ART",
    "artists_sort": "soar",
    "album_artists": "aART",
    "album_artists_sort": "soaa",
    "composers": "\xa9wrt",
    "composers_sort": "soco",
}
_PAIRS = {"trkn": ("track", "tracks"), "disk": ("disc", "discs")}
_GAINS = {
    "track_gain": f"{_FREE}REPLAYGAIN_TRACK_GAIN",
    "track_peak": f"{_FREE}REPLAYGAIN_TRACK_PEAK",
    "album_gain": f"{_FREE}REPLAYGAIN_ALBUM_GAIN",
    "album_peak": f"{_FREE}REPLAYGAIN_ALBUM_PEAK",
}
_CREDITS = f"{_FREE}PERFORMER"
_ADVISORY = {0: False, 1: True, 2: False, 4: True}


def read(path: Path, container: Container) -> Tags:
    """Read the item list and the first cover."""
    items = MP4(path).tags or MP4Tags()
    by_name = {name.lower() if name.startswith("----") else name: value for name, value in items.items()}
    values: dict[str, object] = {field: next(iter(_texts(by_name, name)), "") for field, name in _ONE.items()}
    values |= {field: _texts(by_name, name) for field, name in _MANY.items()}
    for name, (one, whole) in _PAIRS.items():
        pair = next(iter(by_name.get(name, ())), (0, 0))
        values[one], values[whole] = number(pair[0]), number(pair[1])
    values |= {field: decibels(next(iter(_texts(by_name, name)), "")) for field, name in _GAINS.items()}
    values["credits"] = [credit(text) for text in _texts(by_name, _CREDITS)]
    values["explicit"] = _ADVISORY.get(next(iter(by_name.get("rtng", ())), -1))
    cover = next(iter(by_name.get("covr", ())), None)
    values["picture"] = Picture(bytes(cover), "") if cover else None
    return Tags(**values)  # type: ignore[arg-type]  # the tables above give each field its own type


def compose(stream: BinaryIO, container: Container, tags: Tags) -> Iterator[Piece]:
    """Yield the file with this item list in place of the one it had."""
    return _mp4_items.compose(stream, list(_items(tags)), padding=PADDING)


def _items(tags: Tags) -> Iterator[bytes]:
    """Yield the items in a fixed order."""
    for field, name in (_ONE | _MANY).items():
        value = getattr(tags, field)
        yield from _texts_item(name, list(value) if isinstance(value, tuple) else [value] if value else [])
    for name, (one, whole) in _PAIRS.items():
        first, total = getattr(tags, one) or 0, getattr(tags, whole) or 0
        if first or total:
            pair = struct.pack(">4H", 0, first, total, 0)
            yield box(name.encode("latin-1"), data(_mp4_items.BINARY, pair[: 8 if name == "trkn" else 6]))
    for field, name in _GAINS.items():
        value = getattr(tags, field)
        if value is not None:
            yield from _texts_item(name, [f"{value:.2f} dB" if field.endswith("gain") else f"{value:.6f}"])
    yield from _texts_item(_CREDITS, [performer(role, name) for role, name in tags.credits])
    if tags.explicit is not None:
        yield box(b"rtng", data(_mp4_items.INTEGER, bytes((int(tags.explicit),))))
    if tags.picture is not None:
        kind = _mp4_items.PNG if tags.picture.mime == "image/png" else _mp4_items.JPEG
        yield box(b"covr", data(kind, tags.picture.data))


def _texts_item(name: str, texts: list[str]) -> Iterator[bytes]:
    if texts and name.startswith("----"):
        yield free_form(name.removeprefix(_FREE), texts)
    elif texts:
        yield box(name.encode("latin-1"), *(data(_mp4_items.TEXT, text.encode()) for text in texts))


def _texts(items: dict[str, list[object]], name: str) -> list[str]:
    found = items.get(name.lower() if name.startswith("----") else name, [])
    return [value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in found]


TAGS = TagScheme(slug="mp4", title="MP4 item list", containers=(Container.MP4,), read=read, compose=compose)
