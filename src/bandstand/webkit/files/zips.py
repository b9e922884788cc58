"""Zips that are never built: every byte is computed from a manifest (docs/formats/zip.md, section 2).

Entries are stored, not compressed (music does not get smaller), so sizes and offsets are known before the first byte
is sent, and any byte can be sent without those before it.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, islice
from typing import BinaryIO

from bandstand.kernel.errors import OutsideError
from bandstand.kernel.units import Bytes
from bandstand.webkit.files.manifests import Entry, Manifest

CHUNK = 256 << 10
# APPNOTE.TXT 6.3.10; the section in brackets
_LOCAL = struct.Struct("<4s5H3I2H")  # [4.3.7]
_CENTRAL = struct.Struct("<4s6H3I5H2I")  # [4.3.12]
_END64 = struct.Struct("<4sQ2H2I4Q")  # [4.3.14]
_LOCATOR = struct.Struct("<4sIQI")  # [4.3.15]
_END = struct.Struct("<4s4H2IH")  # [4.3.16]
_UTF8_NAME = 1 << 11  # [4.4.4] bit 11, the language encoding flag (EFS)
_STORED = 0  # [4.4.5]
_PLAIN, _ZIP64 = 20, 45  # [4.4.3] the version needed
_BY_UNIX = 3 << 8 | _ZIP64  # [4.4.2] so that the permissions below count
_RW_R_R = 0o100644 << 16
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF  # [4.4.1.4] "look into the ZIP64 fields"


class EntryChangedError(OutsideError):
    """A stored file is not the one that the manifest names."""

    code = "zip.entry_changed"
    retry = False

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__("One of the files of this zip is not in the store as it should be.")


@dataclass(frozen=True, slots=True)
class FileSlice:
    """Bytes of a stored file from `start` up to, not including, `stop`."""

    entry: Entry
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Layout:
    """Where every byte of a zip comes from."""

    pieces: tuple[bytes | FileSlice, ...]  # none of them empty
    offsets: tuple[int, ...]  # of each piece
    size: Bytes


def layout(manifest: Manifest) -> Layout:
    """Compute headers, offsets, central directory and total size of the zip of `manifest`."""
    when = dos_date(manifest.modified)
    pieces: list[bytes | FileSlice] = []
    central: list[bytes] = []
    at = 0
    for entry in manifest.entries:
        header = _local(entry, when)
        central.append(_central_header(entry, when, at))
        pieces.append(header)
        if entry.size:
            pieces.append(FileSlice(entry, 0, entry.size))
        at += len(header) + entry.size
    directory = b"".join(central)
    pieces.append(directory + _end(len(central), len(directory), at, manifest.comment.encode()))
    *offsets, size = accumulate((len(piece) for piece in pieces), initial=0)
    return Layout(tuple(pieces), tuple(offsets), Bytes(size))


def dos_date(moment: datetime) -> tuple[int, int]:
    """Return time and date as two 16-bit fields [4.4.6]; in steps of two seconds, from 1980 to 2107."""
    at = moment.astimezone(UTC)
    return at.hour << 11 | at.minute << 5 | at.second // 2, (at.year - 1980) << 9 | at.month << 5 | at.day


def slices(plan: Layout, start: int, stop: int) -> Iterator[bytes | FileSlice]:
    """Yield what the bytes from `start` up to, not including, `stop` are made of."""
    if not 0 <= start <= stop <= plan.size:
        raise ValueError(f"{start} to {stop} is not inside {plan.size} bytes")
    if start == stop:
        return
    first = bisect_right(plan.offsets, start) - 1
    for piece, offset in islice(zip(plan.pieces, plan.offsets, strict=True), first, None):
        if offset >= stop:
            return
        head, tail = max(start - offset, 0), min(stop - offset, len(piece))
        if isinstance(piece, bytes):
            yield piece[head:tail]
        else:
            yield FileSlice(piece.entry, piece.start + head, piece.start + tail)


def read_range(plan: Layout, start: int, stop: int, open_entry: Callable[[Entry], BinaryIO]) -> Iterator[bytes]:
    """Yield the bytes from `start` up to, not including, `stop`, in blocks of at most `CHUNK` where files are read.

    Raises
    ------
    EntryChangedError
        A file ends before its size in the manifest.

    """
    for piece in slices(plan, start, stop):
        if isinstance(piece, bytes):
            yield piece
            continue
        with open_entry(piece.entry) as source:
            source.seek(piece.start)
            left = len(piece)
            while left:
                block = source.read(min(CHUNK, left))
                if not block:
                    raise EntryChangedError(piece.entry.path)
                left -= len(block)
                yield block


def _local(entry: Entry, when: tuple[int, int]) -> bytes:
    name, large = entry.name.encode(), entry.size >= _FULL32
    extra = struct.pack("<2H2Q", 1, 16, entry.size, entry.size) if large else b""  # [4.5.3] here always both sizes
    size = _FULL32 if large else entry.size
    fixed = _LOCAL.pack(
        b"PK\3\4",
        _ZIP64 if large else _PLAIN,
        _UTF8_NAME,
        _STORED,
        *when,
        entry.crc32,
        size,
        size,
        len(name),
        len(extra),
    )
    return fixed + name + extra


def _central_header(entry: Entry, when: tuple[int, int], at: int) -> bytes:
    name, large, far = entry.name.encode(), entry.size >= _FULL32, at >= _FULL32
    wide = [entry.size] * 2 * large + [at] * far  # [4.5.3] only the fields that are full, in this order
    extra = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    size = _FULL32 if large else entry.size
    version, offset = _ZIP64 if wide else _PLAIN, _FULL32 if far else at
    lengths = len(name), len(extra), 0
    fixed = _CENTRAL.pack(
        b"PK\1\2",
        _BY_UNIX,
        version,
        _UTF8_NAME,
        _STORED,
        *when,
        entry.crc32,
        size,
        size,
        *lengths,
        0,
        0,
        _RW_R_R,
        offset,
    )
    return fixed + name + extra


def _end(count: int, length: int, at: int, comment: bytes) -> bytes:
    wide = b""
    if count >= _FULL16 or length >= _FULL32 or at >= _FULL32:
        record = _END64.pack(b"PK\6\6", _END64.size - 12, _BY_UNIX, _ZIP64, 0, 0, count, count, length, at)
        wide = record + _LOCATOR.pack(b"PK\6\7", 0, at + length, 1)
    counts = (min(count, _FULL16),) * 2
    fixed = _END.pack(b"PK\5\6", 0, 0, *counts, min(length, _FULL32), min(at, _FULL32), len(comment))
    return wide + fixed + comment
