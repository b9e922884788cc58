"""The way into the codec: samples, four bands, gain control, spectral lines (docs/formats/atrac3.md).

Letters of shapes: n sample, f frame, b band, k line of a band. Everything is float32: its noise lies 60 dB below what
the filter bank itself leaves.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._attacks import LEVELS, Attacks, curves
from bandstand.media.codecs.atrac3._tables import ANALYSIS_WINDOW, BANDS, LINES, QMF

Floats = NDArray[np.float32]

BLOCK = LINES // BANDS  # samples of one band in a frame
_TAPS = 3 * len(QMF) - 2  # of both stages of the filter bank together
_PAST = _TAPS - BANDS  # samples that each output needs from before
_STEP = 64  # samples of a band that one product makes


class Analysis:
    """Turns the samples of one channel into lines, block by block."""

    def __init__(self) -> None:
        self._past = np.zeros(_PAST, np.float32)
        self._block = np.zeros((1, BANDS, BLOCK), np.float32)

    def bands(self, samples: Floats) -> Floats:
        """Return the bands of whole frames, shape (1 + f, b, n): the block before, and one of each frame."""
        whole = np.concatenate([self._past, samples])
        self._past = whole[len(samples) :]
        rows = sliding_window_view(whole, _PAST + BANDS * _STEP)[:: BANDS * _STEP]
        made = (rows @ _BANK).reshape(-1, BLOCK, BANDS).transpose(0, 2, 1)
        blocks = np.concatenate([self._block, made])
        self._block = blocks[-1:]
        return blocks


def lines(blocks: Floats, attacks: Attacks) -> Floats:
    """Return the lines of frames, shape (f, 1024), from their bands (1 + f, b, n) and what gain control does to each.

    A frame spans its own block and the one before. Gain control divides a block by its curve, and the half that stands
    before it by the level with which that curve begins, for that is what the decoder multiplies by.
    """
    found = np.empty((len(blocks) - 1, BANDS, BLOCK), np.float32)
    halves = np.empty((len(found), 2, BLOCK), np.float32)
    for band in range(BANDS):
        levels, places = attacks.levels[:, band], attacks.places[:, band]
        even = blocks[:, band] * curves()[levels, places]
        halves[:, 0] = even[:-1] * LEVELS[levels[1:], None]
        halves[:, 1] = even[1:]
        found[:, band] = halves.reshape(len(found), -1) @ _TRANSFORMS[band]
    return found.reshape(len(found), LINES)


def _split(samples: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lower and the upper half of a band at half its rate (specification, section 4.1)."""
    odd, even = samples[1::2], samples[::2]
    low = np.convolve(odd, QMF[::2])[: len(odd)]
    high = np.convolve(even, QMF[1::2])[: len(even)]
    return low + high, low - high


def _bank() -> Floats:
    """Return both stages of the filter bank as one matrix: from samples to `_STEP` times four bands."""
    answers = np.zeros((BANDS, _TAPS))
    for phase in range(BANDS):
        impulse = np.zeros(2 * _STEP * BANDS)
        impulse[phase] = 1
        low, high = _split(impulse)
        split = [*_split(low), *reversed(_split(high))]  # the upper half comes out mirrored
        at = np.arange(BANDS - 1 - phase, _TAPS, BANDS)
        answers[:, at] = [band[: len(at)] for band in split]
    bank = np.zeros((_PAST + BANDS * _STEP, _STEP, BANDS))
    for step in range(_STEP):
        bank[BANDS * step : BANDS * step + _TAPS, step] = answers.T[::-1]
    return bank.reshape(len(bank), -1).astype(np.float32)


def _transforms() -> tuple[Floats, ...]:
    """Return the windowed MDCT of each band as a matrix [512, 256]; odd bands come out of the bank mirrored."""
    n, k = np.arange(2 * BLOCK), np.arange(BLOCK)
    whole = -BLOCK * ANALYSIS_WINDOW[:, None] * np.cos(np.pi / LINES * np.outer(2 * n + 1 + BLOCK, 2 * k + 1))
    return tuple(np.ascontiguousarray(whole[:, :: -1 if band % 2 else 1], np.float32) for band in range(BANDS))


_BANK = _bank()
_TRANSFORMS = _transforms()
