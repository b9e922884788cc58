"""The true peak of sound: the highest point between samples too (ITU-R BS.1770-5, annex 2)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

TAPS = 32  # of each phase; the annex asks for 12
HOP = 32  # samples that one row of the product covers; a power of two
BETA = 5.0  # of the Kaiser window: with it the points between stay within 0.05 dB up to 0.45 of the rate
FLOOR = -120.0  # dBTP that stand for silence
NEAR = 0.65  # of a peak: half steps never see less (cos 45 degrees, for the highest sine; the rest is for the filter)


class TruePeak:
    """Collects the true peak of a stream of blocks.

    Oversamples 4 times, and less from 96 kHz up, where 192 kHz are reached earlier. Rows whose samples are too small
    to beat the peak so far, however the filter adds them up, are left out. Of the rest the points half way between
    samples come first, and those at the quarters only where one of the two is near the peak already: what has no
    frequency above half the rate can't rise more than that within a quarter of a sample.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self.factor = 4 if rate < 96_000 else 2 if rate < 192_000 else 1
        phases = _phases(self.factor)
        middle = self.factor // 2 - 1
        self._halves = _table(phases[middle : middle + 1])
        self._quarters = _table(np.delete(phases, middle, axis=0)) if self.factor == 4 else None
        self._near = NEAR
        self._gain = float(np.abs(phases).sum(axis=1).max()) if self.factor > 1 else 1.0
        self._held = np.zeros((channels, TAPS // 2), dtype=np.float32)
        self._best = 0.0

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, shape (c, n)."""
        self._best = max(self._best, float(np.abs(samples).max(initial=0.0)))
        if self.factor == 1:
            return
        held = np.concatenate((self._held, samples), axis=1)
        rows = (held.shape[1] - TAPS + 1) // HOP
        if rows > 0:
            self._search(held, rows)
        self._held = held[:, max(rows, 0) * HOP :]

    def finish(self) -> float:
        """Return the peak in dBTP, at least FLOOR."""
        if self.factor > 1:
            self.feed(np.zeros((self._held.shape[0], TAPS + HOP), dtype=np.float32))
        return _decibels(self._best)

    def take(self) -> float:
        """Return the peak since the last `take` in dBTP, at least FLOOR, and begin anew: for its course over time."""
        best, self._best = self._best, 0.0
        return _decibels(best)

    def _search(self, held: NDArray[np.float32], rows: int) -> None:
        span = HOP + TAPS - 1
        windows = np.lib.stride_tricks.sliding_window_view(held[:, : rows * HOP + TAPS - 1], span, axis=1)[:, ::HOP]
        loudest = _loudest(held, rows)
        for channel in range(held.shape[0]):
            able = loudest[channel] * self._gain > self._best
            chosen, samples = windows[channel][able], loudest[channel][able]
            halves = self._halves.T @ chosen.T  # this way round the search runs along long rows
            tops = np.maximum(np.maximum(halves.max(axis=0), -halves.min(axis=0)), samples)
            self._best = max(self._best, float(tops.max(initial=0.0)))
            if self._quarters is not None:
                near = chosen[tops > self._near * self._best] @ self._quarters
                self._best = max(self._best, float(near.max(initial=0.0)), -float(near.min(initial=0.0)))


def _decibels(peak: float) -> float:
    return max(20 * math.log10(peak), FLOOR) if peak > 0 else FLOOR


def _loudest(held: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    """Return at least the loudest sample of each row, shape (c, rows): a row lies within two stretches."""
    assert TAPS - 1 <= HOP
    padded = np.zeros((held.shape[0], (rows + 1) * HOP), dtype=np.float32)
    size = min(held.shape[1], padded.shape[1])
    np.abs(held[:, :size], out=padded[:, :size])
    stretches = padded
    while stretches.shape[1] > rows + 1:  # halving is several times as fast as the maximum of many short rows
        stretches = np.maximum(stretches[:, ::2], stretches[:, 1::2])
    return np.asarray(np.maximum(stretches[:, :-1], stretches[:, 1:]))


def _phases(factor: int) -> NDArray[np.float32]:
    """Return the filters of the points between samples, shape (factor - 1, TAPS); each adds up to 1."""
    at = np.arange(TAPS) - (TAPS // 2 - 1)
    rows = []
    for step in range(1, factor):
        distance = at - step / factor
        window = np.i0(BETA * np.sqrt(np.maximum(1 - (distance / (TAPS / 2)) ** 2, 0))) / np.i0(BETA)
        row = np.sinc(distance) * window
        rows.append(row / row.sum())
    return np.array(rows, dtype=np.float32).reshape(-1, TAPS)


def _table(phases: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return filters at each of HOP places, as columns: one product of matrices does a row of samples at once."""
    table = np.zeros((HOP + TAPS - 1, HOP * len(phases)), dtype=np.float32)
    for place in range(HOP):
        table[place : place + TAPS, place * len(phases) : (place + 1) * len(phases)] = phases.T
    return table
