"""What a file is, from our own reading of its first bytes: never from its name, never by asking a decoder."""

from __future__ import annotations

import os
import re
import struct
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from bandstand.kernel.errors import InputError
from bandstand.media import _ea3mark, _mpeg
from bandstand.media._boxes import Box, walk

HEAD = 64 * 1024
MAX_ID3 = 64 * 1024 * 1024
MAX_ID3_IN_A_ROW = 4
MPEG_FRAMES = 4
MAX_WAV_CHUNKS = 64  # before the one that says how a WAV file is coded
_ATRAC3 = 0x0270


class Container(StrEnum):
    """The kinds of file that we know."""

    FLAC = "flac"
    MP3 = "mp3"
    MP4 = "mp4"
    OGG = "ogg"
    WAV = "wav"
    AIFF = "aiff"
    OMA = "oma"
    AT3 = "at3"  # ATRAC3 in a WAV file


TAKEN: tuple[Container, ...] = tuple(
    container for container in Container if container not in (Container.OMA, Container.AT3)
)
"""Those that may be a store's masters, and the only ones that reach the media library's demuxers."""

_SUFFIXES = {
    Container.FLAC: (".flac",),
    Container.MP3: (".mp3",),
    Container.MP4: (".m4a", ".mp4", ".m4b"),
    Container.OGG: (".ogg", ".oga", ".opus"),
    Container.WAV: (".wav", ".wave"),
    Container.AIFF: (".aiff", ".aif", ".aifc"),
    Container.OMA: (".oma", ".omg", ".aa3"),
    Container.AT3: (".at3", ".wav"),
}


class UnsupportedMediaError(InputError):
    """A file that is no sound we take."""

    code = "media.unsupported"
    facts = ("path", "found")

    def __init__(self, *, path: str | Path, found: str) -> None:
        self.path, self.found = str(path), found
        super().__init__(f"{Path(path).name} is {found}.", hint=f"Give it as {', '.join(c.upper() for c in TAKEN)}.")


class LockedMediaError(UnsupportedMediaError):
    """A file whose own shop's program only can open it."""


def expected_suffixes(container: Container) -> tuple[str, ...]:
    """Return the file name endings that go with a container, the usual one first."""
    return _SUFFIXES[container]


def sniff(path: Path) -> Container:
    """Return the container of the sound in a file that the store takes.

    Raises
    ------
    UnsupportedMediaError
        It is empty, protected, or something else; the error says what.
    """
    container = recognise(path)
    if container is Container.OMA:
        raise UnsupportedMediaError(path=path, found=_oma(path))
    if container is Container.AT3:
        raise UnsupportedMediaError(path=path, found="a WAV file with ATRAC3 in it, which the store doesn't take")
    return container


def recognise(path: Path) -> Container:
    """Return the container of the sound in a file, also of one that the store doesn't take.

    An OMA file is known by its header alone: whether its frames may be read is for `containers.oma` to say.

    Raises
    ------
    UnsupportedMediaError
        It is none that we know; the error says what it is.
    """
    if not path.is_file():  # a pipe would hold us for ever
        raise UnsupportedMediaError(path=path, found="no file")
    with path.open("rb") as stream:
        end = os.fstat(stream.fileno()).st_size
        head = stream.read(HEAD)
        if not head:
            raise UnsupportedMediaError(path=path, found="empty")
        container = _openmg(stream) if _ea3mark.starts(head) else _sound(stream, head, end, path)
    if container is None:
        raise UnsupportedMediaError(path=path, found=_name(head))
    return container


def _sound(stream: BinaryIO, head: bytes, end: int, path: Path) -> Container | None:
    start = after_id3(stream, end)
    body = head if start == 0 else _read_at(stream, start, HEAD)
    if body.startswith(b"fLaC"):
        return Container.FLAC
    if start == 0:
        if head.startswith(b"OggS"):
            return _ogg(head, path)
        if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
            return Container.AT3 if _wav_tag(stream, end) == _ATRAC3 else Container.WAV
        if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
            return Container.AIFF
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            return _mp4(stream, end, path)
    return Container.MP3 if _is_mp3(body, last=start + len(body) >= end, tagged=start > 0) else None


def _openmg(stream: BinaryIO) -> Container | None:
    return Container.OMA if _ea3mark.mark(stream) is not None else None


def after_id3(stream: BinaryIO, end: int) -> int:
    """Return where the ID3v2 tags at the start of a file end; 0 without any, or when a length can't be believed."""
    at = 0
    for _ in range(MAX_ID3_IN_A_ROW):
        header = _read_at(stream, at, 10)
        if len(header) < 10 or header[:3] != b"ID3" or max(header[6:10]) > 0x7F or 0xFF in header[3:5]:
            break
        length = header[6] << 21 | header[7] << 14 | header[8] << 7 | header[9]
        step = 10 + length + (10 if header[5] & 0x10 else 0)
        if length > MAX_ID3 or at + step > end:
            return 0
        at += step
    return at


