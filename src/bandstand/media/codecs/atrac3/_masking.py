"""How much noise each unit may have: a masking threshold, and the weights that allocation takes from it.

The threshold spreads a unit's energy over the Bark scale, steeply towards low and flatly towards high frequencies
(Schroeder, Atal and Hall, JASA 66, 1979), lies further below what is tonal than below noise, lasts a little, and is
nowhere below that of hearing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._tables import BOUNDS, CENTRES, THRESHOLD, WIDTHS

Floats = NDArray[np.float64]

UP, DOWN = 10.0, 25.0  # dB a Bark that masking falls by
NOISE, TONE = 6.0, 18.0  # dB below noise, below a tone
AFTER = 0.3  # of the threshold of a frame that is left in the next
FULL_SCALE = 96.0  # dB SPL that a sine of full scale is taken to have
HIGHEST = 1000.0  # what the threshold of hearing counts at most: who turns it up hears more than that of the top
_FLAT = 0.5  # flatness from which a unit counts as noise: that of white noise is 0.56


def threshold(lines: NDArray[np.float32], before: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the noise that each unit of lines [f, 1024] may have, and what it holds: both per line, shape (f, 32).

    `before` is what lasts from the frame before, shape (1, 32): the third value of the last call, zeros at first.
    """
    power = lines.astype(np.float64) ** 2
    energy = np.add.reduceat(power, BOUNDS[:-1], axis=1)
    middle = np.exp(np.add.reduceat(np.log(power + 1), BOUNDS[:-1], axis=1) / WIDTHS)
    tonal = np.clip(1 - middle / (energy / WIDTHS + 1) / _FLAT, 0, 1)
    masks = energy * 10 ** (-(NOISE + (TONE - NOISE) * tonal) / 10)
    found = masks @ _SPREAD / WIDTHS
    lasting = AFTER * np.concatenate([before, found[:-1]])
    return np.maximum(np.maximum(found, lasting), _HEARING), energy / WIDTHS, found[-1:]


def energy(lines: NDArray[np.float32]) -> Floats:
    """Return what each unit of lines [f, 1024] holds, per line, shape (f, 32)."""
    return np.add.reduceat(lines * lines, BOUNDS[:-1], axis=1).astype(np.float64) / WIDTHS


def weights(allowed: Floats, held: Floats, *, by_mask: float, by_energy: float) -> Floats:
    """Return what noise in each unit counts: less where more is masked, and where more is held."""
    return np.asarray(allowed**-by_mask * np.maximum(held, 1) ** -by_energy)


def _spread() -> Floats:
    away = CENTRES[None, :] - CENTRES[:, None]  # [from, to]
    return np.asarray(10 ** (np.where(away < 0, DOWN * away, -UP * away) / 10))


_SPREAD = _spread()
_HEARING = np.minimum(10 ** ((THRESHOLD - FULL_SCALE) / 10) * 32768.0**2 / 2, HIGHEST)
