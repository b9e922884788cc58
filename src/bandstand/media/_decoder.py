"""Decoding a foreign file to the end, in a child process only: what it holds, and where it breaks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from bandstand.kernel.units import clock_time
from bandstand.media import demuxers
from bandstand.media.declared import DamagedMediaError, Declared, declared
from bandstand.media.sniff import Container, UnsupportedMediaError

Samples = NDArray[np.float32]  # (c, n), full scale is 1.0

MAX_CHANNELS = 8
RATES = range(8_000, 384_001)
_SLACK = {Container.MP3: 2 * 1152, Container.MP4: 8192}  # frames that the coder's own delay may hide
_SCALE = {"u8": 2.0**7, "s16": 2.0**15, "s32": 2.0**31, "flt": 1.0, "dbl": 1.0}


@dataclass(frozen=True, slots=True)
class Decoded:
    """What decoding to the end found."""

    codec: str
    rate: int
    channels: int
    frames: int
    bit_rate: int
    declared: Declared


def decode(path: Path, container: Container, watch: Callable[[AudioFrame], None]) -> Decoded:
    """Decode all of a file and hand every frame to `watch`.

    Raises
    ------
    UnsupportedMediaError
        There is no sound in it that we know how to decode.
    DamagedMediaError
        It breaks somewhere, or ends before its announced length, or its checksum is wrong.
    """
    told = declared(path, container)
    frames, digest = 0, hashlib.md5(usedforsecurity=False)
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
        for frame in _frames(source, stream, path, container):
            if (frame.sample_rate, frame.layout.nb_channels) != (rate, channels):
                raise DamagedMediaError(path=path, what="rate or channels change", place=place(frames, rate))
            frames += frame.samples
            if told.md5 is not None and told.bits is not None:
                digest.update(_as_flac_counts(frame, told.bits))
            watch(frame)
        expected = told.frames if told.frames is not None else _announced(stream, container)
        codec = stream.codec_context.codec.canonical_name
        bit_rate = source.bit_rate or 0
    if frames == 0:
        raise DamagedMediaError(path=path, what="there is no sound in it", place="from its start")
    if expected is not None and frames < expected - _SLACK.get(container, 0):
        what = f"{expected - frames} of {expected} frames are missing"
        raise DamagedMediaError(path=path, what=what, place=place(frames, rate))
    if told.md5 is not None and digest.hexdigest() != told.md5:
        raise DamagedMediaError(
            path=path, what="the sound doesn't match the checksum in the file", place="somewhere inside"
        )
    return Decoded(codec, rate, channels, frames, bit_rate, told)


def place(frames: int, rate: int) -> str:
    """Say where in the sound something is."""
    return f"at {clock_time(frames * 1000 // rate)} (frame {frames})"


def as_floats(frame: AudioFrame) -> Samples:
    """Return the samples of a frame, one row for each channel."""
    kind = frame.format.name.removesuffix("p")
    values = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    if kind == "u8":
        values = values.astype(np.int16) - 128
    return np.asarray(values, dtype=np.float32) / np.float32(_SCALE[kind])


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


def _frames(source: InputContainer, stream: AudioStream, path: Path, container: Container) -> Iterator[AudioFrame]:
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


def _as_flac_counts(frame: AudioFrame, bits: int) -> bytes:
    """Return the samples as FLAC's checksum takes them: interleaved, little-endian, whole bytes (RFC 9639, 8.2)."""
    values: NDArray[np.int32] = np.asarray(frame.to_ndarray())  # or of 16 bits
    if frame.format.is_planar:
        values = values.T
    width = values.dtype.itemsize
    if bits != 8 * width:
        values = values >> (8 * width - bits)
    whole = np.ascontiguousarray(values).astype(f"<i{width}", copy=False)
    if (bits + 7) // 8 == width:
        return whole.tobytes()
    return np.ascontiguousarray(whole.reshape(-1, 1).view(np.uint8)[:, : (bits + 7) // 8]).tobytes()
