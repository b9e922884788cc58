"""Vorbis comments: FLAC (RFC 9639, section 8.6), Ogg Vorbis, Ogg FLAC and Opus (RFC 7845, section 5.2)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from mutagen.flac import FLAC, StreamInfo, VCFLACDict
from mutagen.flac import Picture as FlacPicture
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from bandstand.media.sniff import Container, UnsupportedMediaError
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

PADDING = 4096
FRONT_COVER = 3
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
    "language": ("LANGUAGE",),
    "comment": ("COMMENT", "DESCRIPTION"),
    "url": ("WEBSITE", "CONTACT", "URL"),
}
_MANY = {
    "artists": ("ARTIST", "ARTISTS"),
    "album_artists": ("ALBUMARTIST", "ALBUM ARTIST", "ENSEMBLE"),
    "composers": ("COMPOSER",),
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


def write(path: Path, container: Container, tags: Tags) -> None:
    """Replace comments and cover."""
    file = _open(path, container)
    comments = _comments(tags, opus=isinstance(file, OggOpus))
    if isinstance(file, FLAC):
        file.metadata_blocks = [block for block in file.metadata_blocks if isinstance(block, StreamInfo)]
        file.tags = None
        file.add_tags()
        if tags.picture is not None:
            file.add_picture(_block(tags.picture))
    elif tags.picture is not None:
        comments.append(("METADATA_BLOCK_PICTURE", b64encode(_block(tags.picture).write()).decode()))
    if file.tags is None:
        file.add_tags()
    assert file.tags is not None
    file.tags.clear()
    if isinstance(file.tags, VCFLACDict):
        file.tags.vendor = "Bandstand"
    file.tags.extend(comments)
    if isinstance(file, FLAC):
        file.save(deleteid3=True, padding=lambda _info: PADDING)
    else:
        file.save(padding=lambda _info: PADDING)


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
    slug="vorbis", title="Vorbis comments", containers=(Container.FLAC, Container.OGG), read=read, write=write
)
