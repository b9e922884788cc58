"""The tag in front of an OMA file: ID3v2.3 under the name "ea3" (docs/formats/oma.md, section 2)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import BinaryIO

from bandstand.kernel.errors import FormatError, TruncatedError

SIGN = b"ea3"
HEADER = 10
MAX_TAG = 16 * 1024 * 1024
MAX_FRAMES = 1_000
MAX_NAME = 64 * 1024  # bytes of a description or a file name
MAX_VALUES = 200  # of one frame; what follows stays one text
MAX_TEXT = 512 * 1024  # bytes of one frame's texts that are looked at
USUAL = 3_072  # the whole of a tag as players' own programs write it
_GRAIN = 1_024
_FRAME = struct.Struct(">4sIH")
_NAME = re.compile(rb"[A-Z][A-Z0-9]{3}")
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_UTF16 = 2
_CHANGED = 0x00C0  # a frame's flags: compressed, encrypted


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, as it stands."""

    name: bytes
    body: bytes
    flags: int = 0

    @property
    def texts(self) -> list[str]:
        """The texts of a text or TXXX frame: those between zeros; none when it can't be read."""
        return _texts(self.body[1:], self.body[:1]) if self._plain else []

    @property
    def described(self) -> tuple[str, bytes]:
        """Description and data of a GEOB frame; empty when it can't be read."""
        _, zero, rest = self.body[1:].partition(b"\0")
        _, rest = _split(rest, self.body[:1])
        description, data = _split(rest, self.body[:1])
        return (_decoded(description, self.body[:1]), data) if zero and self._plain else ("", b"")

    @property
    def picture(self) -> tuple[int, bytes]:
        """Kind and data of an APIC frame; empty when it can't be read."""
        _, zero, rest = self.body[1:].partition(b"\0")
        _, data = _split(rest[1:], self.body[:1])
        return (rest[0], data) if zero and rest and self._plain else (0, b"")

    @property
    def spoken(self) -> tuple[str, str]:
        """Description and text of a frame that has a language (COMM, USLT); empty when it can't be read."""
        texts = _texts(self.body[4:], self.body[:1]) if self._plain else []
        return (texts[0], texts[1]) if len(texts) > 1 else ("", "")

    @property
    def _plain(self) -> bool:
        return not self.flags & _CHANGED and self.body[:1] < bytes((len(_ENCODINGS),)) and bool(self.body)


@dataclass(frozen=True, slots=True)
class Ea3Tag:
    """A tag: its frames in their order, and how many zeros follow them."""

    frames: tuple[Frame, ...] = ()
    padding: int = 0

    @classmethod
    def read(cls, body: bytes, *, at: int) -> Ea3Tag:
        """Read the frames of a tag; `body` is all behind its header and starts at file offset `at`."""
        frames: list[Frame] = []
        place = 0
        while place + _FRAME.size <= len(body) and body[place]:
            name, length, flags = _FRAME.unpack_from(body, place)
            if not _NAME.fullmatch(name):
                raise FormatError("frame's name", at=at + place, found=name, allowed="four capitals or digits")
            if len(frames) == MAX_FRAMES:
                raise FormatError("frames", at=at + place, found="more", allowed=f"at most {MAX_FRAMES}")
            start = place + _FRAME.size
            if length > len(body) - start:
                raise TruncatedError(
                    f"frame {name.decode()}", at=at + place + 4, found=length, allowed=f"at most {len(body) - start}"
                )
            frames.append(Frame(name, body[start : start + length], flags))
            place = start + length
        return cls(tuple(frames), len(body) - place)

    def pack(self) -> bytes:
        """Return the tag with its header."""
        packed = (_FRAME.pack(frame.name, len(frame.body), frame.flags) + frame.body for frame in self.frames)
        body = b"".join(packed) + bytes(self.padding)
        if len(body) > MAX_TAG:
            raise FormatError("tag", at=6, found=len(body), allowed=f"at most {MAX_TAG} bytes")
        size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
        return SIGN + b"\x03\x00\x00" + size + body

    def named(self) -> dict[str, str]:
        """Return the values of TXXX frames by their descriptions; the first of several counts."""
        pairs = [texts for frame in self.frames if frame.name == b"TXXX" and len(texts := frame.texts) > 1]
        return {texts[0]: texts[1] for texts in reversed(pairs)}

    def object(self, *descriptions: str) -> bytes:
        """Return the data of the first GEOB frame with one of these descriptions; empty without one."""
        found = (frame.described for frame in self.frames if frame.name == b"GEOB")
        return next((data for description, data in found if description in descriptions), b"")

    def texts(self, name: bytes) -> list[str]:
        """Return the texts of the first frame of that name that has any."""
        return next((texts for frame in self.frames if frame.name == name and (texts := frame.texts)), [])


