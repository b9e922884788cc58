"""Tonal components for the encoder: what a pure tone leaves is fine enough only if it does not share a tone's scale.

A component takes the highest line and two on each side, quantised by themselves; what they miss stays in the spectrum
and is allocated as ever, with a smaller scale. So a tone is quantised twice, and its noise falls by some 20 dB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._allocation import INVERSES, STEPS
from bandstand.media.codecs.atrac3._symbols import LENGTHS, symbol
from bandstand.media.codecs.atrac3._tables import CELL, LINES, MAXIMA, MOST_TONE_LINES, SCALES
from bandstand.media.codecs.atrac3._units import Tones

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

WIDTH = 5  # lines of a component
SELECTOR = 7
_GROUP_BITS = 2 + 4 + 3 + 3  # mode, flags of four bands, lines, selector: one group holds all
_CELL_BITS = 3
_COMPONENT_BITS = 12
_CELLS = LINES // CELL
_CELLS_IN_BAND = 4
_MOST_IN_CELL = 7


def take(lines: Floats, count: int) -> tuple[Tones, Floats, Ints]:
    """Take `count` components out of each frame of lines [f, 1024]; return them, what is left, and their bits [f]."""
    frames, rest = np.arange(len(lines)), lines.copy()
    starts, scales = np.zeros((2, len(lines), count), np.int64)
    mantissas = np.zeros((len(lines), count, MOST_TONE_LINES), np.int8)
    for at in range(count):
        start = np.clip(np.abs(rest).argmax(axis=1) - WIDTH // 2, 0, LINES - WIDTH)
        held = start[:, None] + np.arange(WIDTH)
        scale, value = _quantised(rest[frames[:, None], held].astype(np.float64))
        rest[frames[:, None], held] -= (value * STEPS[SELECTOR, scale][:, None]).astype(np.float32)
        starts[:, at], scales[:, at], mantissas[:, at, :WIDTH] = start, scale, value
    return _sorted(starts, scales, mantissas), rest, _bits(starts, mantissas)


def _quantised(held: NDArray[np.float64]) -> tuple[Ints, Ints]:
    """Return the scale of each row [f], the better of the two nearest its highest line, and its mantissas [f, k]."""
    most = int(MAXIMA[SELECTOR])
    holding = np.minimum(np.searchsorted(SCALES, np.abs(held).max(axis=1)), len(SCALES) - 1)
    tried = []
    for scale in (holding, np.maximum(holding - 1, 0)):
        value = np.clip(np.rint(held * INVERSES[SELECTOR, scale][:, None]), -most, most).astype(np.int64)
        tried.append((((held - value * STEPS[SELECTOR, scale][:, None]) ** 2).sum(axis=1), scale, value))
    (one, scale, value), (other, smaller, finer) = tried
    better = other < one
    return np.where(better, smaller, scale), np.where(better[:, None], finer, value)


def _bits(starts: Ints, mantissas: NDArray[np.int8]) -> Ints:
    frames, count = starts.shape
    bands = np.zeros((frames, _CELLS // _CELLS_IN_BAND), np.bool_)
    bands[np.arange(frames)[:, None], starts // (CELL * _CELLS_IN_BAND)] = True
    selector = np.full(mantissas[:, :, :WIDTH].shape, SELECTOR, np.uint8)
    lengths = LENGTHS[symbol(np.zeros(1, np.bool_), selector, mantissas[:, :, :WIDTH])].sum(axis=(1, 2), dtype=np.int64)
    return np.asarray(_GROUP_BITS + _CELL_BITS * _CELLS_IN_BAND * bands.sum(axis=1) + _COMPONENT_BITS * count + lengths)


def _sorted(starts: Ints, scales: Ints, mantissas: NDArray[np.int8]) -> Tones:
    frames, count = starts.shape
    total = frames * count
    return Tones(
        frame=np.repeat(np.arange(frames, dtype=np.int32), count),
        group=np.zeros(total, np.uint8),
        constant=np.zeros(total, np.bool_),
        lines=np.full(total, WIDTH, np.uint8),
        selector=np.full(total, SELECTOR, np.uint8),
        scale=scales.reshape(-1).astype(np.uint8),
        start=starts.reshape(-1).astype(np.int16),
        mantissas=mantissas.reshape(total, MOST_TONE_LINES),
    )
