"""What quality control finds out about a sound, as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, cast

from bandstand.kernel.units import Frames, Hz

POINTS = 600  # of a curve over time, at most
BANDS = 256  # rows of the spectrogram, and points of the spectrum; from 0 Hz to half the rate


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of samples: where it begins and how long it is, both in frames."""

    start: Frames
    length: Frames
    channel: int | None = None  # none: all of them
    beside: float = 0.0  # of a gap: the level of the quieter one of its two sides, dBFS

    def start_ms(self, rate: int) -> int:
        """Return where it begins in milliseconds."""
        return self.start * 1000 // rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Courses over time, at most POINTS each, evenly spread over the whole; and the spectrum."""

    momentary: tuple[float, ...]  # LUFS, the loudest 400 ms of each stretch
    short_term: tuple[float, ...]  # LUFS, the loudest 3 s
    true_peak: tuple[float, ...]  # dBTP
    correlation: tuple[float, ...]  # -1 to 1; empty for one channel
    spectrum: tuple[float, ...]  # dBFS in BANDS bands of equal width, on average over the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """All of it. Levels are dB of full scale, lists of runs hold the first ones only."""

    rate: Hz
    channels: int
    frames: Frames
    bits: int | None  # as the file says; none for lossy
    lossless: bool
    integrated: float
    loudness_range: float
    true_peak: float
    sample_peak: float
    bandwidth: int  # Hz: where the spectrum ends; half the rate when it doesn't; 0 in silence
    edge_drop: float  # dB by which it falls there within 1 kHz; 0 when it fades or goes on to the end
    effective_bits: int | None  # those that are ever used; none for lossy, floats and silence
    clipped_runs: int
    clipped: tuple[Run, ...]
    zero_runs: int  # stretches of zeros between sounds
    zeros: tuple[Run, ...]
    lead_silence_ms: int  # below -60 dBFS
    trail_silence_ms: int
    lead_zeros_ms: int  # nothing but zeros
    trail_zeros_ms: int
    start_level: float  # of the first and last 20 ms
    end_level: float
    dc_offset: tuple[float, ...]  # per channel
    channel_levels: tuple[float, ...]  # per channel
    correlation: float | None  # of the first two channels, over the whole
    mono_loss: float | None  # dB that are lost when both are added up; 0 for equal ones, 3 for unrelated ones
    identical: bool  # the first two channels are the same
    digital_silence: bool
    curves: Curves

    @property
    def duration_ms(self) -> int:
        """Length of the sound."""
        return self.frames * 1000 // self.rate

    def to_json(self) -> dict[str, object]:
        """Return plain values; `from_json` reads them."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, object]) -> Quality:
        """Return what `to_json`, or the child, wrote."""
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {name: value for name, value in told.items() if name in known}  # Any: JSON
        for name in ("clipped", "zeros"):
            runs = cast("list[dict[str, Any]]", values[name])
            values[name] = tuple(Run(**run) for run in runs)
        for name in ("dc_offset", "channel_levels"):
            values[name] = tuple(values[name])
        curves = cast("dict[str, list[float]]", values["curves"])
        values["curves"] = Curves(**{field.name: tuple(curves[field.name]) for field in fields(Curves)})
        return cls(**values)
