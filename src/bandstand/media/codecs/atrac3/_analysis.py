"""The way into the codec: samples, four bands, gain control, spectral lines (docs/formats/atrac3.md).

Letters of shapes: n sample, f frame, b band, k line of a band.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._attacks import LEVELS, Attacks, curves
from bandstand.media.codecs.atrac3._filterbank import SplitBank
from bandstand.media.codecs.atrac3._tables import ANALYSIS_WINDOW, BANDS, LINES
from bandstand.media.codecs.atrac3._transform import BLOCK, FULL, folded

Floats = NDArray[np.float32]

_HALF = BLOCK // 2
_WINDOW = (BLOCK * FULL * ANALYSIS_WINDOW).astype(np.float32)  # `folded` is scaled for the way out


class Analysis:
    """Turns the samples of one channel into bands, block by block."""

    def __init__(self) -> None:
        self._bank = SplitBank()
        self._block = np.zeros((1, BANDS, BLOCK), np.float32)

    def bands(self, samples: Floats) -> Floats:
        """Return the bands of whole frames, shape (1 + f, b, n): the block before, and one of each frame."""
        made = self._bank.feed(samples).reshape(BANDS, -1, BLOCK).transpose(1, 0, 2)
        blocks = np.concatenate([self._block, made])
        self._block = blocks[-1:]
        return blocks


def lines(blocks: Floats, attacks: Attacks, *, compiled: bool = True) -> Floats:
    """Return the lines of frames, shape (f, 1024), from their bands (1 + f, b, n) and what gain control does to each.

    A frame spans its own block and the one before. Gain control divides a block by its curve, and the half that stands
    before it by the level with which that curve begins, for that is what the decoder multiplies by.
    """
    even = blocks * curves()[attacks.levels, attacks.places]
    before = even[:-1] * LEVELS[attacks.levels[1:], None] * _WINDOW[:BLOCK]
    own = even[1:] * _WINDOW[BLOCK:]
    fold = np.empty((len(own), BANDS, BLOCK), np.float32)
    fold[..., :_HALF] = -own[..., _HALF - 1 :: -1] - own[..., _HALF:]
    fold[..., _HALF:] = before[..., :_HALF] - before[..., : _HALF - 1 : -1]
    fold[:, 1::2] = fold[:, 1::2, ::-1]  # `folded` takes odd bands the other way round
    found = folded(fold.reshape(-1, LINES), compiled=compiled).transpose(1, 0, 2).copy()
    found[:, 1::2] = found[:, 1::2, ::-1]  # and so does the bitstream
    return found.reshape(-1, LINES)
