"""The boxes of an MP4 file (ISO/IEC 14496-12, section 4.2), as far as their names and places go."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_BOXES = 4000
_PARENTS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"))


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its name, and where its body starts and ends in the file."""

    name: bytes
    body: int
    end: int


def walk(stream: BinaryIO, end: int) -> Iterator[Box]:
    """Yield the boxes from the start of a file to `end` and those inside a movie, parents first; at most MAX_BOXES.

    A box whose length goes beyond its parent ends the walk of that parent: the rest can't be trusted.
    """
    todo, count = [(0, end)], 0
    while todo and count < MAX_BOXES:
        at, limit = todo.pop()
        stream.seek(at)
        header = stream.read(16)
        if at + 8 > limit or len(header) < 8:
            continue
        (length,), name, size = struct.unpack_from(">I", header), header[4:8], 8
        if length == 1 and len(header) == 16:
            (length,), size = struct.unpack_from(">Q", header, 8), 16
        elif length == 0:
            length = limit - at
        if length < size or at + length > limit:
            continue
        count += 1
        todo.append((at + length, limit))
        if name in _PARENTS:
            todo.append((at + size, at + length))
        yield Box(name, at + size, at + length)
