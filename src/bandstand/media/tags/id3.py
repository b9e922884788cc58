"""ID3v2 (written as 2.4, read in all versions) in MP3, WAV and AIFF; the INFO list of WAV is read too."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeAlias

from mutagen import id3
from mutagen.aiff import AIFF
from mutagen.id3 import ID3, Encoding, PictureType
from mutagen.mp3 import MP3
from mutagen.wave import WAVE

from bandstand.media.sniff import Container, after_id3
from bandstand.media.tags import _chunks
from bandstand.media.tags._model import Picture, Tags, TagScheme, decibels, number, performer
from bandstand.media.tags._splice import Piece, Span, before_id3v1

PADDING = 4096
UTF8 = Encoding.UTF8
_ONE = {
    "title": "TIT2",
    "album": "TALB",
    "date": "TDRC",
    "genre": "TCON",
    "isrc": "TSRC",
    "label": "TPUB",
    "copyright": "TCOP",
    "phonogram": "TPRO",
    "language": "TLAN",
}
_MANY = {
    "artists": "TPE1",
    "artists_sort": "TSOP",
    "album_artists": "TPE2",
    "album_artists_sort": "TSO2",
    "composers": "TCOM",
    "composers_sort": "TSOC",
}
_PAIRS = {"TRCK": ("track", "tracks"), "TPOS": ("disc", "discs")}
_NAMED = {"barcode": "BARCODE", "catalogue_number": "CATALOGNUMBER"}
_GAINS = {
    "track_gain": "REPLAYGAIN_TRACK_GAIN",
    "track_peak": "REPLAYGAIN_TRACK_PEAK",
    "album_gain": "REPLAYGAIN_ALBUM_GAIN",
    "album_peak": "REPLAYGAIN_ALBUM_PEAK",
}
_ADVISORY = {"0": False, "1": True, "2": False}
_SAID = {  # what an INFO list is given: programs that prefer it to ID3, ffmpeg among them, read nothing else
    b"INAM": "title",
    b"IART": "artists",
    b"IPRD": "album",
    b"IAAR": "album_artists",
    b"IMUS": "composers",
    b"ICRD": "date",
    b"IGNR": "genre",
    b"ILNG": "language",
    b"ISRC": "isrc",
    b"IPUB": "label",
    b"ICMT": "comment",
    b"ICOP": "copyright",
    b"IPRT": "track",
}
_INFO = {  # RIFF INFO names (Multimedia Programming Interface 1.0, chapter 2)
    b"INAM": "title",
    b"IART": "artists",
    b"IPRD": "album",
    b"ICRD": "date",
    b"IGNR": "genre",
    b"ICMT": "comment",
    b"ICOP": "copyright",
    b"ISRC": "isrc",
    b"ITRK": "track",
    b"IPRT": "track",
}
File: TypeAlias = MP3 | WAVE | AIFF


def read(path: Path, container: Container) -> Tags:
    """Read the frames and the front cover; without any, a WAV file's INFO list."""
    frames = _open(path, container).tags
    if not frames:
        return _info(path) if container in (Container.WAV, Container.AT3) else Tags()
    named = {frame.desc.upper(): [str(text) for text in frame.text] for frame in frames.getall("TXXX")}
    values: dict[str, object] = {field: next(iter(_texts(frames, name)), "") for field, name in _ONE.items()}
    values |= {field: _texts(frames, name) for field, name in _MANY.items()}
    for name, (one, whole) in _PAIRS.items():
        text = next(iter(_texts(frames, name)), "")
        values[one], values[whole] = number(text), number(text.partition("/")[2])
    values |= {field: next(iter(named.get(name, ())), "") for field, name in _NAMED.items()}
    values |= {field: decibels(next(iter(named.get(name, ())), "")) for field, name in _GAINS.items()}
    values["explicit"] = _ADVISORY.get(next(iter(named.get("ITUNESADVISORY", ())), ""))
    people = [pair for name in ("TIPL", "TMCL", "IPLS") for frame in frames.getall(name) for pair in frame.people]
    values["credits"] = [(pair[0], pair[1]) for pair in people if len(pair) == 2]
    values["lyrics"] = next((frame.text for frame in frames.getall("USLT") if frame.text), "")
    values["comment"] = _comment(frames)
    links = [
        *named.get("WEBSITE", ()),
        *(frame.url for name in ("WOAR", "WOAF", "WXXX") for frame in frames.getall(name)),
    ]
    values["url"] = next(iter(links), "")
    values["date"] = next(iter(named.get("DATE", ())), values["date"])
    values["picture"] = _picture(frames)
    return Tags(**values)  # type: ignore[arg-type]  # the tables above give each field its own type


def compose(stream: BinaryIO, container: Container, tags: Tags) -> Iterator[Piece]:
    """Yield the file with these frames and this cover in place of what it had."""
    made = packed(tags)
    if container in (Container.WAV, Container.AT3):
        yield from _chunks.wav(stream, info=packed_info(tags), id3=made)
    elif container is Container.AIFF:
        yield from _chunks.aiff(stream, id3=made)
    else:
        end = stream.seek(0, 2)
        yield made
        yield Span(after_id3(stream, end), before_id3v1(stream, end))


