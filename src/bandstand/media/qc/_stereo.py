"""What the channels have to do with each other, in steps of a tenth of a second."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bandstand.media._blocks import POINTS as POINTS_A_SECOND

STEPS = 10
SILENT = 1e-9  # mean power, -90 dBFS: below it a correlation means nothing
FLOOR = -120.0  # dB that stand for silence


class Stereo:
    """Collects level and offset of all channels, and the correlation of the first two."""

    def __init__(self, rate: int, channels: int) -> None:
        self._step = rate // POINTS_A_SECOND * (POINTS_A_SECOND // STEPS)
        self._sums, self._squares = np.zeros(channels), np.zeros(channels)
        self._cross, self._frames = 0.0, 0
        self._courses: list[NDArray[np.float64]] = []  # (3, steps): left, right, both
        self.identical = channels > 1

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Take the next block, (c, n)."""
        self._sums += samples.sum(axis=1, dtype=np.float64)
        self._squares += np.einsum("cn,cn->c", samples, samples, dtype=np.float64)
        self._frames += samples.shape[1]
        if samples.shape[0] < 2:
            return
        left, right = samples[0], samples[1]
        self._cross += float(np.dot(left, right))
        self.identical = self.identical and bool(np.array_equal(left, right))
        whole = left.size // self._step * self._step
        if whole:
            rows = [part[:whole].reshape(-1, self._step) for part in (left, right)]
            pairs = ((rows[0], rows[0]), (rows[1], rows[1]), (rows[0], rows[1]))
            self._courses.append(np.array([np.einsum("sn,sn->s", a, b) for a, b in pairs], dtype=np.float64))

    @property
    def offsets(self) -> list[float]:
        """The mean of each channel."""
        return [round(float(value), 6) for value in self._sums / max(self._frames, 1)]

    @property
    def levels(self) -> list[float]:
        """The level of each channel."""
        return [_decibels(float(square) / max(self._frames, 1)) for square in self._squares]

    @property
    def correlation(self) -> float | None:
        """How far the first two channels go together: 1, and -1 when one is the other turned round."""
        if self._squares.size < 2 or self._squares[:2].max() / max(self._frames, 1) < SILENT:
            return None
        both = math.sqrt(float(self._squares[0] * self._squares[1]))
        return round(self._cross / both, 4) if both else 0.0

    @property
    def mono_loss(self) -> float | None:
        """By how many dB the mean of both is quieter than they are."""
        if self._squares.size < 2 or self.correlation is None:
            return None
        apart = float(self._squares[0] + self._squares[1]) / 2
        added = (float(self._squares[0] + self._squares[1]) + 2 * self._cross) / 4
        return round(min(10 * math.log10(apart / max(added, apart * 1e-6)), 60.0), 2)

    def course(self, points: int) -> list[float]:
        """Return the correlation over time; silence counts as together."""
        if not self._courses:
            return []
        sums = np.concatenate(self._courses, axis=1)
        starts = (
            np.unique(np.arange(points) * sums.shape[1] // points)
            if sums.shape[1] > points
            else np.arange(sums.shape[1])
        )
        left, right, both = np.add.reduceat(sums, starts, axis=1)
        lengths = np.diff(starts, append=sums.shape[1]) * self._step
        loud = np.maximum(left, right) / lengths > SILENT
        scale = np.sqrt(np.maximum(left * right, 1e-30))
        return [round(float(value), 3) for value in np.where(loud, np.clip(both / scale, -1, 1), 1.0)]


def _decibels(power: float) -> float:
    return round(max(10 * math.log10(power), FLOOR), 2) if power > 0 else FLOOR
