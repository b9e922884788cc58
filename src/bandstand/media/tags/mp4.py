"""Tags of MP4 files: the item list that iTunes defined, with free-form items for what it has no name for."""

from __future__ import annotations

from pathlib import Path

from mutagen.mp4 import MP4, AtomDataType, MP4Cover, MP4FreeForm, MP4Tags

from bandstand.media.sniff import Container
from bandstand.media.tags._model import Picture, Tags, TagScheme, credit, decibels, number, performer

PADDING = 4096
_FREE = "----:com.apple.iTunes:"
_ONE = {
    "title": "\xa9nam",
    "album": "\xa9alb",
    "date": "\xa9day",
    "genre": "\xa9gen",
    "lyrics": "\xa9lyr",
    "copyright": "cprt",
    "comment": "\xa9cmt",
    "isrc": f"{_FREE}ISRC",
    "barcode": f"{_FREE}BARCODE",
    "label": f"{_FREE}LABEL",
    "catalogue_number": f"{_FREE}CATALOGNUMBER",
    "language": f"{_FREE}LANGUAGE",
    "url": f"{_FREE}WEBSITE",
}
_MANY = {"artists": "\xa9ART", "album_artists": "aART", "composers": "\xa9wrt"}
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


def write(path: Path, container: Container, tags: Tags) -> None:
    """Replace the item list and the cover."""
    file = MP4(path)
    if file.tags is None:
        file.add_tags()
    items = file.tags
    assert items is not None
    items.clear()
    for field, name in _ONE.items():
        _put(items, name, [getattr(tags, field)] if getattr(tags, field) else [])
    for field, name in _MANY.items():
        _put(items, name, list(getattr(tags, field)))
    for name, (one, whole) in _PAIRS.items():
        if getattr(tags, one) or getattr(tags, whole):
            items[name] = [(getattr(tags, one) or 0, getattr(tags, whole) or 0)]
    for field, name in _GAINS.items():
        value = getattr(tags, field)
        if value is not None:
            _put(items, name, [f"{value:.2f} dB" if field.endswith("gain") else f"{value:.6f}"])
    _put(items, _CREDITS, [performer(role, name) for role, name in tags.credits])
    if tags.explicit is not None:
        items["rtng"] = [int(tags.explicit)]
    if tags.picture is not None:
        kind = MP4Cover.FORMAT_PNG if tags.picture.mime == "image/png" else MP4Cover.FORMAT_JPEG
        items["covr"] = [MP4Cover(tags.picture.data, kind)]
    file.save(padding=lambda _info: PADDING)


def _texts(items: dict[str, list[object]], name: str) -> list[str]:
    found = items.get(name.lower() if name.startswith("----") else name, [])
    return [value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in found]


def _put(items: MP4Tags, name: str, texts: list[str]) -> None:
    if texts and name.startswith("----"):
        items[name] = [MP4FreeForm(text.encode(), AtomDataType.UTF8) for text in texts]
    elif texts:
        items[name] = texts


TAGS = TagScheme(slug="mp4", title="MP4 item list", containers=(Container.MP4,), read=read, write=write)