def packed(tags: Tags) -> bytes:
    """Return a whole ID3 tag; nothing when there is nothing to say."""
    frames = ID3()
    for frame in _frames(tags):
        frames.add(frame)
    made = BytesIO()
    if frames:
        frames.save(made, v1=0, v2_version=4, padding=lambda _info: PADDING)
    return made.getvalue()


def _open(path: Path, container: Container) -> File:
    return {Container.MP3: MP3, Container.WAV: WAVE, Container.AT3: WAVE, Container.AIFF: AIFF}[container](path)


def _frames(tags: Tags) -> list[id3.Frame]:
    named = {name: getattr(tags, field) for field, name in _NAMED.items() if getattr(tags, field)}
    for field, name in _GAINS.items():
        value = getattr(tags, field)
        if value is not None:
            named[name] = f"{value:.2f} dB" if field.endswith("gain") else f"{value:.6f}"
    if tags.date and str(id3.ID3TimeStamp(tags.date)) != tags.date:
        named["DATE"] = tags.date  # TDRC holds nothing but time stamps
    if tags.explicit is not None:
        named["ITUNESADVISORY"] = str(int(tags.explicit))
    found = [id3.Frames[name](UTF8, [getattr(tags, field)]) for field, name in _ONE.items() if getattr(tags, field)]
    found += [
        id3.Frames[name](UTF8, list(getattr(tags, field))) for field, name in _MANY.items() if getattr(tags, field)
    ]
    found += [id3.Frames[name](UTF8, [pair]) for name, fields in _PAIRS.items() if (pair := _pair(tags, *fields))]
    found += [id3.TXXX(UTF8, name, [text]) for name, text in named.items()]
    if tags.credits:
        found.append(id3.TIPL(UTF8, [list(pair) for pair in tags.credits]))
        shown = "; ".join(performer(role, name) for role, name in tags.credits)
        found.append(id3.TXXX(UTF8, "PERFORMER", [shown]))  # for the many programs that don't show the list
    if tags.lyrics:
        found.append(id3.USLT(UTF8, "und", "", tags.lyrics))
    if tags.comment:
        found.append(id3.COMM(UTF8, "und", "", [tags.comment]))
    if tags.url:
        found.append(id3.TXXX(UTF8, "WEBSITE", [tags.url]))  # link frames can't carry more than Latin-1
    if tags.picture is not None:
        found.append(id3.APIC(Encoding.LATIN1, tags.picture.mime, PictureType.COVER_FRONT, "", tags.picture.data))
    return found


def _pair(tags: Tags, one: str, whole: str) -> str:
    first, total = getattr(tags, one), getattr(tags, whole)
    return f"{first or 0}/{total}" if total else str(first) if first else ""


def _texts(frames: ID3, name: str) -> list[str]:
    return [str(text) for frame in frames.getall(name) for text in getattr(frame, "genres", frame.text)]


def _comment(frames: ID3) -> str:
    """Return the first comment meant for people: one without a description, else one that is no program's own."""
    comments = sorted(frames.getall("COMM"), key=lambda frame: frame.desc != "")
    return next((str(frame.text[0]) for frame in comments if frame.text and not frame.desc.startswith("iTun")), "")


def _picture(frames: ID3) -> Picture | None:
    found = sorted(frames.getall("APIC"), key=lambda frame: frame.type != PictureType.COVER_FRONT)
    return Picture(found[0].data, found[0].mime) if found else None


def _info(path: Path) -> Tags:
    """Read a WAV file's INFO list. Its text has no declared encoding: UTF-8 when it is valid, else Latin-1."""
    values: dict[str, object] = {}
    with path.open("rb") as stream:
        at = 12
        for _ in range(64):
            stream.seek(at)
            header = stream.read(12)
            if len(header) < 12:
                break
            (length,) = struct.unpack_from("<I", header, 4)
            if header[:4] == b"LIST" and header[8:12] == b"INFO":
                values |= _info_items(stream.read(min(length - 4, 256 * 1024)))
            at += 8 + length + (length & 1)
    return Tags(**values)  # type: ignore[arg-type]  # `_info_items` gives each field its own type


def packed_info(tags: Tags) -> bytes:
    """Return the items of an INFO list."""
    found = b""
    for name, field in _SAID.items():
        value = getattr(tags, field)
        text = (
            "; ".join(value)
            if isinstance(value, tuple)
            else _pair(tags, "track", "tracks")
            if field == "track"
            else value
        )
        if text:
            raw = text.encode() + b"\0"
            found += name + struct.pack("<I", len(raw)) + raw + bytes(len(raw) & 1)
    return found


def _info_items(body: bytes) -> dict[str, object]:
    found: dict[str, object] = {}
    at = 0
    while at + 8 <= len(body):
        (length,) = struct.unpack_from("<I", body, at + 4)
        field, raw = _INFO.get(body[at : at + 4]), body[at + 8 : at + 8 + length].rstrip(b"\0")
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        if field is not None and text:
            found[field] = (text,) if field == "artists" else number(text) if field == "track" else text
        at += 8 + length + (length & 1)
    return found


TAGS = TagScheme(
    slug="id3",
    title="ID3",
    containers=(Container.MP3, Container.WAV, Container.AT3, Container.AIFF),
    read=read,
    compose=compose,
)
