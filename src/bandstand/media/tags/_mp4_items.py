"""An MP4 file with another item list: the movie box is built anew, and its chunk offsets follow the sound."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from bandstand.kernel.errors import FormatError
from bandstand.media._boxes import walk
from bandstand.media.tags._splice import Piece, Span

TEXT, BINARY, JPEG, PNG, INTEGER = 1, 0, 13, 14, 21  # kinds of data
MAX_MOVIE = 256 * 1024 * 1024
_LEFT_OUT = frozenset((b"free", b"skip", b"udta", b"meta"))  # tags and padding of before
_HANDLER = bytes(8) + b"mdirappl" + bytes(9)
_FREE_FORM = b"----"


@dataclass(frozen=True, slots=True)
class _Box:
    name: bytes
    start: int
    body: int
    end: int


def box(name: bytes, *parts: bytes) -> bytes:
    """Return a box."""
    return struct.pack(">I4s", 8 + sum(map(len, parts)), name) + b"".join(parts)


def data(kind: int, value: bytes) -> bytes:
    """Return the data of an item."""
    return box(b"data", struct.pack(">II", kind, 0), value)


def free_form(name: str, values: list[str]) -> bytes:
    """Return an item that iTunes has no name for, with one text or several."""
    mean = box(b"mean", bytes(4), b"com.apple.iTunes")
    return box(_FREE_FORM, mean, box(b"name", bytes(4), name.encode()), *(data(TEXT, v.encode()) for v in values))


def compose(stream: BinaryIO, items: list[bytes], *, padding: int) -> Iterator[Piece]:
    """Yield the file with these items and nothing of the ones before.

    Raises
    ------
    FormatError
        It has no movie box, or its offsets don't reach.
    """
    end = stream.seek(0, 2)
    top = [found for found in _children(stream, 0, end) if found.name not in _LEFT_OUT]
    movie = next((found for found in top if found.name == b"moov"), None)
    if movie is None or movie.end - movie.start > MAX_MOVIE:
        raise FormatError("movie box", at=0, found="none", allowed="one")
    kept = [found for found in _children(stream, movie.body, movie.end) if found.name not in _LEFT_OUT]
    bodies = [_read(stream, found) for found in kept]
    listed = box(b"meta", bytes(4), box(b"hdlr", _HANDLER), box(b"ilst", *items), box(b"free", bytes(padding)))
    made = bytearray(box(b"moov", *bodies, box(b"udta", listed)))
    moves, at = [], 0
    for found in top:
        size = len(made) if found is movie else found.end - found.start
        moves.append((found.start, found.end, at - found.start))
        at += size
    _shift(made, moves)
    for found in top:
        yield bytes(made) if found is movie else Span(found.start, found.end)


def _shift(movie: bytearray, moves: list[tuple[int, int, int]]) -> None:
    """Let every chunk offset follow the box it points into."""
    for found in walk(BytesIO(movie), len(movie)):
        if found.name not in (b"stco", b"co64"):
            continue
        letter, most = ("I", 0xFFFFFFFF) if found.name == b"stco" else ("Q", 2**63)
        (count,) = struct.unpack_from(">I", movie, found.body + 4)
        table = struct.Struct(f">{count}{letter}")
        if found.body + 8 + table.size > found.end:
            raise FormatError("chunk offsets", at=found.body, found=count, allowed="what fits into their box")
        offsets = [offset + _move(offset, moves) for offset in table.unpack_from(movie, found.body + 8)]
        if offsets and max(offsets) > most:
            raise FormatError("chunk offset", at=found.body, found=max(offsets), allowed=f"at most {most}")
        table.pack_into(movie, found.body + 8, *offsets)


def _move(offset: int, moves: list[tuple[int, int, int]]) -> int:
    return next((by for start, end, by in moves if start <= offset < end), 0)


def _children(stream: BinaryIO, start: int, end: int) -> list[_Box]:
    found: list[_Box] = []
    while start + 8 <= end:
        stream.seek(start)
        header = stream.read(16)
        (length,), name, size = struct.unpack_from(">I", header), header[4:8], 8
        if length == 1 and len(header) == 16:
            (length,), size = struct.unpack_from(">Q", header, 8), 16
        elif length == 0:
            length = end - start
        if length < size or start + length > end:
            raise FormatError("box length", at=start, found=length, allowed=f"{size} to {end - start}")
        found.append(_Box(name, start, start + size, start + length))
        start += length
    return found


def _read(stream: BinaryIO, found: _Box) -> bytes:
    stream.seek(found.start)
    return stream.read(found.end - found.start)
