"""ATRAC3 in RIFF/WAV (docs/formats/oma.md, section 6): `fmt `, `fact`, `data`, and chunks with tags."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

from bandstand.kernel.errors import FormatError, TruncatedError
from bandstand.kernel.units import Bytes, Frames, Hz, Milliseconds
from bandstand.licences.openmg import Keys
from bandstand.media.containers._format import Format
from bandstand.media.containers._sound import ATRAC3_DELAY, Codec, Facts, Trim, trimmed
from bandstand.media.tags import Tags

TAG = 0x0270
SAMPLES = 1024  # of each channel in a frame
MAX_CHUNKS = 1_000
MAX_FORM = 0xFFFFFFFF
MAX_RATE, MAX_CHANNELS, MAX_FRAME = 192_000, 2, 8_192
_FILTER = ATRAC3_DELAY - SAMPLES  # what the filter bank adds to the delay that `fact` tells
_FMT = struct.Struct("<HHIIHHH")  # tag, channels, rate, bytes a second, bytes a frame, bits, length of what follows
_MORE = struct.Struct("<HIHHHH")  # 1, bytes of samples in a frame, joint, joint, frame factor, 0
_FACT = struct.Struct("<II")  # samples, delay
_CHUNK = struct.Struct("<4sI")
_NO_KEYS = Keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class At3Format:
    """The body of a `fmt ` chunk."""

    channels: int
    rate: Hz
    frame_bytes: Bytes
    joint: bool

    @classmethod
    def read(cls, body: bytes, *, at: int) -> At3Format:
        """Read a chunk body that starts at file offset `at`."""
        if len(body) < _FMT.size + _MORE.size:
            raise TruncatedError("fmt chunk", at=at, found=len(body), allowed=f"{_FMT.size + _MORE.size} bytes")
        tag, channels, rate, _, frame, _, more = _FMT.unpack_from(body)
        _, _, joint, _, factor, _ = _MORE.unpack_from(body, _FMT.size)
        if tag != TAG:
            raise FormatError("coding", at=at, found=tag, allowed=str(TAG))
        if not 1 <= channels <= MAX_CHANNELS:
            raise FormatError("channels", at=at + 2, found=channels, allowed=f"1 to {MAX_CHANNELS}")
        if not 1 <= rate <= MAX_RATE:
            raise FormatError("rate", at=at + 4, found=rate, allowed=f"1 to {MAX_RATE}")
        if not 1 <= frame <= MAX_FRAME:
            raise FormatError("frame length", at=at + 12, found=frame, allowed=f"1 to {MAX_FRAME}")
        if more < _MORE.size:
            raise FormatError("length of the rest", at=at + 16, found=more, allowed=f"{_MORE.size} or more")
        if factor != 1:
            raise FormatError("frame factor", at=at + _FMT.size + 10, found=factor, allowed="1")
        return cls(channels=channels, rate=Hz(rate), frame_bytes=Bytes(frame), joint=bool(joint))

    def pack(self) -> bytes:
        """Return the chunk body; `read` undoes it."""
        second = self.frame_bytes * self.rate // SAMPLES
        head = _FMT.pack(TAG, self.channels, self.rate, second, self.frame_bytes, 0, _MORE.size)
        return head + _MORE.pack(1, SAMPLES * 2 * self.channels, self.joint, self.joint, 1, 0)


class At3Reader:
    """An open file. It is never locked: this container knows no protection.

    Raises
    ------
    FormatError
        A chunk is missing or breaks the format.
    """

    def __init__(self, stream: BinaryIO, keys: Keys = _NO_KEYS) -> None:
        self._stream = stream
        places = _chunks(stream, stream.seek(0, 2))
        for name in (b"fmt ", b"data"):
            if name not in places:
                raise FormatError("chunks", at=12, found=b" ".join(places), allowed=f"one called {name.decode()!r}")
        at, end = places[b"fmt "]
        self.format = At3Format.read(_read(stream, at, min(end - at, 64)), at=at)
        at, end = places.get(b"fact", (0, 0))
        self._fact = _read(stream, at, min(end - at, _FACT.size))
        self._start, self._end = places[b"data"]
        self._declared = places[b"declared"][1]

    @cached_property
    def facts(self) -> Facts:
        """What the chunks say, checked against the length of the file."""
        frames = (self._end - self._start) // self.format.frame_bytes
        trim = None
        if len(self._fact) == _FACT.size:
            samples, delay = _FACT.unpack(self._fact)
            trim = trimmed(Trim(Frames(delay + _FILTER), Frames(samples)), frames * SAMPLES)
        samples = trim.samples if trim else frames * SAMPLES
        return Facts(
            codec=Codec.ATRAC3,
            rate=self.format.rate,
            channels=self.format.channels,
            frame_bytes=self.format.frame_bytes,
            frame_samples=Frames(SAMPLES),
            joint=self.format.joint,
            frames=frames,
            trim=trim,
            duration_ms=Milliseconds(round(samples * 1000 / self.format.rate)),
            cut=self._declared > self._end or (self._end - self._start) % self.format.frame_bytes != 0,
        )

    def blocks(self, start: int = 0, *, frames: int = 256) -> Iterator[bytes]:
        """Yield whole frames (as `Reader` says)."""
        if start < 0 or frames < 1:
            raise ValueError(f"there is no frame {start}, or nothing to give at a time")
        length = self.format.frame_bytes
        whole = self._end - (self._end - self._start) % length
        return self._pieces(self._start + start * length, whole, frames * length)

    def payload(self) -> Iterator[bytes]:
        """Yield all of the sound (as `Reader` says)."""
        return self._pieces(self._start, self._end, 64 * 1024)

    def _pieces(self, place: int, end: int, size: int) -> Iterator[bytes]:
        while place < end:
            block = _read(self._stream, place, min(size, end - place))
            if not block:
                return
            yield block
            place += len(block)


class At3Writer:
    """Writes a file front to back. Lengths stand in front, so it is told how many frames will come.

    Raises
    ------
    FormatError
        A file of this kind can't say what the facts say, or would be too long.
    """

    def __init__(self, sink: BinaryIO, facts: Facts, tags: Tags) -> None:
        told = _format(facts)
        self._sink, self._length = sink, (facts.frames or 0) * told.frame_bytes
        self._put_behind = _tag_chunk(tags) if tags != Tags() else b""
        body = b"WAVE" + _chunk(b"fmt ", told.pack()) + _chunk(b"fact", _fact(facts))
        padding = self._length & 1
        whole = len(body) + _CHUNK.size + self._length + padding + len(self._put_behind)
        if whole > MAX_FORM:
            raise FormatError("length", at=4, found=whole, allowed=f"at most {MAX_FORM}")
        self._put_behind = bytes(padding) + self._put_behind
        self._sink.write(_CHUNK.pack(b"RIFF", whole) + body + _CHUNK.pack(b"data", self._length))
        self._whole, self._sound = _CHUNK.size + whole, 0

    def write(self, block: bytes) -> None:
        """Add frames, in pieces of any size."""
        self._sound += len(block)
        self._sink.write(block)

    def close(self) -> int:
        """Write what stands behind the frames, and return the length of the whole file.

        Raises
        ------
        FormatError
            Other frames came than were announced.
        """
        if self._sound != self._length:
            at = self._whole - len(self._put_behind) - self._length
            raise FormatError("sound", at=at, found=self._sound, allowed=f"{self._length} bytes")
        self._sink.write(self._put_behind)
        return self._whole


def _format(facts: Facts) -> At3Format:
    if facts.codec is not Codec.ATRAC3 or facts.rate is None or facts.channels is None or facts.frame_bytes is None:
        raise FormatError("sound", at=20, found=str(facts.codec), allowed="ATRAC3, of which all facts are known")
    if facts.frames is None:
        raise FormatError("frames", at=4, found=None, allowed="their number, told before the first one")
    told = At3Format(channels=facts.channels, rate=facts.rate, frame_bytes=facts.frame_bytes, joint=facts.joint)
    return At3Format.read(told.pack(), at=20)


def _fact(facts: Facts) -> bytes:
    """Return length and delay; where they are not known, only what all frames hold."""
    if facts.trim is None:
        return _FACT.pack(min((facts.frames or 0) * SAMPLES, MAX_FORM), 0)[:4]
    if facts.trim.delay < _FILTER or max(facts.trim.samples, facts.trim.delay) > MAX_FORM:
        raise FormatError("trim", at=60, found=facts.trim, allowed=f"a delay of {_FILTER} or more, 32-bit lengths")
    return _FACT.pack(facts.trim.samples, facts.trim.delay - _FILTER)


def _chunks(stream: BinaryIO, end: int) -> dict[bytes, tuple[int, int]]:
    """Return where the first chunk of each name has its body; `declared` is where `data` says that it stands."""
    head = _read(stream, 0, 12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        raise FormatError("sign", at=0, found=head, allowed="RIFF, then WAVE")
    found: dict[bytes, tuple[int, int]] = {}
    at = len(head)
    for _ in range(MAX_CHUNKS):
        header = _read(stream, at, _CHUNK.size)
        if len(header) < _CHUNK.size:
            return found
        name, length = _CHUNK.unpack(header)
        at += _CHUNK.size
        if name not in found:
            found[name] = (at, min(at + length, end))
            if name == b"data":
                found[b"declared"] = (at, at + length)
        at += length + (length & 1)
    raise FormatError("chunks", at=at, found=f"more than {MAX_CHUNKS}", allowed=str(MAX_CHUNKS))


def _read(stream: BinaryIO, at: int, length: int) -> bytes:
    stream.seek(at)
    return stream.read(length)


def _chunk(name: bytes, body: bytes) -> bytes:
    return _CHUNK.pack(name, len(body)) + body + bytes(len(body) & 1)


def _tag_chunk(tags: Tags) -> bytes:
    from bandstand.media.tags import id3  # mutagen is loaded only where something is tagged

    return _chunk(b"LIST", b"INFO" + id3.packed_info(tags)) + _chunk(b"id3 ", id3.packed(tags))


def recognises(head: bytes) -> bool:
    """Say whether a file starts as RIFF/WAV with ATRAC3 in it; its `fmt ` chunk must be the first."""
    return head[:4] == b"RIFF" and head[8:16] == b"WAVEfmt " and head[20:22] == TAG.to_bytes(2, "little")


FORMAT = Format(
    slug="at3",
    title="ATRAC3 in WAV",
    suffixes=(".at3", ".wav"),
    media_type="audio/vnd.wave",
    recognises=recognises,
    open=At3Reader,
    create=At3Writer,
)
