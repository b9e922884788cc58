"""Quality control, in the child only: one decode, bounded memory however long the sound is."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from bandstand.media import _decoder, demuxers
from bandstand.media._blocks import Counts, Samples
from bandstand.media._meter import LoudnessMeter
from bandstand.media._shape import CLIPPED, QUIET, RUN
from bandstand.media._true_peak import FLOOR, TruePeak
from bandstand.media.qc._model import POINTS
from bandstand.media.qc._picture import write_spectrogram
from bandstand.media.qc._runs import Depth, Runs
from bandstand.media.qc._spectrum import Spectrum, edge
from bandstand.media.qc._stereo import Stereo
from bandstand.media.sniff import Container

GAP_MS = 10  # zeros that long are no passing through zero
END_MS = 20  # how much of either end tells how it begins and ends


class Listener:
    """Hears everything that quality control wants to know."""

    def __init__(self) -> None:
        self.meter, self.spectrum, self.depth = LoudnessMeter(), Spectrum(), Depth()
        self.peaks: list[float] = []  # dBTP of each second
        self.sample_peak, self.frames, self.rate = 0.0, 0, 0
        self.first_heard: int | None = None
        self.last_heard = 0

    def frame(self, frame: AudioFrame) -> None:
        if not self.rate:
            self._begin(frame.sample_rate, frame.layout.nb_channels)
        self.meter.feed(frame)

    def block(self, samples: Samples, counts: Counts) -> None:
        self.meter.pull()
        self.depth.feed(counts)
        self.spectrum.feed(samples)
        self.stereo.feed(samples)
        self.true_peak.feed(samples)
        self.peaks.append(self.true_peak.take())
        self._find_runs(samples)
        self._keep_ends(samples)
        self.frames += samples.shape[1]

    def finish(self) -> None:
        """End what is open."""
        self.meter.finish()
        last = self.true_peak.finish()
        if self.peaks:
            self.peaks[-1] = max(self.peaks[-1], last)
        for runs in [*self.clipped, self.zeros]:
            runs.finish()

    def _begin(self, rate: int, channels: int) -> None:
        self.rate = rate
        self.stereo, self.true_peak = Stereo(rate, channels), TruePeak(rate, channels)
        self.clipped = [Runs(RUN) for _ in range(channels)]
        self.zeros = Runs(max(rate * GAP_MS // 1000, 1))
        self._end_size = rate * END_MS // 1000
        self._before: NDArray[np.float32] = np.zeros(0, np.float32)  # sizes of the last 20 ms
        self._before_open = 0.0
        self.beside: dict[int, float] = {}
        self.head: Samples = np.zeros((channels, 0), np.float32)
        self.tail: deque[Samples] = deque(maxlen=2)  # a block may be a few samples only

    def _find_runs(self, samples: Samples) -> None:
        sizes = np.abs(samples)
        tops, loudest = sizes.max(axis=1), sizes.max(axis=0)
        self.sample_peak = max(self.sample_peak, float(tops.max()))
        for channel, runs in enumerate(self.clipped):
            if tops[channel] >= CLIPPED:
                runs.feed(sizes[channel] >= CLIPPED)
            else:
                runs.skip(samples.shape[1])
        self._find_gaps(loudest)
        heard = np.flatnonzero(loudest > QUIET)
        if heard.size:
            self.first_heard = self.frames + int(heard[0]) if self.first_heard is None else self.first_heard
            self.last_heard = self.frames + int(heard[-1]) + 1

    def _find_gaps(self, loudest: NDArray[np.float32]) -> None:
        """Note stretches of zeros, and how loud it is right before and right after each."""
        known, open_before = len(self.zeros.kept), self.zeros.open
        self.zeros.feed(loudest == 0)
        around, first = np.concatenate((self._before, loudest)), self.frames - self._before.size
        for start, length in self.zeros.kept[known:]:
            before = (
                self._before_open
                if start == open_before
                else _top(around, start - first - self._end_size, start - first)
            )
            after = _top(around, start + length - first, start + length - first + self._end_size)
            self.beside[start] = _decibels(min(before, after))
        if self.zeros.open is not None and self.zeros.open != open_before:
            at = self.zeros.open - first
            self._before_open = _top(around, at - self._end_size, at)
        self._before = around[-self._end_size :]

    def _keep_ends(self, samples: Samples) -> None:
        if self.head.shape[1] < self._end_size:
            self.head = np.concatenate((self.head, samples[:, : self._end_size]), axis=1)[:, : self._end_size]
        self.tail.append(samples[:, -self._end_size :].copy())

    def end_samples(self) -> Samples:
        """Return the last 20 ms."""
        return np.concatenate(list(self.tail), axis=1)[:, -self._end_size :]


def examine(request: Mapping[str, object]) -> dict[str, object]:
    """Decode all of `path` once, write the spectrogram to `picture`, and return all figures."""
    path, container = Path(str(request["path"])), Container(str(request["container"]))
    listener = Listener()
    found = _decoder.decode(path, container, listener)
    listener.finish()
    write_spectrogram(listener.spectrum.picture(), Path(str(request["picture"])))
    lossless = found.codec in demuxers.LOSSLESS
    bandwidth, drop = edge(listener.spectrum.mean, found.rate)
    return {
        "rate": found.rate,
        "channels": found.channels,
        "frames": found.frames,
        "bits": found.declared.bits if lossless else None,
        "lossless": lossless,
        "integrated": round(listener.meter.integrated, 2),
        "loudness_range": round(listener.meter.range, 2),
        "true_peak": round(max(listener.peaks, default=FLOOR), 2),
        "sample_peak": _decibels(listener.sample_peak),
        "bandwidth": bandwidth,
        "edge_drop": drop,
        "effective_bits": listener.depth.bits if lossless else None,
        "digital_silence": listener.sample_peak == 0.0,
        **_runs(listener),
        **_ends(listener),
        **_channels(listener),
        "curves": {
            "momentary": thinned(listener.meter.momentary),
            "short_term": thinned(listener.meter.short_term),
            "true_peak": thinned(listener.peaks),
            "correlation": listener.stereo.course(POINTS),
            "spectrum": listener.spectrum.bands(),
        },
    }


def thinned(values: Sequence[float]) -> list[float]:
    """Return at most POINTS values: the highest of each stretch."""
    if not values:
        return []
    course = np.asarray(values, dtype=np.float64)
    starts = np.arange(POINTS) * course.size // POINTS if course.size > POINTS else np.arange(course.size)
    return [round(float(value), 2) for value in np.maximum.reduceat(course, starts)]


def _runs(listener: Listener) -> dict[str, object]:
    clipped = [
        {"start": start, "length": length, "channel": channel}
        for channel, runs in enumerate(listener.clipped)
        for start, length in runs.kept
    ]
    beside = listener.beside
    inside = [run for run in listener.zeros.kept if run[0] > 0 and sum(run) < listener.frames]
    at_ends = len(listener.zeros.kept) - len(inside)
    return {
        "clipped_runs": sum(runs.count for runs in listener.clipped),
        "clipped": sorted(clipped, key=lambda run: run["start"]),
        "zero_runs": listener.zeros.count - at_ends,
        "zeros": [{"start": start, "length": length, "beside": beside[start]} for start, length in inside],
    }


def _ends(listener: Listener) -> dict[str, object]:
    rate, frames = listener.rate, listener.frames
    kept = listener.zeros.kept
    lead = next((length for start, length in kept if start == 0), 0)
    trail = next((length for start, length in kept if start and start + length == frames), 0)
    heard = listener.first_heard
    return {
        "lead_silence_ms": (frames if heard is None else heard) * 1000 // rate,
        "trail_silence_ms": 0 if heard is None else (frames - listener.last_heard) * 1000 // rate,
        "lead_zeros_ms": lead * 1000 // rate,
        "trail_zeros_ms": trail * 1000 // rate,
        "start_level": _level(listener.head),
        "end_level": _level(listener.end_samples()),
    }


def _channels(listener: Listener) -> dict[str, object]:
    stereo = listener.stereo
    return {
        "dc_offset": stereo.offsets,
        "channel_levels": stereo.levels,
        "correlation": stereo.correlation,
        "mono_loss": stereo.mono_loss,
        "identical": stereo.identical,
    }


def _top(sizes: NDArray[np.float32], start: int, end: int) -> float:
    return float(sizes[max(start, 0) : end].max(initial=0.0)) if end > 0 else 0.0


def _level(samples: Samples) -> float:
    power = float(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0
    return _decibels(math.sqrt(power))


def _decibels(size: float) -> float:
    return round(max(20 * math.log10(size), FLOOR), 2) if size > 0 else FLOOR
