"""Measure a foreign sound: facts proved by decoding all of it, loudness, waveform, faults, a place for the preview."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from bandstand.kernel.units import Bytes, Decibels, Frames, Hz, Milliseconds, Seconds
from bandstand.media import child, tags
from bandstand.media.declared import DamagedMediaError
from bandstand.media.sniff import Container, UnsupportedMediaError, sniff
from bandstand.media.tags import Tags, UnreadableTagsError

__all__ = [
    "AudioFacts",
    "DamagedMediaError",
    "Examination",
    "Level",
    "Loudness",
    "examine",
    "examine_with_tags",
    "excerpt",
    "loudness",
    "probe",
    "true_peak",
]

MEMORY = Bytes(2 * 1024**3)
Told: TypeAlias = Mapping[str, object]
_REFUSALS = (DamagedMediaError, UnsupportedMediaError, UnreadableTagsError)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFacts:
    """What a sound is."""

    container: Container
    codec: str
    rate: Hz
    channels: int
    bits: int | None  # of a sample; None for lossy
    duration_ms: Milliseconds
    frames: Frames
    lossless: bool
    bit_rate: int  # bits per second, of the whole file
    md5: str | None = None  # of the samples, as a FLAC file carries it


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How loud something is."""

    integrated: Decibels  # LUFS by EBU R128; -70 is silence
    true_peak: Decibels  # dBTP; -120 is silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness(Level):
    """Loudness by EBU R128."""

    range: Decibels  # LU


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """All that intake measures."""

    facts: AudioFacts
    loudness: Loudness
    clipped_runs: int  # stretches of three or more samples at full scale
    lead_silence_ms: Milliseconds  # below -60 dBFS
    trail_silence_ms: Milliseconds
    dc_offset: float  # share of full scale
    digital_silence: bool  # every sample is zero
    peaks: bytes  # `waveform.pairs` reads it
    preview_start_ms: Milliseconds
    bandwidth: int | None = None  # Hz: where the spectrum ends
    effective_bits: int | None = None  # bits of a sample that are ever used; none for lossy and floats
    preview: Level | None = None  # of the preview that starts there, faded, before it is levelled


def probe(path: Path) -> AudioFacts:
    """Decode all of a file in a child process and return its facts.

    Raises
    ------
    UnsupportedMediaError
        It is no sound we take.
    DamagedMediaError
        It is cut off or broken; the error says where.
    child.MediaToolError, child.MediaTimeoutError
        The decoder failed or went over its limits.
    """
    return _facts(_ask("probe", path))


def examine(path: Path) -> Examination:
    """Measure a file in one child process and one decode. Errors are those of `probe`."""
    return _examination(_ask("examine", path))


def examine_with_tags(path: Path) -> tuple[Examination, Tags]:
    """Measure a file and read its tags in one child process.

    Raises
    ------
    UnreadableTagsError
        The structure that holds the tags is broken.
    UnsupportedMediaError, DamagedMediaError, child.MediaToolError, child.MediaTimeoutError
        What `probe` raises.
    """
    told = _ask("intake", path)
    return _examination(cast("Told", told["examination"])), tags.told(cast("Told", told["tags"]))


def _examination(told: Told) -> Examination:
    return Examination(
        facts=_facts(cast("Told", told["facts"])),
        loudness=_loudness(cast("Told", told["loudness"])),
        clipped_runs=cast("int", told["clipped_runs"]),
        lead_silence_ms=Milliseconds(cast("int", told["lead_silence_ms"])),
        trail_silence_ms=Milliseconds(cast("int", told["trail_silence_ms"])),
        dc_offset=cast("float", told["dc_offset"]),
        digital_silence=cast("bool", told["digital_silence"]),
        peaks=b64decode(cast("str", told["peaks"])),
        preview_start_ms=Milliseconds(cast("int", told["preview_start_ms"])),
        bandwidth=cast("int", told["bandwidth"]),
        effective_bits=cast("int | None", told["effective_bits"]),
        preview=_level(cast("Told", told["preview"])),
    )


def loudness(path: Path) -> Loudness:
    """Measure only the loudness of a file. Errors are those of `probe`."""
    return _loudness(_ask("level", path))


def excerpt(path: Path, *, start_ms: int, length_ms: int, fade_in_ms: int, fade_out_ms: int) -> Level:
    """Measure an excerpt as it will be: stereo, faded. Its true peak is at most the one told. Errors as `probe`."""
    part = {"start": start_ms, "length": length_ms, "fade_in": fade_in_ms, "fade_out": fade_out_ms}
    return _level(_ask("excerpt", path, **part))


def true_peak(path: Path) -> Decibels:
    """Measure only the true peak of a file, in dBTP. Errors are those of `probe`."""
    return Decibels(cast("float", _ask("peak", path)["true_peak"]))


def _ask(function: str, path: Path, **more: int) -> Told:
    container = sniff(path)
    size = path.stat().st_size
    seconds = Seconds(60 + size / 1_000_000)  # the slowest kind, a low-rate lossy file, decodes at well over 1 MB/s
    request = {"path": str(path.resolve()), "container": container, **more}
    return child.call(function, request, seconds=seconds, memory=MEMORY, refusals=_REFUSALS)


def _facts(told: Told) -> AudioFacts:
    return AudioFacts(
        container=Container(cast("str", told["container"])),
        codec=cast("str", told["codec"]),
        rate=Hz(cast("int", told["rate"])),
        channels=cast("int", told["channels"]),
        bits=cast("int | None", told["bits"]),
        duration_ms=Milliseconds(cast("int", told["duration_ms"])),
        frames=Frames(cast("int", told["frames"])),
        lossless=cast("bool", told["lossless"]),
        bit_rate=cast("int", told["bit_rate"]),
        md5=cast("str | None", told["md5"]),
    )


def _level(told: Told) -> Level:
    return Level(
        integrated=Decibels(cast("float", told["integrated"])), true_peak=Decibels(cast("float", told["true_peak"]))
    )


def _loudness(told: Told) -> Loudness:
    return Loudness(
        integrated=Decibels(cast("float", told["integrated"])),
        range=Decibels(cast("float", told["range"])),
        true_peak=Decibels(cast("float", told["true_peak"])),
    )
