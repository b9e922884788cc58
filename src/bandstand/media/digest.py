"""Size, SHA-256 and CRC-32 of a file, read in blocks: what is published and what a zip needs."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bandstand.kernel.progress import Progress, silent
from bandstand.kernel.units import Bytes

BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Digest:
    """What identifies bytes."""

    size: Bytes
    sha256: str  # lower-case hexadecimal
    crc32: int


def digest(source: Path | BinaryIO, *, progress: Progress = silent) -> Digest:
    """Read a file, or a stream from where it stands, to its end; progress counts bytes."""
    with _opened(source) as stream:
        return _read(stream, None, progress)


def copy_digest(source: Path | BinaryIO, sink: BinaryIO, *, progress: Progress = silent) -> Digest:
    """Copy all of `source` to `sink` and return the digest of what was copied; progress counts bytes."""
    with _opened(source) as stream:
        return _read(stream, sink, progress)


def _read(stream: BinaryIO, sink: BinaryIO | None, progress: Progress) -> Digest:
    sha256, crc32, size = hashlib.sha256(), 0, 0
    while block := stream.read(BLOCK):
        sha256.update(block)
        crc32 = zlib.crc32(block, crc32)
        size += len(block)
        if sink is not None:
            sink.write(block)
        progress(len(block))
    return Digest(Bytes(size), sha256.hexdigest(), crc32)


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, Path):
        with source.open("rb") as stream:
            yield stream
    else:
        yield source
