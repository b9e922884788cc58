"""The shape of sound: waveform, clipping, silence, offset, and where it is fullest. Blocks in, a few numbers out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media._meter import SILENCE, STEPS
from bandstand.media.waveform import MAX_BUCKETS

PER_SECOND = 50  # waveform points kept while the length is not known yet
RUN = 3  # samples in a row at full scale that count as clipped
CLIPPED = 32767 / 32768  # full scale of the shallowest depth that is sold; a deeper file reaches it 1 count earlier
QUIET = 10 ** (-60 / 20)  # -60 dBFS: what a listener takes for silence at the edges
PREVIEW_MS = 30_000
BANDS = 8
DENSITY_WEIGHT = 0.6  # of the count of events against loudness
SNAP_MS = 2_000

Samples = NDArray[np.float32]  # (c, n)


class Shape:
    """Collects the shape of a stream; `block` frames at a time, only the last block may be shorter."""

    def __init__(self, rate: int, channels: int) -> None:
        self.rate, self.point = rate, rate // PER_SECOND
        self.block = self.point * PER_SECOND
        self.clipped_runs, self.frames, self.peak = 0, 0, 0.0
        self._first: int | None = None
        self._last = 0
        self._sums = np.zeros(channels)
        self._held = np.zeros((channels, RUN), dtype=bool)
        self._low: list[NDArray[np.float32]] = []
        self._high: list[NDArray[np.float32]] = []
        self._bands: list[NDArray[np.float64]] = []

    def feed(self, samples: Samples) -> None:
        """Take the next block."""
        low, high = samples.min(axis=0), samples.max(axis=0)
        size = np.maximum(high, -low)
        heard = np.flatnonzero(size > QUIET)
        if heard.size:
            self._first = self.frames + int(heard[0]) if self._first is None else self._first
            self._last = self.frames + int(heard[-1]) + 1
        self.peak = max(self.peak, float(size.max()))
        self._count_clipped(samples)
        self._sums += samples.sum(axis=1)  # pairwise: good to 1e-6 over a second
        starts = np.arange(0, samples.shape[1], self.point)
        self._low.append(np.minimum.reduceat(low, starts))
        self._high.append(np.maximum.reduceat(high, starts))
        self._bands.append(_band_levels(samples.mean(axis=0), self.point))
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
        point_ms = 1000 / PER_SECOND
        low = int(max(found - SNAP_MS, 0) / point_ms)
        high = int(min(found + SNAP_MS, last_ms) / point_ms) + 1
        nearest = low + int(np.argmax(rise[low:high]))
        return max(min(int((nearest - 1) * point_ms), last_ms), 0)

    def _count_clipped(self, samples: Samples) -> None:
        full = np.concatenate((self._held, np.abs(samples) >= CLIPPED), axis=1)
        run = full[:, 1:-2] & full[:, 2:-1] & full[:, 3:]
        self.clipped_runs += int(np.count_nonzero(run & ~full[:, :-3]))
        self._held = full[:, -RUN:]


def _band_levels(mono: NDArray[np.float32], point: int) -> NDArray[np.float64]:
    """Return the level of BANDS bands, each twice as wide as the one below, in stretches of `point`: (f, b)."""
    size = 1 << (point.bit_length() - 1)
    whole = mono[: mono.size // point * point].reshape(-1, point)[:, :size]
    power = np.abs(np.fft.rfft(whole * np.hanning(size), axis=1)) ** 2
    edges = [1, *(max(size >> step, 2) for step in range(BANDS, 1, -1))]
    edges = [edge if edge > before else before + 1 for before, edge in zip([0, *edges], edges, strict=False)]
    sums = np.add.reduceat(power[:, : size // 2], np.minimum(edges, size // 2 - 1), axis=1)
    return np.asarray(np.log10(sums / size**2 + 1e-9))


def _rises(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much begins at each point: the rise over all bands, in orders of magnitude."""
    if levels.shape[0] < 2:
        return np.zeros(max(levels.shape[0], 1))
    return np.concatenate(([0.0], np.clip(np.diff(levels, axis=0), 0, 3).sum(axis=1)))


def _sums(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    total = np.concatenate(([0.0], np.cumsum(values)))
    return np.asarray(total[window:] - total[:-window])


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = float(values.std())
    return np.asarray((values - values.mean()) / spread) if spread > 1e-9 else np.zeros_like(values)
