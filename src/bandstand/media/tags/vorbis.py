"""Vorbis comments: FLAC (RFC 9639, section 8.6), Ogg Vorbis, Ogg FLAC and Opus (RFC 7845, section 5.2)."""

from __future__ import annotations

import struct
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TypeAlias

from mutagen.flac import FLAC
from mutagen.flac import Picture as FlacPicture
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from bandstand.kernel.errors import FormatError, TruncatedError
from bandstand.media.sniff import Container, UnsupportedMediaError, after_id3
from bandstand.media.tags import _ogg_headers
from bandstand.media.tags._model import (
    MAX_PICTURE,
    Picture,
    Tags,
    TagScheme,
    credit,
    decibels,
    number,
    performer,
)
from bandstand.media.tags._splice import Piece, Span, before_id3v1

PADDING = 4096
FRONT_COVER = 3
_STREAMINFO, _PADDING, _COMMENTS, _PICTURE = 0, 1, 4, 6  # kinds of metadata block (RFC 9639, section 8.1)
_LAST = 0x80
_SIGNS = {b"OpusHead": b"OpusTags", b"\x01vorbis": b"\x03vorbis", b"\x7fFLAC": b"\0\0\0\0"}  # before comments
R128_TO_REPLAYGAIN = 5  # dB between the references -23 and -18 LUFS (RFC 7845, section 5.2.1)
_ONE = {
    "title": ("TITLE",),
    "album": ("ALBUM",),
    "date": ("DATE", "YEAR"),
    "genre": ("GENRE",),
    "isrc": ("ISRC",),
    "barcode": ("BARCODE", "UPC", "EAN", "UPC/EAN"),
    "label": ("LABEL", "ORGANIZATION", "PUBLISHER"),
    "catalogue_number": ("CATALOGNUMBER", "CATALOG", "LABELNO"),
    "lyrics": ("LYRICS", "UNSYNCEDLYRICS"),
    "copyright": ("COPYRIGHT",),
    "phonogram": ("PHONOGRAM",),
    "language": ("LANGUAGE",),
    "comment": ("COMMENT", "DESCRIPTION"),
    "url": ("WEBSITE", "CONTACT", "URL"),
}
_MANY = {
    "artists": ("ARTIST", "ARTISTS"),
    "artists_sort": ("ARTISTSORT",),
    "album_artists": ("ALBUMARTIST", "ALBUM ARTIST", "ENSEMBLE"),
    "album_artists_sort": ("ALBUMARTISTSORT",),
    "composers": ("COMPOSER",),
    "composers_sort": ("COMPOSERSORT",),
}
_COUNTS = {
    "track": ("TRACKNUMBER",),
    "tracks": ("TRACKTOTAL", "TOTALTRACKS"),
    "disc": ("DISCNUMBER",),
    "discs": ("DISCTOTAL", "TOTALDISCS"),
}
_GAINS = {
    "track_gain": "REPLAYGAIN_TRACK_GAIN",
    "track_peak": "REPLAYGAIN_TRACK_PEAK",
    "album_gain": "REPLAYGAIN_ALBUM_GAIN",
    "album_peak": "REPLAYGAIN_ALBUM_PEAK",
}
_R128 = {"track_gain": "R128_TRACK_GAIN", "album_gain": "R128_ALBUM_GAIN"}
File: TypeAlias = FLAC | OggVorbis | OggOpus | OggFLAC
Comments: TypeAlias = Mapping[str, list[str]]  # names in capitals


def read(path: Path, container: Container) -> Tags:
    """Read comments and cover."""
    file = _open(path, container)
    comments: dict[str, list[str]] = {}
    for name, value in list(file.tags or ()):
        comments.setdefault(name.upper(), []).append(value)
    values: dict[str, object] = {field: _first(comments, names) for field, names in _ONE.items()}
    values |= {
        field: next((comments[name] for name in names if name in comments), ()) for field, names in _MANY.items()
    }
    values |= {field: number(_first(comments, names)) for field, names in _COUNTS.items()}
    for whole, part in (("TRACKNUMBER", "tracks"), ("DISCNUMBER", "discs")):  # some write "3/12" into one
        values[part] = values[part] or number(_first(comments, (whole,)).partition("/")[2])
    values |= {field: decibels(_first(comments, (name,))) for field, name in _GAINS.items()}
    for field, name in _R128.items():
        if (steps := decibels(_first(comments, (name,)))) is not None:
            values[field] = steps / 256 + R128_TO_REPLAYGAIN
    values["credits"] = [credit(text) for text in comments.get("PERFORMER", ())]
    values["explicit"] = {"0": False, "1": True, "2": False}.get(_first(comments, ("ITUNESADVISORY",)))
    values["picture"] = _picture(file, comments)
    return Tags(**values)  # type: ignore[arg-type]  # the tables above give each field its own type


def compose(stream: BinaryIO, container: Container, tags: Tags) -> Iterator[Piece]:
    """Yield the file with these comments and this cover in place of what it had."""
    if container is Container.FLAC:
        yield from _flac(stream, tags)
    else:
        yield from _ogg_headers.compose(stream, lambda packets: _headers(packets, tags))


