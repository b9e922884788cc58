"""The "ea3" tag of OMA files: ID3v2.3 frames, and TXXX frames under the names that the players' own programs use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from bandstand.kernel.errors import FormatError
from bandstand.media.containers import _ea3
from bandstand.media.containers._ea3 import Ea3Tag, Frame
from bandstand.media.containers.oma import OmaReader, is_of_the_sound
from bandstand.media.sniff import Container
from bandstand.media.tags._model import Picture, Tags, TagScheme, UnreadableTagsError, decibels, number
from bandstand.media.tags._splice import Piece, Span

_ONE = {
    "title": b"TIT2",
    "album": b"TALB",
    "genre": b"TCON",
    "isrc": b"TSRC",
    "label": b"TPUB",
    "copyright": b"TCOP",
    "language": b"TLAN",
}
_PEOPLE = {  # field: frame, the name under which all of several stand one to a line
    "artists": (b"TPE1", "ARTISTS"),
    "album_artists": (b"TPE2", "ALBUMARTISTS"),
    "composers": (b"TCOM", "COMPOSERS"),
}
_SORTED = {  # field: TXXX frame of the players' programs or ours, and the one where several stand
    "artists_sort": ("OMG_TPE1S", "ARTISTSORT"),
    "album_artists_sort": ("OMG_ATP1S", "ALBUMARTISTSORT"),
    "composers_sort": ("COMPOSERSORT", "COMPOSERSORTS"),
}
_ALBUM_ARTIST = "OMG_ATPE1"
_PAIRS = {b"TRCK": ("track", "tracks"), b"TPOS": ("disc", "discs")}
_NAMED = {"barcode": "BARCODE", "catalogue_number": "CATALOGNUMBER", "phonogram": "PHONOGRAM", "url": "WEBSITE"}
_GAINS = {
    "track_gain": "REPLAYGAIN_TRACK_GAIN",
    "track_peak": "REPLAYGAIN_TRACK_PEAK",
    "album_gain": "REPLAYGAIN_ALBUM_GAIN",
    "album_peak": "REPLAYGAIN_ALBUM_PEAK",
}
_ADVISORY = {"0": False, "1": True, "2": False}
_COVERS = "OMG_TDFCA"  # where the players' programs keep theirs
_FRONT = 3
_BETWEEN = "; "
_YEAR = re.compile(r"\d{4}", re.ASCII)
_RELEASED = re.compile(r"(\d{4})/(\d\d)/(\d\d)(?: .*)?", re.ASCII)
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)


def tags(tag: Ea3Tag) -> Tags:
    """Return what a tag says about the music."""
    named = tag.named()
    values: dict[str, object] = {field: _first(tag, name) for field, name in _ONE.items()}
    values |= {field: _people(tag.texts(name), named.get(many, "")) for field, (name, many) in _PEOPLE.items()}
    values["album_artists"] = values["album_artists"] or _people([named.get(_ALBUM_ARTIST, "")], "")
    values |= {field: _people([named.get(one, "")], named.get(many, "")) for field, (one, many) in _SORTED.items()}
    for name, (one, whole) in _PAIRS.items():
        values[one], values[whole] = number(_first(tag, name)), number(_first(tag, name).partition("/")[2])
    values["track"] = values["track"] or number(named.get("OMG_TRACK", ""))
    values |= {field: named.get(name, "") for field, name in _NAMED.items()}
    values |= {field: decibels(named.get(name, "")) for field, name in _GAINS.items()}
    values["explicit"] = _ADVISORY.get(named.get("ITUNESADVISORY", ""))
    values["date"] = _date(tag, named)
    people = tag.texts(b"IPLS")
    values["credits"] = list(zip(people[::2], people[1::2], strict=False))
    values["lyrics"] = _spoken(tag, b"USLT")
    values["comment"] = _spoken(tag, b"COMM")
    values["picture"] = _picture(tag)
    return Tags(**values)  # type: ignore[arg-type]  # the tables above give each field its own type


def tag(tags: Tags, sound: list[Frame]) -> Ea3Tag:
    """Return the tag that says this about the music; the frames about the sound come last but for the cover."""
    cover = [_ea3.apic(tags.picture.mime, tags.picture.data)] if tags.picture is not None else []
    return _ea3.padded([*_frames(tags), *sound, *cover])


def read(path: Path, container: Container) -> Tags:
    """Read the tag; a locked file shows it too."""
    with path.open("rb") as stream:
        try:
            return OmaReader(stream).tags
        except FormatError as error:
            raise UnreadableTagsError(path=path, why=str(error)) from error


def compose(stream: BinaryIO, container: Container, tags: Tags) -> Iterator[Piece]:
    """Yield the file with another tag in front; header and frames are copied, and what is said about the sound."""
    end = stream.seek(0, 2)
    at = _ea3.start(stream)
    kept = [frame for frame in _ea3.read(stream, end=end).frames if is_of_the_sound(frame)]
    yield tag(tags, kept).pack()
    yield Span(at, end)


def _frames(tags: Tags) -> list[Frame]:
    """Return the frames about the music, in the order of the players' programs as far as they have one."""
    found = [_ea3.text(_ONE["title"], tags.title)] if tags.title else []
    found += _of_people(tags, "artists")
    found += [
        _ea3.text(name, value) for field, name in _ONE.items() if field != "title" and (value := getattr(tags, field))
    ]
    found += _of_names(tags)
    if tags.track:
        found.append(_ea3.named("OMG_TRACK", str(tags.track)))
    found += [_ea3.text(name, pair) for name, fields in _PAIRS.items() if (pair := _pair(tags, *fields))]
    found += _dated(tags.date)
    found += _of_people(tags, "album_artists") + _of_people(tags, "composers")
    if tags.album_artists:
        found.append(_ea3.named(_ALBUM_ARTIST, _BETWEEN.join(tags.album_artists)))
    found += [_ea3.named(name, value) for field, name in _NAMED.items() if (value := getattr(tags, field))]
    found += [_ea3.named(name, _figure(field, value)) for field, name in _GAINS.items()
              if (value := getattr(tags, field)) is not None]  # fmt: skip
    if tags.explicit is not None:
        found.append(_ea3.named("ITUNESADVISORY", str(int(tags.explicit))))
    if tags.credits:
        found.append(_ea3.text(b"IPLS", "\0".join(text for pair in tags.credits for text in pair)))
    found += [_ea3.spoken(name, said) for name, said in ((b"USLT", tags.lyrics), (b"COMM", tags.comment)) if said]
    return found


