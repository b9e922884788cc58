"""A tagged file in one pass: new bytes and stretches of the source, written and hashed while they go by."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from bandstand.kernel.errors import TruncatedError
from bandstand.kernel.units import Bytes
from bandstand.media.digest import Digest

BLOCK = 1024 * 1024
GATHER = 256 * 1024  # small pieces are written together


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the source that is copied as it is."""

    start: int
    end: int


Piece: TypeAlias = bytes | Span


def splice(source: BinaryIO, sink: BinaryIO, pieces: Iterator[Piece]) -> Digest:
    """Write all pieces and return the digest of what was written. Neither file should be buffered.

    Raises
    ------
    TruncatedError
        The source ends within a stretch.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="sha256") as pool:
        out = _Out(sink, pool)
        _copy(source, out, pieces)
        return out.digest()


def _copy(source: BinaryIO, out: _Out, pieces: Iterator[Piece]) -> None:
    buffer = memoryview(bytearray(BLOCK))
    for piece in pieces:
        if isinstance(piece, Span):
            out.flush()
            source.seek(piece.start)
            left = piece.end - piece.start
            while left > 0:
                read = source.readinto(buffer[: min(left, BLOCK)])  # type: ignore[attr-defined]  # files have it
                if not read:
                    raise TruncatedError("sound", at=piece.end - left, found=0, allowed=f"{left} bytes")
                out.write(buffer[:read])
                left -= read
        else:
            out.gather(piece)
    out.flush()


def before_id3v1(stream: BinaryIO, end: int) -> int:
    """Return where a file ends without the old tag of 128 bytes."""
    stream.seek(max(end - 128, 0))
    return end - 128 if end >= 128 and stream.read(3) == b"TAG" else end


class _Out:
    """Writes and hashes; SHA-256, which takes as long as the rest together, in a thread beside it."""

    def __init__(self, sink: BinaryIO, pool: Executor) -> None:
        self._sink, self._pool, self._gathered = sink, pool, bytearray()
        self._sha256, self._crc32, self._size = hashlib.sha256(), 0, 0

    def gather(self, piece: bytes) -> None:
        self._gathered += piece
        if len(self._gathered) >= GATHER:
            self.flush()

    def flush(self) -> None:
        if self._gathered:
            self.write(memoryview(bytes(self._gathered)))
            self._gathered.clear()

    def write(self, block: memoryview) -> None:
        hashed = self._pool.submit(self._sha256.update, block)
        self._crc32 = zlib.crc32(block, self._crc32)
        self._size += len(block)
        while block:
            block = block[self._sink.write(block) :]
        hashed.result()  # what comes next is read into the same memory

    def digest(self) -> Digest:
        return Digest(Bytes(self._size), self._sha256.hexdigest(), self._crc32)
