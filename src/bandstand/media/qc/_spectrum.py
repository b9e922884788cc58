"""Where the energy lies: the spectrum over the whole, its picture over time, and where it ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.qc._model import BANDS

Powers = NDArray[np.float64]

SIZE = 4096  # samples of one look
COLUMNS = 1200  # of the picture, at most
NOTHING = -140.0  # dBFS in one bin: below it is what rounding leaves
LOWEST_EDGE = 7_000  # Hz: below it music falls steeply by itself
NEAR_HZ, FAR_HZ = 200, 1_000  # how far from an edge its two sides are looked at
DROP = 20.0  # dB between them that make it one
BACK = 15.0  # dB below the near side that everything beyond stays


class Spectrum:
    """Collects the mean power of a stream (c, n), and its course in at most COLUMNS columns of BANDS bands."""

    def __init__(self) -> None:
        self._window = np.hanning(SIZE).astype(np.float32)
        self._scale = 4.0 / float(self._window.sum()) ** 2  # a sine of full scale is 1
        self._sum: Powers = np.zeros(SIZE // 2 + 1)
        self._looks = 0
        self._columns: list[NDArray[np.float32]] = []
        self._waiting: list[NDArray[np.float32]] = []
        self._each = 1  # looks in a column

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Take the next block; what is left over behind its last whole look is not looked at."""
        length = samples.shape[1] // SIZE * SIZE
        if not length:
            if self._looks:
                return
            samples, length = np.pad(samples, ((0, 0), (0, SIZE - samples.shape[1]))), SIZE
        power = np.zeros((length // SIZE, SIZE // 2 + 1))
        for channel in samples:  # powers are added, not sounds: what is out of phase counts too
            spectrum = np.fft.rfft(channel[:length].reshape(-1, SIZE) * self._window, axis=1)
            power += spectrum.real**2 + spectrum.imag**2
        power *= self._scale / samples.shape[0]
        self._sum += power.sum(axis=0)
        self._looks += power.shape[0]
        for row in _bands(power).astype(np.float32):
            self._add(row)

    @property
    def mean(self) -> Powers:
        """Mean power in each bin from 0 Hz to half the rate."""
        return self._sum / max(self._looks, 1)

    def bands(self) -> list[float]:
        """Return the mean in BANDS bands, in dBFS."""
        return [round(float(level), 1) for level in _decibels(_bands(self.mean[None]))[0]]

    def picture(self) -> NDArray[np.float32]:
        """Return levels in dBFS, shape (BANDS, columns), the highest band first."""
        columns = [*self._columns, *([np.mean(self._waiting, axis=0)] if self._waiting else [])]
        return np.asarray(_decibels(np.array(columns, dtype=np.float64).T[::-1]), dtype=np.float32)

    def _add(self, row: NDArray[np.float32]) -> None:
        self._waiting.append(row)
        if len(self._waiting) < self._each:
            return
        self._columns.append(np.mean(self._waiting, axis=0))
        self._waiting = []
        if len(self._columns) == 2 * COLUMNS:  # twice as long: each two become one, so the memory stays
            pairs = np.array(self._columns).reshape(-1, 2, BANDS)
            self._columns = list(pairs.mean(axis=1))
            self._each *= 2


def edge(power: Powers, rate: int) -> tuple[int, float]:
    """Return where a mean spectrum ends in Hz, and by how many dB it falls there (0: it fades, or goes to the end).

    An edge is a fall of at least DROP dB within 1 kHz, beyond which nothing comes back. Without one, the spectrum
    ends where it fades below what rounding leaves.
    """
    level = _decibels(power)
    width = rate / 2 / (level.size - 1)
    near, far = max(round(NEAR_HZ / width), 2), max(round(FAR_HZ / width), 4)
    heard = np.flatnonzero(_smooth(level, near) > NOTHING)
    if not heard.size:
        return 0, 0.0
    sums = np.concatenate(([0.0], np.cumsum(level)))
    centre = np.arange(max(far, int(LOWEST_EDGE / width)), level.size - near - 2)
    before = (sums[centre - near] - sums[centre - far]) / (far - near)
    last = np.minimum(centre + far, level.size)
    after = (sums[last] - sums[centre + near]) / np.maximum(last - centre - near, 1)
    beyond = np.maximum.accumulate(_smooth(level, near)[::-1])[::-1]
    able = (before - after >= DROP) & (beyond[np.minimum(centre + near, level.size - 1)] <= before - BACK)
    if able.any():
        drops = np.where(able, before - after, 0.0)
        best = int(np.argmax(drops))
        first = int(centre[best]) - 2 * near  # the fall lies within: where half of it is done is the edge
        within = np.flatnonzero(level[first : first + 4 * near + 1] > (before[best] + after[best]) / 2)
        place = first + int(within[-1]) if within.size else int(centre[best])
        return min(round(place * width), rate // 2), round(float(drops[best]), 1)
    return min(round((float(heard[-1]) + 1) * width), rate // 2), 0.0


def _smooth(level: Powers, width: int) -> Powers:
    kernel = np.ones(2 * width // 2 | 1)
    return np.convolve(np.pad(level, kernel.size // 2, mode="edge"), kernel / kernel.size, mode="valid")


def _bands(power: Powers) -> Powers:
    """Return the mean power in BANDS bands of equal width."""
    starts = np.arange(BANDS) * (power.shape[1] - 1) // BANDS
    sums = np.add.reduceat(power, starts, axis=1)
    return np.asarray(sums / np.diff(starts, append=power.shape[1]))


def _decibels(power: Powers) -> Powers:
    return np.asarray(10 * np.log10(np.maximum(power, 1e-20)))
