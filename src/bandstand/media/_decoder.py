"""Decoding a foreign file to the end, in a child process only: what it holds, and where it breaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from bandstand.kernel.units import clock_time
from bandstand.media import _blocks, demuxers
from bandstand.media.declared import DamagedMediaError, Declared, declared
from bandstand.media.sniff import Container, UnsupportedMediaError

MAX_CHANNELS = 8
RATES = range(8_000, 384_001)
_SLACK = {Container.MP3: 2 * 1152, Container.MP4: 8192}  # frames that the coder's own delay may hide


@dataclass(frozen=True, slots=True)
class Decoded:
    """What decoding to the end found."""

    codec: str
    rate: int
    channels: int
    frames: int
    bit_rate: int
    declared: Declared


class Listener(Protocol):
    """Who hears a sound while it is decoded."""

    def frame(self, frame: AudioFrame) -> None:
        """Take the next frame."""

    def block(self, samples: _blocks.Samples, counts: _blocks.Counts) -> None:
        """Take the same sound in blocks of whole seconds, as floats (c, n) and as the decoder gave it (n, c).

        Only the last one may hold a part of a second.
        """


def decode(path: Path, container: Container, listener: Listener | None = None) -> Decoded:
    """Decode all of a file and hand its sound to a listener.

    Raises
    ------
    UnsupportedMediaError
        There is no sound in it that we know how to decode.
    DamagedMediaError
        It breaks somewhere, or ends before its announced length, or its checksum is wrong.
    """
    told = declared(path, container)
    work = _Work(path, told, listener)
    try:
        source = av.open(
            demuxers.address(path), format=demuxers.DEMUXERS[container], options=demuxers.options(container)
        )
    except av.FFmpegError as error:
        raise DamagedMediaError(
            path=path, what=f"it can't be opened ({error.strerror})", place="at its start"
        ) from error
    with source:
        stream = _stream(source, path)
        rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
        for frame in all_frames(source, stream, path, container):
            work.take(frame)
        frames = work.finish()
        expected = told.frames if told.frames is not None else _announced(stream, container)
        codec = stream.codec_context.codec.canonical_name
        bit_rate = source.bit_rate or 0
    if frames == 0:
        raise DamagedMediaError(path=path, what="there is no sound in it", place="from its start")
    if expected is not None and frames < expected - _SLACK.get(container, 0):
        what = f"{expected - frames} of {expected} frames are missing"
        raise DamagedMediaError(path=path, what=what, place=place(frames, rate))
    if told.md5 is not None and work.md5 != told.md5:
        raise DamagedMediaError(
            path=path, what="the sound doesn't match the checksum in the file", place="somewhere inside"
        )
    return Decoded(codec, rate, channels, frames, bit_rate, told)


class _Work:
    """What is done with each frame: counted, proved against the checksum, heard."""

    def __init__(self, path: Path, told: Declared, listener: Listener | None) -> None:
        self.frames = 0
        self._path, self._listener = path, listener
        self._bits = told.bits if told.md5 is not None else None
        self._digest = hashlib.md5(usedforsecurity=False)
        self._gatherer: _blocks.Gatherer | None = None

    @property
    def md5(self) -> str:
        return self._digest.hexdigest()

    def take(self, frame: AudioFrame) -> None:
        self._gatherer = self._gatherer or _blocks.Gatherer(frame)
        if not self._gatherer.accepts(frame):
            what, where = "rate, channels or depth change", place(self.frames, self._gatherer.rate)
            raise DamagedMediaError(path=self._path, what=what, place=where)
        self.frames += frame.samples
        if self._listener is not None:
            self._listener.frame(frame)
        if self._listener is not None or self._bits is not None:
            self._use(self._gatherer.feed(frame))

    def finish(self) -> int:
        """Use what is left over; return how many frames there were in all."""
        if self._gatherer is not None:
            self._use(self._gatherer.rest())
        return self.frames

    def _use(self, counts: _blocks.Counts) -> None:
        if not counts.size:
            return
        if self._bits is not None:
            self._digest.update(_blocks.as_flac_counts(counts, self._bits))
        if self._listener is not None:
            self._listener.block(_blocks.as_floats(counts), counts)


def place(frames: int, rate: int) -> str:
    """Say where in the sound something is."""
    return f"at {clock_time(frames * 1000 // rate)} (frame {frames})"


def _stream(source: InputContainer, path: Path) -> AudioStream:
    """Return the one sound of a file whose other streams, if any, are still pictures."""
    if any(not (stream.disposition & av.stream.Disposition.attached_pic) for stream in source.streams.video):
        raise UnsupportedMediaError(path=path, found="a video")
    if not source.streams.audio:
        raise UnsupportedMediaError(path=path, found="a file without sound that we can decode")
    stream = source.streams.audio[0]
    context = stream.codec_context
    if context.codec.canonical_name not in demuxers.CODECS:
        raise UnsupportedMediaError(path=path, found="a file whose sound is coded in a way we don't take")
    if context.sample_rate not in RATES or not 1 <= context.channels <= MAX_CHANNELS:
        raise UnsupportedMediaError(
            path=path, found=f"sound with {context.channels} channels at {context.sample_rate} Hz"
        )
    return stream


def all_frames(source: InputContainer, stream: AudioStream, path: Path, container: Container) -> Iterator[AudioFrame]:
    """Yield all frames; what can't be decoded is damage, except behind the end of an MP3, where old tags stand."""
    done, broken = 0, ""
    try:
        for packet in source.demux(stream):
            try:
                frames = packet.decode()
            except av.InvalidDataError as error:
                broken = broken or str(error.strerror)
                continue
            for frame in frames:
                if broken or frame.is_corrupt:
                    raise DamagedMediaError(
                        path=path,
                        what=broken or "a frame is broken",
                        place=place(done, stream.codec_context.sample_rate),
                    )
                yield frame
                done += frame.samples
    except av.FFmpegError as error:
        raise DamagedMediaError(
            path=path, what=str(error.strerror), place=place(done, stream.codec_context.sample_rate)
        ) from error
    if broken and container is not Container.MP3:
        raise DamagedMediaError(path=path, what=broken, place=place(done, stream.codec_context.sample_rate))


def _announced(stream: AudioStream, container: Container) -> int | None:
    if container is not Container.MP4 or stream.duration is None or stream.time_base is None:
        return None
    return int(stream.duration * stream.time_base * stream.codec_context.sample_rate)