def padded(frames: list[Frame]) -> Ea3Tag:
    """Return a tag of the usual length, or of whole kilobytes when that is too short."""
    taken = HEADER + sum(_FRAME.size + len(frame.body) for frame in frames)
    return Ea3Tag(tuple(frames), max(USUAL, -(-taken // _GRAIN) * _GRAIN) - taken)


def text(name: bytes, value: str) -> Frame:
    """Make a text frame."""
    return Frame(name, bytes((_UTF16,)) + _encoded(value))


def named(description: str, value: str) -> Frame:
    """Make a TXXX frame."""
    return Frame(b"TXXX", bytes((_UTF16,)) + _encoded(description) + b"\0\0" + _encoded(value))


def spoken(name: bytes, value: str) -> Frame:
    """Make a frame that has a language (COMM, USLT): none is named, and no description given."""
    return Frame(name, bytes((_UTF16,)) + b"und" + b"\0\0" + _encoded(value))


def geob(description: str, data: bytes) -> Frame:
    """Make a GEOB frame as players' own programs do: a binary without a file name."""
    return Frame(b"GEOB", bytes((_UTF16,)) + b"binary\0" + b"\0\0" + _encoded(description) + b"\0\0" + data)


def apic(mime: str, data: bytes) -> Frame:
    """Make a front cover."""
    return Frame(b"APIC", b"\0" + mime.encode("ascii") + b"\0\x03\0" + data)


def start(stream: BinaryIO) -> int:
    """Return where the EA3 header should stand: behind the tag, or at 0 without one.

    Raises
    ------
    FormatError
        The tag's header is none that we can read.
    """
    stream.seek(0)
    head = stream.read(HEADER)
    if not head.startswith(SIGN):
        return 0
    if len(head) < HEADER:
        raise TruncatedError("tag header", at=0, found=len(head), allowed=f"{HEADER} bytes")
    if head[3] != 3:
        raise FormatError("tag version", at=3, found=head[3], allowed="3")
    if head[5] & 0xC0:  # unsynchronisation, extended header: nobody writes them here
        raise FormatError("tag flags", at=5, found=head[5], allowed="0")
    if max(head[6:]) > 0x7F:
        raise FormatError("tag size", at=6, found=head[6:].hex(), allowed="four bytes of seven bits")
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    if size > MAX_TAG:
        raise FormatError("tag size", at=6, found=size, allowed=f"at most {MAX_TAG}")
    return HEADER + size


def read(stream: BinaryIO, *, end: int) -> Ea3Tag:
    """Read the tag of a file of `end` bytes; one without any gives an empty tag."""
    behind = start(stream)
    if behind > end:
        raise TruncatedError("tag", at=6, found=behind - HEADER, allowed=f"at most {end - HEADER}")
    stream.seek(HEADER)
    return Ea3Tag.read(stream.read(behind - HEADER), at=HEADER) if behind else Ea3Tag()


def _split(body: bytes, encoding: bytes) -> tuple[bytes, bytes]:
    """Return what stands before and behind the first zero of that encoding."""
    if encoding not in (b"\1", b"\2"):
        before, _, behind = body.partition(b"\0")
        return before, behind
    place = body.find(b"\0\0", 0, MAX_NAME)
    while place > 0 and place % 2:
        place = body.find(b"\0\0", place + 1, MAX_NAME)
    return (body, b"") if place < 0 else (body[:place], body[place + 2 :])


def _texts(body: bytes, encoding: bytes) -> list[str]:
    return _decoded(body, encoding).rstrip("\0").split("\0", MAX_VALUES)


def _decoded(body: bytes, encoding: bytes) -> str:
    kind = _ENCODINGS[encoding[0]]
    if kind == "utf-16" and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        kind = "utf-16-be"
    said = body[:MAX_TEXT].decode(kind, errors="replace")
    return said.replace("\0\ufeff", "\0") if kind == "utf-16" else said


def _encoded(value: str) -> bytes:
    return value.encode("utf-16-be", errors="replace")
