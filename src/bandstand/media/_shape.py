"""The shape of sound: waveform, clipping, silence, offset, and where it is fullest. Blocks in, a few numbers out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media._blocks import POINTS, Samples
from bandstand.media._meter import SILENCE, STEPS
from bandstand.media.waveform import MAX_BUCKETS

RUN = 3  # samples in a row at full scale that count as clipped
CLIPPED = 32767 / 32768  # full scale of the shallowest depth that is sold; a deeper file reaches it 1 count earlier
QUIET = 10 ** (-60 / 20)  # -60 dBFS: what a listener takes for silence at the edges
PREVIEW_MS = 30_000
BANDS = 8
DENSITY_WEIGHT = 0.6  # of the count of events against loudness
SNAP_MS = 2_000


class Shape:
    """Collects the shape of a stream; `block` frames at a time, only the last block may be shorter."""

    def __init__(self, rate: int, channels: int) -> None:
        self.rate, self.point = rate, rate // POINTS
        self.block = self.point * POINTS
        self.clipped_runs, self.frames, self.peak = 0, 0, 0.0
        self._first: int | None = None
        self._last = 0
        self._sums = np.zeros(channels)
        self._held = np.zeros((channels, RUN), dtype=bool)
        self._low: list[NDArray[np.float32]] = []
        self._high: list[NDArray[np.float32]] = []
        self._bands: list[NDArray[np.float32]] = []
        self._power: NDArray[np.float64] | None = None

    def feed(self, samples: Samples) -> None:
        """Take the next block."""
        low, high = _points(samples, self.point)
        sizes = np.maximum(high, -low)
        peak = float(sizes.max())
        self.peak = max(self.peak, peak)
        self._find_edges(samples, sizes)
        self._count_clipped(samples, peak)
        self._sums += samples.sum(axis=1)  # pairwise: good to 1e-6 over a second
        self._low.append(low)
        self._high.append(high)
        levels, power = _band_levels(samples.mean(axis=0), self.point)
        self._bands.append(levels)
        self._power = power if self._power is None else self._power + power
        self.frames += samples.shape[1]

    @property
    def offset(self) -> float:
        """The largest mean of a channel, as a share of full scale."""
        return float(np.abs(self._sums / max(self.frames, 1)).max())

    @property
    def silence(self) -> tuple[int, int]:
        """Silence at the start and at the end, in milliseconds; all of it is at the start when nothing is heard."""
        if self._first is None:
            return self.frames * 1000 // self.rate, 0
        return self._first * 1000 // self.rate, (self.frames - self._last) * 1000 // self.rate

    @property
    def spectrum(self) -> NDArray[np.float64]:
        """Mean power of all channels together in bins from 0 Hz to half the rate; a sine of full scale is 1."""
        assert self._power is not None
        size = 2 * (self._power.size - 1)
        return np.asarray(self._power * (16 / size**2) / max(self.frames // self.point, 1))

    def peaks(self) -> bytes:
        """Return the waveform: the lowest and highest point of at most MAX_BUCKETS stretches, as signed bytes."""
        low, high = np.concatenate(self._low), np.concatenate(self._high)
        count = min(MAX_BUCKETS, low.size)
        starts = np.arange(count) * low.size // count
        pairs = np.stack((np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)), axis=1)
        return bytes(np.clip(np.rint(pairs * 127), -127, 127).astype(np.int8).tobytes())

    def preview_start(self, momentary: list[float]) -> int:
        """Return where the fullest, loudest 30 seconds begin, in milliseconds."""
        last_ms = self.frames * 1000 // self.rate - PREVIEW_MS
        if last_ms <= 0:
            return 0
        rise = _rises(np.concatenate(self._bands))
        steps = np.arange(self.frames * STEPS // self.rate) / STEPS
        loud = np.full(steps.size, SILENCE)
        loud[: min(len(momentary), steps.size)] = momentary[: steps.size]
        dense = np.interp(steps, np.arange(rise.size) * self.point / self.rate, rise)
        window = PREVIEW_MS * STEPS // 1000
        score = _standard(_sums(np.maximum(loud, -40.0), window)) + DENSITY_WEIGHT * _standard(_sums(dense, window))
        found = int(np.argmax(score)) * 1000 // STEPS
        return self._snap(rise, found, last_ms)

    def _snap(self, rise: NDArray[np.float64], found: int, last_ms: int) -> int:
        """Move a start to just before the clearest beginning of a sound nearby."""
        point_ms = 1000 / POINTS
        low = int(max(found - SNAP_MS, 0) / point_ms)
        high = int(min(found + SNAP_MS, last_ms) / point_ms) + 1
        nearest = low + int(np.argmax(rise[low:high]))
        return max(min(int((nearest - 1) * point_ms), last_ms), 0)

    def _find_edges(self, samples: Samples, sizes: NDArray[np.float32]) -> None:
        """Note the first and the last sample that is heard; only the points at the edges are looked into."""
        heard = np.flatnonzero(sizes > QUIET)
        if not heard.size:
            return
        if self._first is None:
            self._first = self.frames + _heard(samples, int(heard[0]), self.point)[0]
        self._last = self.frames + _heard(samples, int(heard[-1]), self.point)[1] + 1

    def _count_clipped(self, samples: Samples, peak: float) -> None:
        if peak < CLIPPED and samples.shape[1] >= RUN:  # so it is with most blocks
            self._held = np.zeros_like(self._held)
            return
        full = np.concatenate((self._held, np.abs(samples) >= CLIPPED), axis=1)
        run = full[:, 1:-2] & full[:, 2:-1] & full[:, 3:]
        self.clipped_runs += int(np.count_nonzero(run & ~full[:, :-3]))
        self._held = full[:, -RUN:]


def _points(samples: Samples, point: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the lowest and the highest sample of all channels in each stretch of `point`, the last one perhaps cut."""
    whole = samples.shape[1] // point * point
    points = samples[:, :whole].reshape(samples.shape[0], -1, point)
    low, high = points.min(axis=2).min(axis=0), points.max(axis=2).max(axis=0)
    cut = samples[:, whole:]
    if cut.size:
        low, high = np.append(low, cut.min()), np.append(high, cut.max())
    return low, high