def _flac(stream: BinaryIO, tags: Tags) -> Iterator[Piece]:
    """Yield a FLAC file with its STREAMINFO, comments, cover, padding, and all its frames."""
    end = stream.seek(0, 2)
    at = after_id3(stream, end) + 4
    facts, last = b"", False
    while not last:
        stream.seek(at)
        header = stream.read(4)
        if len(header) < 4:
            raise TruncatedError("metadata block", at=at, found=len(header), allowed="4 bytes")
        last, kind, length = bool(header[0] & _LAST), header[0] & ~_LAST, int.from_bytes(header[1:], "big")
        if kind == _STREAMINFO:
            facts = stream.read(length)
        at += 4 + length
    blocks = [(_STREAMINFO, facts), (_COMMENTS, _packed("Bandstand", _comments(tags, opus=False)))]
    if tags.picture is not None:
        blocks.append((_PICTURE, _block(tags.picture).write()))
    yield b"fLaC" + b"".join(bytes((kind,)) + len(body).to_bytes(3, "big") + body for kind, body in blocks)
    yield bytes((_PADDING | _LAST,)) + PADDING.to_bytes(3, "big") + bytes(PADDING)
    yield Span(at, before_id3v1(stream, end))


def _headers(packets: list[bytes], tags: Tags) -> list[bytes]:
    """Return the header packets of an Ogg stream with other comments."""
    first, before, *rest = packets
    sign = next((sign for sign in _SIGNS if first.startswith(sign)), None)
    if sign is None:
        raise FormatError("first packet", at=0, found=first[:8], allowed="Opus, Vorbis or FLAC")
    start = _SIGNS[sign]
    comments = _comments(tags, opus=sign == b"OpusHead")
    if tags.picture is not None:
        comments.append(("METADATA_BLOCK_PICTURE", b64encode(_block(tags.picture).write()).decode()))
    body = _packed(_vendor(before[len(start) :]), comments)
    if sign == b"\x01vorbis":
        return [first, start + body + b"\x01", *rest]  # a framing bit ends it
    if sign == b"OpusHead":
        return [first, start + body]
    header = bytes((_COMMENTS | _LAST,)) + len(body).to_bytes(3, "big")
    return [first[:7] + b"\0\x01" + first[9:], header + body]  # one packet follows: this one


def _vendor(body: bytes) -> str:
    """Return who encoded the sound: that stays as it was."""
    length = int.from_bytes(body[:4], "little")
    return body[4 : 4 + min(length, 200)].decode(errors="replace")


def _packed(vendor: str, comments: list[tuple[str, str]]) -> bytes:
    """Return the body that all kinds share (Vorbis I specification, section 5.2.1)."""
    texts = [f"{name}={value}".encode() for name, value in comments]
    lengths = [struct.pack("<I", len(text)) + text for text in texts]
    said = vendor.encode()
    return struct.pack("<I", len(said)) + said + struct.pack("<I", len(texts)) + b"".join(lengths)


def _open(path: Path, container: Container) -> File:
    if container is Container.FLAC:
        return FLAC(path)
    with path.open("rb") as stream:
        head = stream.read(300)
    for sign, kind in ((b"OpusHead", OggOpus), (b"\x01vorbis", OggVorbis), (b"\x7fFLAC", OggFLAC)):
        if sign in head:
            return kind(path)
    raise UnsupportedMediaError(path=path, found="an Ogg file of a kind we don't know")


def _first(comments: Comments, names: tuple[str, ...]) -> str:
    return next((value for name in names for value in comments.get(name, ()) if value.strip()), "")


def _comments(tags: Tags, *, opus: bool) -> list[tuple[str, str]]:
    """Return the comments in a fixed order."""
    found = [(names[0], getattr(tags, field)) for field, names in _ONE.items() if getattr(tags, field)]
    found += [(names[0], value) for field, names in _MANY.items() for value in getattr(tags, field)]
    found += [(names[0], str(getattr(tags, field))) for field, names in _COUNTS.items() if getattr(tags, field)]
    found += [("PERFORMER", performer(role, name)) for role, name in tags.credits]
    if tags.explicit is not None:
        found.append(("ITUNESADVISORY", str(int(tags.explicit))))
    for field, name in _GAINS.items():
        value = getattr(tags, field)
        if value is None:
            continue
        if opus and field in _R128:
            found.append((_R128[field], str(round((value - R128_TO_REPLAYGAIN) * 256))))
        else:
            found.append((name, f"{value:.2f} dB" if field.endswith("gain") else f"{value:.6f}"))
    return found


def _picture(file: File, comments: Comments) -> Picture | None:
    blocks = list(file.pictures) if isinstance(file, FLAC) else []
    for text in comments.get("METADATA_BLOCK_PICTURE", ())[:8]:
        if len(text) < 2 * MAX_PICTURE:
            blocks.append(FlacPicture(b64decode(text)))
    blocks.sort(key=lambda block: block.type != FRONT_COVER)
    return Picture(blocks[0].data, blocks[0].mime) if blocks else None


def _block(picture: Picture) -> FlacPicture:
    block = FlacPicture()
    block.type, block.mime, block.data = FRONT_COVER, picture.mime, picture.data
    return block


TAGS = TagScheme(
    slug="vorbis", title="Vorbis comments", containers=(Container.FLAC, Container.OGG), read=read, compose=compose
)