def _of_people(tags: Tags, field: str) -> list[Frame]:
    """Return one text with all of them, which every player shows, and when they are several, each on a line."""
    names, (frame, many) = getattr(tags, field), _PEOPLE[field]
    found = [_ea3.text(frame, _BETWEEN.join(names))] if names else []
    return found + ([_ea3.named(many, "\n".join(names))] if len(names) > 1 else [])


def _of_names(tags: Tags) -> list[Frame]:
    found = []
    for field, (one, many) in _SORTED.items():
        names = getattr(tags, field)
        found += [_ea3.named(one, _BETWEEN.join(names))] if names else []
        found += [_ea3.named(many, "\n".join(names))] if len(names) > 1 else []
    return found


def _people(texts: list[str], many: str) -> list[str]:
    """Return the names of a list where one agrees with what is shown, else what is shown."""
    listed = many.split("\n") if many else []
    return listed if listed and texts[:1] == [_BETWEEN.join(listed)] else texts


def _pair(tags: Tags, one: str, whole: str) -> str:
    first, total = getattr(tags, one), getattr(tags, whole)
    return f"{first or 0}/{total}" if total else str(first) if first else ""


def _figure(field: str, value: float) -> str:
    return f"{value:.2f} dB" if field.endswith("gain") else f"{value:.6f}"


def _dated(date: str) -> list[Frame]:
    """Return the year for all players, the day as their programs write it, and the text when it is no whole day."""
    found = _YEAR.match(date)
    if not date:
        return []
    frames = [_ea3.text(b"TYER", found[0])] if found else []
    if day := _DAY.fullmatch(date):
        frames.append(_ea3.named("OMG_TRLDA", f"{day[1]}/{day[2] or '01'}/{day[3] or '01'} 00:00:00"))
    if found is None or found[0] != date:
        frames.append(_ea3.named("DATE", date))
    return frames


def _date(tag: Ea3Tag, named: dict[str, str]) -> str:
    year = _first(tag, b"TYER")
    day = _RELEASED.fullmatch(named.get("OMG_TRLDA", ""))
    if named.get("DATE") or day is None:
        return named.get("DATE") or year
    return year or day[1] if day[2] == day[3] == "01" else "-".join(day.groups())


def _first(tag: Ea3Tag, name: bytes) -> str:
    return next(iter(tag.texts(name)), "")


def _spoken(tag: Ea3Tag, name: bytes) -> str:
    """Return the first text that has a language: one without a description, else any."""
    found = sorted((frame.spoken for frame in tag.frames if frame.name == name), key=lambda said: said[0] != "")
    return next((said for _, said in found if said), "")


def _picture(tag: Ea3Tag) -> Picture | None:
    """Return the front cover, else any picture, else what the players' programs keep as one."""
    found = [frame.picture for frame in tag.frames if frame.name == b"APIC"]
    found.sort(key=lambda one: one[0] != _FRONT)
    data = next((data for _, data in found if data), b"") or tag.object(_COVERS)
    return Picture(data, "") if data else None


TAGS = TagScheme(slug="oma", title="OMA tag", containers=(Container.OMA,), read=read, compose=compose)
