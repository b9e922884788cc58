"""Gain control against pre-echo: where a band is quiet and then, within a frame, suddenly loud.

What stands before such an attack is made louder before the transform; the decoder makes it softer again, and with it
the noise that quantising spread over the whole frame. One point in a band is enough for that: the level up to the
attack.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._tables import BANDS, MOST_POINTS, UNITY

Floats = NDArray[np.float32]

MOST = 6  # doublings before an attack; more brings nothing, for noise of the whole frame is 36 dB down then
PLACE = 8  # samples that a place counts, and that a level takes to change
PLACES = 32
POINT_BITS = 9
QUIET = 3e-5  # what nobody hears counts as this loud, -90 dB
LEVELS: Floats = (2.0 ** np.arange(MOST + 1)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Attacks:
    """What gain control does in the block before and in each frame's own, arrays of shape (1 + f, b)."""

    levels: NDArray[np.int64]  # doublings of what stands before the attack, 0 = none
    places: NDArray[np.int64]  # where the level begins to go back

    @property
    def last(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """What the next block of frames begins with."""
        return self.levels[-1:], self.places[-1:]

    @property
    def bits(self) -> NDArray[np.int64]:
        """The bits of the points of each frame [f]."""
        return np.asarray(POINT_BITS * (self.levels[1:] > 0).sum(axis=1), np.int64)

    def fields(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
        """Return counts [f, b], level codes and places [f, b, 7] as sound units hold them."""
        counts = (self.levels[1:] > 0).astype(np.uint8)
        codes, places = np.zeros((2, *counts.shape, MOST_POINTS), np.uint8)
        codes[:, :, 0] = np.where(counts, UNITY + self.levels[1:], 0)
        places[:, :, 0] = np.where(counts, self.places[1:], 0)
        return counts, codes, places


def none() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what stands before the first frame."""
    return np.zeros((1, BANDS), np.int64), np.zeros((1, BANDS), np.int64)


def find(blocks: Floats, before: tuple[NDArray[np.int64], NDArray[np.int64]]) -> Attacks:
    """Return the attacks in blocks of shape (1 + f, b, n); `before` holds what was found in the first of them.

    A band is made louder by no more than lifts its quiet part, and all of the block before, to the attack's own peak.
    """
    peaks = np.abs(blocks).reshape(*blocks.shape[:2], PLACES, PLACE).max(axis=3)
    own, rising = peaks[1:], np.maximum.accumulate(peaks[1:], axis=2)
    quiet = np.repeat(peaks[:-1].max(axis=2)[:, :, None], PLACES, axis=2)
    quiet[:, :, 1:] = np.maximum(quiet[:, :, 1:], rising[:, :, :-1])
    loud = own.copy()
    loud[:, :, :-1] = np.maximum(loud[:, :, :-1], own[:, :, 1:])  # an attack takes its time
    rise = loud / (quiet + np.float32(QUIET))
    place = rise.argmax(axis=2)
    most = np.take_along_axis(rise, place[:, :, None], axis=2)[:, :, 0]
    levels = np.minimum(np.frexp(np.maximum(most, 1))[1].astype(np.int64) - 1, MOST)
    places = np.where(levels, np.maximum(place - 1, 0), 0)  # the level is back before the attack
    return Attacks(np.concatenate([before[0], levels]), np.concatenate([before[1], places]))


@cache
def curves() -> Floats:
    """Return what a block is multiplied by, per level and place: shape (7, 32, 256)."""
    whole = np.ones((MOST + 1, PLACES, PLACES * PLACE))
    for level in range(MOST + 1):
        for place in range(PLACES):
            start = PLACE * place
            whole[level, place, :start] = 2.0**level
            whole[level, place, start : start + PLACE] = 2.0 ** (level - level * np.arange(PLACE) / PLACE)
    return whole.astype(np.float32)
