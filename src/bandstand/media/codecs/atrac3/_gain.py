"""Gain curves: what the points of a sound unit do to the samples of a band (docs/formats/atrac3.md, section 5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._tables import BANDS, GAINS, MOST_POINTS, UNITY
from bandstand.media.codecs.atrac3._units import Units

UInt8 = NDArray[np.uint8]
Floats = NDArray[np.float32]
PLACES = 32  # that a point can stand at
RAMP = 8  # samples from one place to the next, and of a ramp
_LOWEST = 15 - UNITY  # octaves below unity
_EIGHTHS: Floats = (2.0 ** (np.arange(-RAMP * 2 * _LOWEST, RAMP * 2 * _LOWEST) / RAMP)).astype(np.float32)


def starts(counts: UInt8, levels: UInt8) -> Floats:
    """Return what a frame's own points multiply its first half by [f, 4]: the level of the first, or 1.

    Parameters
    ----------
    counts, levels
        As in `Units`: [f, 4] and [f, 4, 7].
    """
    return np.where(counts > 0, GAINS[levels[:, :, 0]], 1).astype(np.float32)


def curves(counts: UInt8, levels: UInt8, places: UInt8) -> Floats:
    """Return what points multiply the 256 samples of a block by, [r, 256] for [r], [r, 7] and [r, 7]."""
    held = np.arange(MOST_POINTS) < counts[:, None]
    place = np.where(held, places, PLACES).astype(np.int64)
    octaves = np.full((len(counts), MOST_POINTS + 2), 0, np.int64)
    octaves[:, :MOST_POINTS] = np.where(held, UNITY - levels.astype(np.int64), 0)
    # the point that each stretch of 8 samples runs up to, or, in its own stretch, leaves from
    point = (place[:, None, :] < np.arange(PLACES)[:, None]).sum(axis=2)
    now = np.take_along_axis(octaves, point, axis=1)
    after = np.take_along_axis(octaves, point + 1, axis=1)
    own = np.take_along_axis(np.pad(place, ((0, 0), (0, 1)), constant_values=PLACES), point, axis=1)
    slope = np.where(own == np.arange(PLACES), after - now, 0)
    eighths = RAMP * now[:, :, None] + slope[:, :, None] * np.arange(RAMP)
    return np.asarray(_EIGHTHS[eighths.reshape(-1, PLACES * RAMP) + RAMP * 2 * _LOWEST])


def all_curves(units: Units) -> Floats:
    """Return the curve of every frame and band [f, 4, 256]."""
    rows = (
        units.gain_counts.reshape(-1),
        *(a.reshape(-1, MOST_POINTS) for a in (units.gain_levels, units.gain_places)),
    )
    return curves(*rows).reshape(-1, BANDS, PLACES * RAMP)
