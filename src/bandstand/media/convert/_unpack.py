"""A source decoded into a temporary WAV file of floats; in the child process only."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from bandstand.kernel.errors import FormatError
from bandstand.licences.openmg import Keys
from bandstand.media import _decoder
from bandstand.media._atrac3 import tell
from bandstand.media._blocks import Counts, Gatherer, Samples, as_floats
from bandstand.media._stereo import finite
from bandstand.media.codecs.atrac3.decoder import BLOCK, DELAY, Decoder
from bandstand.media.containers import FORMATS, Codec, Facts, Reader
from bandstand.media.convert._describe import damaged
from bandstand.media.convert._foreign import opened
from bandstand.media.convert._kinds import OURS, PLAIN, Kind
from bandstand.media.declared import DamagedMediaError
from bandstand.media.sniff import Container, UnsupportedMediaError

Floats = NDArray[np.float32]
_FLOAT, _WIDTH = 3, 4  # the number of plain floats in a WAV file (its `fmt ` chunk), and their bytes
_LONGEST = 0xFFFFFFFF
_HEAD = struct.Struct("<4sI4s4sIQQQI4sIHHIIHH4sI")
_PIECE = 1 << 20  # bytes that are made softer at a time


class Wav:
    """Writes floats; a file of more than 4 GiB becomes RF64 (EBU Tech 3306)."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink, self.samples, self.peak = sink, 0, 0.0
        self.rate = self.channels = 0

    def begin(self, rate: int, channels: int) -> None:
        """Say what comes."""
        self.rate, self.channels = rate, channels
        self._sink.write(self._head())

    def write(self, block: Floats) -> None:
        """Add samples (n, c)."""
        block = finite(np.ascontiguousarray(block, "<f4"))
        self._sink.write(block.data)
        self.samples += len(block)
        self.peak = max(self.peak, float(np.abs(block).max())) if block.size else self.peak

    def close(self) -> None:
        """Write the lengths. A sound beyond full scale is made softer as a whole, so that nobody clips it later."""
        if self.peak > 1.0:
            self._soften(np.float32(1.0 / self.peak))
        self._sink.seek(0)
        self._sink.write(self._head())

    def _soften(self, gain: np.float32) -> None:
        at, end = _HEAD.size, _HEAD.size + self.samples * self.channels * _WIDTH
        while at < end:
            self._sink.seek(at)
            block = np.frombuffer(self._sink.read(min(_PIECE, end - at)), "<f4")
            self._sink.seek(at)
            self._sink.write(np.clip(block * gain, -1.0, 1.0).astype("<f4").data)
            at += block.nbytes

    def _head(self) -> bytes:
        step = self.channels * _WIDTH
        length = self.samples * step
        whole = _HEAD.size - 8 + length
        long = whole > _LONGEST
        sign, extra = (b"RF64", b"ds64") if long else (b"RIFF", b"JUNK")
        return _HEAD.pack(
            sign, _LONGEST if long else whole, b"WAVE",
            extra, 28, whole, length, self.samples, 0,
            b"fmt ", 16, _FLOAT, self.channels, self.rate, self.rate * step, step, 8 * _WIDTH,
            b"data", _LONGEST if long else length,
        )  # fmt: skip


class _Listener:
    """Writes what a decoder gives, whatever it is."""

    def __init__(self, wav: Wav, samples: int) -> None:
        self._wav, self._total = wav, samples
        self._rate = 0

    def frame(self, frame: AudioFrame) -> None:
        self._rate = frame.sample_rate

    def block(self, samples: Samples, counts: Counts) -> None:
        if not self._wav.rate:
            self._wav.begin(self._rate, samples.shape[0])
        self._wav.write(samples.T)
        tell(min(self._wav.samples / max(self._total, 1), 1.0))


def unpack(request: Mapping[str, object]) -> dict[str, object]:
    """Decode `path` to its end into `target`, at its own rate and with its own channels.

    Raises
    ------
    LockedError
        It is protected: nothing was tried.
    DamagedMediaError, UnsupportedMediaError
        It breaks somewhere, or holds what we can't decode.
    """
    path, kind = Path(str(request["path"])), Kind(str(request["kind"]))
    total = int(str(request["samples"]))
    with Path(str(request["target"])).open("x+b") as sink:
        wav = Wav(sink)
        if kind in OURS and _atrac3(path, kind, wav):
            pass
        elif kind in PLAIN and request["plain"]:
            _decoder.decode(path, Container(kind), _Listener(wav, total))
        else:
            _foreign(path, kind, wav, _Listener(wav, total))
        if not wav.samples:
            raise DamagedMediaError(path=path, what="there is no sound in it", place="from its start")
        wav.close()
    return {"samples": wav.samples, "rate": wav.rate, "peak": wav.peak}


def _atrac3(path: Path, kind: Kind, wav: Wav) -> bool:
    """Decode by our own decoder; False: it is another codec."""
    try:
        with path.open("rb") as stream:
            reader = FORMATS.get(kind).open(stream, Keys())
            facts = reader.facts
            if facts.codec is not Codec.ATRAC3:
                return False
            if facts.cut:
                raise DamagedMediaError(path=path, what="its last frame is cut off", place="at its end")
            _decode(reader, facts, wav)
    except FormatError as error:
        raise damaged(path, error) from error
    return True


def _decode(reader: Reader, facts: Facts, wav: Wav) -> None:
    assert facts.frame_bytes is not None
    decoder = Decoder(facts.frame_bytes, joint=facts.joint, channels=facts.channels or 2)
    wav.begin(facts.rate or 44_100, facts.channels or 2)
    skip = int(facts.trim.delay if facts.trim else DELAY)
    left = facts.trim.samples if facts.trim else (facts.frames or 0) * 1024 - skip
    total = max(left, 1)
    for frames in reader.blocks(frames=BLOCK):
        sound = decoder.decode(frames)
        dropped = min(skip, len(sound))
        kept = sound[dropped : dropped + left]
        skip, left = skip - dropped, left - len(kept)
        wav.write(kept)
        tell(wav.samples / total)


def _foreign(path: Path, kind: Kind, wav: Wav, listener: _Listener) -> None:
    """Have the media library decode what neither we nor a store's intake do."""
    gatherer: Gatherer | None = None
    container = Container(kind) if kind is not Kind.AEA else Container.WAV
    with opened(path, kind) as (source, stream):
        for frame in _decoder.all_frames(source, stream, path, container):
            gatherer = gatherer or Gatherer(frame)
            if not gatherer.accepts(frame):
                raise UnsupportedMediaError(path=path, found="a sound whose rate or channels change inside")
            listener.frame(frame)
            _hear(gatherer.feed(frame), listener.block)
        if gatherer is not None:
            _hear(gatherer.rest(), listener.block)


def _hear(counts: Counts, take: Callable[[Samples, Counts], None]) -> None:
    if counts.size:
        take(as_floats(counts), counts)


def warm() -> None:
    """Load and compile what decoding needs, so that each fork has it."""
    silent = (bytes.fromhex("a00008") + bytes(189)) * 2  # a frame that carries nothing
    Decoder(len(silent), joint=False).decode(silent)
