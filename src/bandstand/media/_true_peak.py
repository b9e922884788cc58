"""The true peak of sound: the highest point between samples too (ITU-R BS.1770-5, annex 2)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

TAPS = 32  # of each phase; the annex asks for 12
HOP = 32  # samples that one row of the product covers
BETA = 5.0  # of the Kaiser window: with it the points between stay within 0.05 dB up to 0.45 of the rate
FLOOR = -120.0  # dBTP that stand for silence


class TruePeak:
    """Collects the true peak of a stream of blocks.

    Oversamples 4 times, and less from 96 kHz up, where 192 kHz are reached earlier. Rows whose samples are too small
    to beat the peak so far, however the filter adds them up, are left out.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self.factor = 4 if rate < 96_000 else 2 if rate < 192_000 else 1
        self._table = _table(self.factor)
        self._gain = float(np.abs(_phases(self.factor)).sum(axis=1).max()) if self.factor > 1 else 1.0
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
        return max(20 * math.log10(self._best), FLOOR) if self._best > 0 else FLOOR

    def _search(self, held: NDArray[np.float32], rows: int) -> None:
        span = HOP + TAPS - 1
        windows = np.lib.stride_tricks.sliding_window_view(held[:, : rows * HOP + TAPS - 1], span, axis=1)[:, ::HOP]
        loudest = _loudest(held, rows) * self._gain
        for channel in range(held.shape[0]):
            chosen = windows[channel][loudest[channel] > self._best]
            if chosen.size:
                self._best = max(self._best, float(np.abs(chosen @ self._table).max()))


def _loudest(held: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    """Return at least the loudest sample of each row, shape (c, rows): a row lies within two stretches."""
    assert TAPS - 1 <= HOP
    padded = np.zeros((held.shape[0], (rows + 1) * HOP), dtype=np.float32)
    size = min(held.shape[1], padded.shape[1])
    np.abs(held[:, :size], out=padded[:, :size])
    stretches = padded.reshape(held.shape[0], rows + 1, HOP).max(axis=2)
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
    return np.array(rows, dtype=np.float32)


def _table(factor: int) -> NDArray[np.float32]:
    """Return all filters at each of HOP places, as columns: one product of matrices does a row of samples at once."""
    if factor == 1:
        return np.zeros((0, 0), dtype=np.float32)
    table = np.zeros((HOP + TAPS - 1, HOP * (factor - 1)), dtype=np.float32)
    for place in range(HOP):
        for number, phase in enumerate(_phases(factor)):
            table[place : place + TAPS, place * (factor - 1) + number] = phase
    return table
