"""What a file says about itself, from our own reading of its headers: length, depth, checksum."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bandstand.kernel.errors import FormatError, InputError
from bandstand.kernel.units import Frames
from bandstand.media import _mpeg
from bandstand.media import _ogg as _ogg_pages
from bandstand.media._boxes import walk
from bandstand.media.sniff import HEAD, Container, after_id3, first_mpeg_frame

MAX_CHUNKS = 4096
_PLAIN = (1, 3, 0xFFFE)  # WAV: whole numbers, floats, either with more said behind; all else counts in its own way
_UNKNOWN = 0xFFFFFFFF  # what a writer that could not seek back leaves as a length


class DamagedMediaError(InputError):
    """A file that is cut off or broken."""

    code = "media.damaged"
    facts = ("path", "what", "place")

    def __init__(self, *, path: str | Path, what: str, place: str) -> None:
        self.path, self.what, self.place = str(path), what, place
        super().__init__(
            f"{Path(path).name} is damaged {place}: {what}.",
            hint="Export it again from the original, and send it again.",
        )


@dataclass(frozen=True, slots=True)
class Declared:
    """What the headers say; None where they are silent."""

    frames: Frames | None = None
    bits: int | None = None
    md5: str | None = None  # of the samples, as FLAC keeps it


def declared(path: Path, container: Container) -> Declared:
    """Read the headers of a file.

    Raises
    ------
    DamagedMediaError
        The file ends before the length that it announces.
    """
    with path.open("rb") as stream:
        end = os.fstat(stream.fileno()).st_size
        try:
            return _READERS[container](stream, end, path)
        except (struct.error, IndexError) as error:
            raise DamagedMediaError(path=path, what="its headers are cut off", place=f"before byte {end}") from error


def _flac(stream: BinaryIO, end: int, path: Path) -> Declared:
    stream.seek(after_id3(stream, end) + 4)
    body = stream.read(38)
    packed = int.from_bytes(body[14:22], "big")  # RFC 9639, section 8.2
    if body[0] & 0x7F != 0 or len(body) < 38:
        raise DamagedMediaError(path=path, what="its first block is no stream information", place="at byte 4")
    md5 = body[22:38]
    return Declared(Frames(packed & 0xFFFFFFFFF) or None, (packed >> 36 & 31) + 1, md5.hex() if any(md5) else None)


def _mp3(stream: BinaryIO, end: int, path: Path) -> Declared:
    start = after_id3(stream, end)
    stream.seek(start)
    body = stream.read(HEAD)
    at = first_mpeg_frame(body, last=start + len(body) >= end, tagged=start > 0)
    return Declared(None if at is None else _mpeg.declared_frames(body[at:]))


def _mp4(stream: BinaryIO, end: int, path: Path) -> Declared:
    bits, reached = None, 0
    for box in walk(stream, end):
        reached = max(reached, box.end)
        if box.name == b"stsd":
            stream.seek(box.body)
            entry = stream.read(64)
            if entry[12:16] == b"alac" and entry[48:52] == b"alac":  # the sample size of the magic cookie
                bits = entry[61]
    if end - reached >= 8:
        raise DamagedMediaError(path=path, what="a box goes beyond the end of the file", place=f"at byte {reached}")
    return Declared(bits=bits)


def _ogg(stream: BinaryIO, end: int, path: Path) -> Declared:
    last = False
    try:
        for page in _ogg_pages.pages(stream, end):
            last = page.last
    except FormatError as error:
        raise DamagedMediaError(path=path, what=f"the {error.what} is wrong", place=f"at byte {error.at}") from error
    if not last:
        raise DamagedMediaError(path=path, what="its last page is missing", place=f"at byte {end}")
    return Declared()


def _wav(stream: BinaryIO, end: int, path: Path) -> Declared:
    kind = block = bits = 0
    long_data = None
    for name, at, length in _chunks(stream, 12, end, "<"):
        if name == b"ds64":
            long_data = struct.unpack("<Q", stream.read(16)[8:])[0]
        elif name == b"fmt ":
            kind, _, _, _, block, bits = struct.unpack("<HHIIHH", stream.read(16))
        elif name == b"data":
            if length in (0, _UNKNOWN) and long_data is None:
                return Declared(bits=bits)
            told = long_data if long_data is not None and length == _UNKNOWN else length
            frames = _fit(path, at, told, end, block)
            return Declared(frames if kind in _PLAIN else None, bits)
    raise DamagedMediaError(path=path, what="there is no sound in it", place=f"before byte {end}")


def _aiff(stream: BinaryIO, end: int, path: Path) -> Declared:
    frames = bits = None
    for name, at, length in _chunks(stream, 12, end, ">"):
        if name == b"COMM":
            _, frames, bits = struct.unpack(">hIh", stream.read(8))
        elif name == b"SSND":
            _fit(path, at, length, end, 1)
    return Declared(frames, bits)


_READERS = {
    Container.FLAC: _flac,
    Container.MP3: _mp3,
    Container.MP4: _mp4,
    Container.OGG: _ogg,
    Container.WAV: _wav,
    Container.AIFF: _aiff,
}


def _fit(path: Path, at: int, length: int, end: int, block: int) -> Frames:
    if at + length > end:
        raise DamagedMediaError(
            path=path, what=f"{at + length - end} bytes of sound are missing", place=f"at byte {end}"
        )
    return Frames(length // max(block, 1))


def _chunks(stream: BinaryIO, at: int, end: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, place and length of each chunk; the stream stands at its body."""
    for _ in range(MAX_CHUNKS):
        stream.seek(at)
        header = stream.read(8)
        if len(header) < 8:
            return
        (length,) = struct.unpack(f"{order}I", header[4:])
        yield header[:4], at + 8, length
        at += 8 + length + (length & 1)
