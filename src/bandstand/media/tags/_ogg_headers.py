"""An Ogg stream with another comment packet: header pages are laid out anew, all later ones get their new numbers."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bandstand.kernel.errors import FormatError
from bandstand.media import _ogg
from bandstand.media.tags._splice import Piece, Span

_HEADER = struct.Struct("<4sBBqIIIB")  # RFC 3533, section 6
_NUMBER, _NUMBER_AT, _CHECKSUM_AT = struct.Struct("<I"), 18, 22
_CONTINUED, _FIRST = 1, 2
_NOTHING_ENDS = -1  # granule of a page on which no packet ends
MAX_SEGMENTS = 255
MAX_HEADERS = 64 * 1024 * 1024
READ = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Headers:
    """The packets before the sound, and where the sound's pages begin."""

    packets: list[bytes]
    serial: int
    pages: int
    end: int


def compose(stream: BinaryIO, comment: Callable[[list[bytes]], list[bytes]]) -> Iterator[Piece]:
    """Yield the stream with the header packets that `comment` makes of its own.

    Raises
    ------
    FormatError
        Header packets and sound share a page, or a page is none.
    """
    found = _headers(stream)
    pages = list(_laid_out(comment(found.packets), found.serial))
    yield from pages
    end = stream.seek(0, 2)
    if len(pages) == found.pages:
        yield Span(found.end, end)
    else:
        yield from _renumbered(stream, found.end, end, len(pages) - found.pages)


def _headers(stream: BinaryIO) -> Headers:
    """Read packets until those that stand before the sound are whole."""
    packets: list[bytes] = []
    begun, at, pages, serial = b"", 0, 0, 0
    while not packets or len(packets) < _count(packets):
        stream.seek(at)
        header = stream.read(_HEADER.size)
        if len(header) < _HEADER.size or header[:4] != b"OggS":
            raise FormatError("page sign", at=at, found=header[:4], allowed="OggS")
        *_, serial, _number, _sum, segments = _HEADER.unpack(header)
        table = stream.read(segments)
        body, start = stream.read(sum(table)), 0
        for length in table:
            begun += body[start : start + length]
            start += length
            if length < MAX_SEGMENTS:
                packets.append(begun)
                begun = b""
        at, pages = at + _HEADER.size + segments + len(body), pages + 1
        if at > MAX_HEADERS:
            raise FormatError("header packets", at=at, found=at, allowed=f"at most {MAX_HEADERS} bytes")
    if begun or len(packets) != _count(packets):
        raise FormatError("header packets", at=at, found=len(packets), allowed="sound on a page of its own")
    return Headers(packets, serial, pages, at)


def _count(packets: list[bytes]) -> int:
    """Return how many packets stand before the sound: Vorbis 3, Opus 2, FLAC as its first one says."""
    first = packets[0]
    if first.startswith(b"\x01vorbis"):
        return 3
    if first.startswith(b"\x7fFLAC"):
        return 1 + int.from_bytes(first[7:9], "big") if len(first) >= 9 and first[7:9] != b"\0\0" else 2
    return 2


def _laid_out(packets: list[bytes], serial: int) -> Iterator[bytes]:
    """Yield the first packet on a page of its own, then the others one after another."""
    yield _page(_FIRST, 0, serial, 0, _lacing(packets[0]), packets[0])
    table, body = b"".join(map(_lacing, packets[1:])), b"".join(packets[1:])
    number, continued, at = 1, False, 0
    for start in range(0, len(table), MAX_SEGMENTS):
        segments = table[start : start + MAX_SEGMENTS]
        ends = any(length < MAX_SEGMENTS for length in segments)
        size = sum(segments)
        flags = _CONTINUED if continued else 0
        yield _page(flags, 0 if ends else _NOTHING_ENDS, serial, number, segments, body[at : at + size])
        number, at, continued = number + 1, at + size, segments[-1] == MAX_SEGMENTS


def _lacing(packet: bytes) -> bytes:
    return b"\xff" * (len(packet) // MAX_SEGMENTS) + bytes((len(packet) % MAX_SEGMENTS,))


def _page(flags: int, granule: int, serial: int, number: int, table: bytes, body: bytes) -> bytes:
    header = _HEADER.pack(b"OggS", 0, flags, granule, serial, number, 0, len(table))
    return _summed(bytearray(header + table + body))


def _summed(page: bytearray) -> bytes:
    _NUMBER.pack_into(page, _CHECKSUM_AT, _ogg.checksum(bytes(page), b"", b""))
    return bytes(page)


def _renumbered(stream: BinaryIO, at: int, end: int, by: int) -> Iterator[bytes]:
    """Yield all pages from `at` on with numbers that are larger by `by`."""
    stream.seek(at)
    held = b""
    while at < end:
        size = _size(held)
        while size is None or len(held) < size:
            more = stream.read(READ)
            if not more:
                raise FormatError("page", at=at, found=len(held), allowed="a whole page")
            held += more
            size = _size(held)
        start = 0
        while (size := _size(held, start)) is not None and start + size <= len(held):
            page = bytearray(held[start : start + size])
            if page[:4] != b"OggS":
                raise FormatError("page sign", at=at, found=bytes(page[:4]), allowed="OggS")
            (number,) = _NUMBER.unpack_from(page, _NUMBER_AT)
            _NUMBER.pack_into(page, _NUMBER_AT, (number + by) & 0xFFFFFFFF)
            yield _summed(page)
            start, at = start + size, at + size
        held = held[start:]


def _size(held: bytes, start: int = 0) -> int | None:
    """Return the size of the page that begins at `start`; None when that can't be told yet."""
    if len(held) < start + _HEADER.size:
        return None
    segments = held[start + _HEADER.size - 1]
    table = held[start + _HEADER.size : start + _HEADER.size + segments]
    return _HEADER.size + segments + sum(table) if len(table) == segments else None
