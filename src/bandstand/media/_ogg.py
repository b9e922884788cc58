"""The pages of an Ogg file (RFC 3533, section 6), with checksums and numbers: none is missing, none was changed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bandstand.kernel.errors import FormatError, TruncatedError

_HEADER = struct.Struct("<4sBBqIIIB")  # sign, version, flags, granule, serial, number, checksum, segments
_CHECKSUM_AT = 22
_LAST = 4
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Page:
    """One page, whole and proved."""

    at: int
    serial: int
    number: int
    last: bool  # of its stream


def pages(stream: BinaryIO, end: int) -> Iterator[Page]:
    """Yield all pages of a file of `end` bytes.

    Raises
    ------
    TruncatedError, FormatError
        A page ends early, is none, was changed, or one before it is missing.
    """
    at, numbers = 0, dict[int, int]()
    while at < end:
        stream.seek(at)
        header = stream.read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise TruncatedError("page header", at=at, found=len(header), allowed=f"{_HEADER.size} bytes")
        sign, version, flags, _, serial, number, told, segments = _HEADER.unpack(header)
        if sign != b"OggS" or version != 0:
            raise FormatError("page sign", at=at, found=sign, allowed="OggS")
        table = stream.read(segments)
        body = stream.read(sum(table))
        if len(table) < segments or len(body) < sum(table):
            raise TruncatedError("page", at=at, found=end - at, allowed=f"{_HEADER.size + segments + sum(table)} bytes")
        if (found := checksum(header, table, body)) != told:
            raise FormatError("page checksum", at=at, found=f"{found:08x}", allowed=f"{told:08x}")
        if number != numbers.get(serial, number):
            raise FormatError("page number", at=at, found=number, allowed=str(numbers[serial]))
        numbers[serial] = number + 1
        yield Page(at, serial, number, bool(flags & _LAST))
        at += _HEADER.size + segments + len(body)


def checksum(header: bytes, table: bytes, body: bytes) -> int:
    """Return the checksum of a page: a CRC-32 with the usual polynomial, but most significant bit first and from zero.

    That is the usual CRC-32 of the page with the bits of every byte turned around, turned around itself.
    """
    page = header[:_CHECKSUM_AT] + bytes(4) + header[_CHECKSUM_AT + 4 :] + table + body
    mirrored = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_REVERSED), "big")