def _heard(samples: Samples, number: int, point: int) -> tuple[int, int]:
    """Return where in a block the first and the last sample of a point is that is heard."""
    start = number * point
    at = np.flatnonzero(np.abs(samples[:, start : start + point]).max(axis=0) > QUIET)
    return start + int(at[0]), start + int(at[-1])


def _band_levels(mono: NDArray[np.float32], point: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the level of BANDS bands, each twice as wide as the one below, in stretches of `point`: (f, b).

    The second value is the power of each bin, added up over the stretches.
    """
    size = 1 << (point.bit_length() - 1)
    whole = mono[: mono.size // point * point].reshape(-1, point)[:, :size]
    spectrum = np.fft.rfft(whole * np.hanning(size).astype(np.float32), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    edges = [1, *(max(size >> step, 2) for step in range(BANDS, 1, -1))]
    edges = [edge if edge > before else before + 1 for before, edge in zip([0, *edges], edges, strict=False)]
    sums = np.add.reduceat(power[:, : size // 2], np.minimum(edges, size // 2 - 1), axis=1)
    return np.asarray(np.log10(sums / size**2 + 1e-9)), power.sum(axis=0, dtype=np.float64)


def _rises(levels: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how much begins at each point: the rise over all bands, in orders of magnitude."""
    if levels.shape[0] < 2:
        return np.zeros(max(levels.shape[0], 1))
    rises = np.clip(np.diff(levels, axis=0), 0, 3).sum(axis=1)
    return np.concatenate(([0.0], rises.astype(np.float64)))


def _sums(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    total = np.concatenate(([0.0], np.cumsum(values)))
    return np.asarray(total[window:] - total[:-window])


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = float(values.std())
    return np.asarray((values - values.mean()) / spread) if spread > 1e-9 else np.zeros_like(values)