def first_mpeg_frame(body: bytes, *, last: bool, tagged: bool) -> int | None:
    """Return where the first of several consecutive MPEG frames starts; None when there is none near the start.

    Zeros may stand before it (padding that some writers leave); after a tag, so may up to 4 kB of anything.
    """
    limit = min(len(body), 4096 if tagged else 1)
    zeros = len(body) - len(body.lstrip(b"\0"))
    for at in {0, zeros} | (set(range(limit)) if tagged else set()):
        if body[at : at + 1] == b"\xff" and _mpeg.frames_in_a_row(body, at, wanted=MPEG_FRAMES, last=last):
            return at
    return None


def _is_mp3(body: bytes, *, last: bool, tagged: bool) -> bool:
    return first_mpeg_frame(body, last=last, tagged=tagged) is not None


def _wav_tag(stream: BinaryIO, end: int) -> int | None:
    """Return the number that says how a WAV file is coded; None when there is none among its first chunks."""
    at = 12
    for _ in range(MAX_WAV_CHUNKS):
        header = _read_at(stream, at, 10)
        if len(header) < 10 or at >= end:
            return None
        length, tag = struct.unpack_from("<IH", header, 4)
        if header.startswith(b"fmt "):
            return int(tag)
        at += 8 + length + (length & 1)
    return None


def _ogg(head: bytes, path: Path) -> Container:
    packet = head[27 + head[26] : 27 + head[26] + 8] if len(head) > 27 else b""
    if packet.startswith((b"OpusHead", b"\x01vorbis", b"\x7fFLAC")):
        return Container.OGG
    what = (
        "Theora video"
        if packet.startswith(b"\x80theora")
        else "Speex"
        if packet.startswith(b"Speex")
        else "something else"
    )
    raise UnsupportedMediaError(path=path, found=f"an Ogg file with {what} in it, not Vorbis, Opus or FLAC")


def _mp4(stream: BinaryIO, end: int, path: Path) -> Container | None:
    boxes = list(walk(stream, end))
    brand = next((_read_at(stream, box.body, 4) for box in boxes if box.name == b"ftyp"), b"")
    if brand in (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"):
        raise UnsupportedMediaError(path=path, found="a picture (HEIF or AVIF)")
    entries = [name for box in boxes if box.name == b"stsd" for name in _entries(stream, box)]
    if brand in (b"M4P ", b"M4VP") or any(name in (b"drms", b"drmi", b"enca", b"encv", b"p608") for name in entries):
        raise LockedMediaError(path=path, found="a protected file, which only its shop's own program can open")
    if not any(box.name == b"moov" for box in boxes):
        raise UnsupportedMediaError(
            path=path, found="an MP4 file without its index, so it was cut off or is a fragment"
        )
    return Container.MP4


def _entries(stream: BinaryIO, box: Box) -> list[bytes]:
    body = _read_at(stream, box.body, min(box.end - box.body, 64 * 1024))
    found: list[bytes] = []
    at = 8
    while at + 8 <= len(body) and len(found) < 16:
        (length,) = struct.unpack_from(">I", body, at)
        found.append(body[at + 4 : at + 8])
        at += max(length, 8)
    return found


def _read_at(stream: BinaryIO, at: int, length: int) -> bytes:
    stream.seek(at)
    return stream.read(length)


_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"EA3", "an OpenMG file that was cut off"),
    (b"ea3\x03", "an OpenMG tag with no OpenMG header where it ends"),
    (b"ID3", "a file with an ID3 tag and no MPEG sound where the tag says that it ends"),
    (b"#EXTM3U", "a playlist (HLS or M3U), which holds no sound itself"),
    (b"ffconcat", "a list of other files (ffconcat), which holds no sound itself"),
    (b"[playlist]", "a playlist (PLS), which holds no sound itself"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"%PDF", "a PDF document"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM file"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file"),
    (b"MThd", "a MIDI file, which holds notes and no sound"),
    (b"wvpk", "a WavPack file"),
    (b"MAC ", "a Monkey's Audio file"),
    (b"DSD ", "a DSD file"),
    (b"FRM8", "a DSD file (DSDIFF)"),
    (b"FLV", "a Flash video"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_MARKUP = re.compile(rb"<(?:\?xml|!doctype|html|svg|asx|smil|playlist|script)", re.IGNORECASE)


def _name(head: bytes) -> str:
    """Say what bytes that are no sound we take most likely are."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    signed = (name for sign, name in _SIGNS if head.startswith(sign) or text.startswith(sign))
    return next(signed, "") or _markup(text) or _other(head)


def _markup(text: bytes) -> str:
    if not (found := _MARKUP.match(text)):
        return ""
    kinds = {b"<svg": "a drawing (SVG)", b"<htm": "a web page (HTML)", b"<!do": "a web page (HTML)"}
    return kinds.get(found.group()[:4].lower(), "an XML file")


def _other(head: bytes) -> str:
    if head.startswith(b"RIFF"):
        kinds = {b"AVI ": "an AVI video", b"WEBP": "a picture (WebP)"}
        return kinds.get(head[8:12], "a RIFF file that is no WAV")
    if len(head) >= 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "bare AAC (ADTS) without a container"
    return "a text file" if b"\0" not in head and head.isascii() else "of a kind we don't know"


def _oma(path: Path) -> str:
    """Say by its protection mark what an OMA file is."""
    with path.open("rb") as stream:
        if _ea3mark.mark(stream) in _ea3mark.OPEN:
            return "an OpenMG file (ATRAC), which the store doesn't take"
    return "a protected OpenMG file, which only its own program can open"
