"""WAV and AIFF files with other tags: chunks are kept or left out, and those with tags are put in."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from bandstand.kernel.errors import FormatError
from bandstand.media.tags._splice import Piece, Span

MAX_CHUNKS = 1_000
MAX_FORM = 0xFFFFFFFF
_TAGS_OF_WAV = frozenset((b"LIST", b"id3 ", b"ID3 ", b"JUNK", b"PAD ", b"FLLR"))
_TAGS_OF_AIFF = frozenset((b"ID3 ", b"NAME", b"AUTH", b"(c) ", b"ANNO"))


def wav(stream: BinaryIO, *, info: bytes, id3: bytes) -> Iterator[Piece]:
    """Yield a WAV file with an INFO list before its samples and an ID3 chunk behind them."""
    yield from _compose(stream, b"RIFF", "<", _TAGS_OF_WAV, {b"data": _chunk("<", b"LIST", b"INFO" + info)}, id3)


def aiff(stream: BinaryIO, *, id3: bytes) -> Iterator[Piece]:
    """Yield an AIFF file with an ID3 chunk at its end."""
    yield from _compose(stream, b"FORM", ">", _TAGS_OF_AIFF, {}, id3)


def _compose(
    stream: BinaryIO, sign: bytes, order: str, left_out: frozenset[bytes], before: dict[bytes, bytes], id3: bytes
) -> Iterator[Piece]:
    end = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(12)
    if head[:4] != sign:
        raise FormatError("sign", at=0, found=head[:4], allowed=sign.decode())
    pieces: list[Piece] = []
    for name, start, stop in _chunks(stream, order, end):
        if name in left_out:
            continue
        if before.get(name):
            pieces.append(before[name])
        pieces.append(Span(start, min(stop, end)))
        if (min(stop, end) - start) & 1:
            pieces.append(b"\0")
    if id3:
        pieces.append(_chunk(order, b"id3 " if sign == b"RIFF" else b"ID3 ", id3))
    size = 4 + sum(piece.end - piece.start if isinstance(piece, Span) else len(piece) for piece in pieces)
    if size > MAX_FORM:
        raise FormatError("length", at=4, found=size, allowed=f"at most {MAX_FORM}")
    yield sign + struct.pack(f"{order}I", size) + head[8:12]
    yield from pieces


def _chunks(stream: BinaryIO, order: str, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of each chunk, and where it starts and stops without its padding."""
    at = 12
    for _ in range(MAX_CHUNKS):
        stream.seek(at)
        header = stream.read(8)
        if len(header) < 8:
            return
        (length,) = struct.unpack_from(f"{order}I", header, 4)
        yield header[:4], at, at + 8 + length
        at += 8 + length + (length & 1)
        if at >= end:
            return
    raise FormatError("chunks", at=at, found=f"more than {MAX_CHUNKS}", allowed=str(MAX_CHUNKS))


def _chunk(order: str, name: bytes, body: bytes) -> bytes:
    if body == b"INFO":
        return b""
    return name + struct.pack(f"{order}I", len(body)) + body + bytes(len(body) & 1)
