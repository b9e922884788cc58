"""Tars that are never built, as zips are not: every byte is computed from a manifest (docs/formats/takeout.md).

POSIX.1-2001 "pax" archives. A plain ustar header says it all where the name is ASCII of at most 100 bytes and the file
is smaller than 8 GiB; else an extended header before it says the rest. A tar needs no directory at its end, so one that
was cut off still gives every whole file in it.
"""

from __future__ import annotations

from datetime import UTC
from itertools import accumulate

from bandstand.kernel.units import Bytes
from bandstand.webkit.files.manifests import Entry, Manifest
from bandstand.webkit.files.zips import FileSlice, Layout

BLOCK = 512
RECORD = 20 * BLOCK  # what tar programs write at once; the end is filled up to it
_NAME = 100  # bytes of a ustar name
_SUM = 148  # where the checksum stands
_LARGEST = 0o77777777777  # eleven octal digits: 8 GiB - 1


def layout(manifest: Manifest) -> Layout:
    """Compute headers, offsets and total size of the tar of `manifest`."""
    when = int(manifest.modified.astimezone(UTC).timestamp())
    pieces: list[bytes | FileSlice] = []
    ahead, at = b"", 0
    for entry in manifest.entries:
        header = ahead + _header(entry, when)
        pieces.append(header)
        if entry.size:
            pieces.append(FileSlice(entry, 0, entry.size))
        ahead = bytes(-entry.size % BLOCK)
        at += len(header) + entry.size
    end = ahead + bytes(2 * BLOCK)
    pieces.append(end + bytes(-(at + len(end)) % RECORD))
    *offsets, size = accumulate((len(piece) for piece in pieces), initial=0)
    return Layout(tuple(pieces), tuple(offsets), Bytes(size))


def _header(entry: Entry, when: int) -> bytes:
    name = entry.name.encode()
    said = b""
    if len(name) > _NAME or not name.isascii():
        said += _record(b"path", name)
    if entry.size > _LARGEST:
        said += _record(b"size", str(entry.size).encode())
    if not said:
        return _ustar(name, entry.size, b"0", when)
    # Programs that don't know pax take the extended header for a file of its own; its name tells what it is.
    likeness = name.decode().encode("ascii", "replace").replace(b"?", b"_")[: _NAME - 12]
    extended = _ustar(b"PaxHeaders/" + likeness.replace(b"/", b"_"), len(said), b"x", when)
    size = min(entry.size, _LARGEST)
    return extended + said + bytes(-len(said) % BLOCK) + _ustar(likeness, size, b"0", when)


def _record(keyword: bytes, value: bytes) -> bytes:
    """Return "24 path=Abend/01.flac" with a newline: the length counts itself."""
    rest = len(keyword) + len(value) + 3  # blank, equals sign, newline
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, keyword, value)


def _ustar(name: bytes, size: int, kind: bytes, when: int) -> bytes:
    block = b"".join(
        (
            name.ljust(_NAME, b"\0"),
            b"0000644\0",  # mode
            b"0000000\0" * 2,  # user and group
            b"%011o\0" % size,
            b"%011o\0" % when,
            b" " * 8,  # the checksum counts itself as blanks
            kind,
            bytes(_NAME),  # no link
            b"ustar\0" + b"00",
            bytes(64),  # no names of user and group
            b"0000000\0" * 2,  # no device
            bytes(155 + 12),
        )
    )
    return block[:_SUM] + b"%06o\0 " % sum(block) + block[_SUM + 8 :]
