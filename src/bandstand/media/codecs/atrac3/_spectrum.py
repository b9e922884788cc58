"""From sound units to the lines of the spectrum (docs/formats/atrac3.md, section 3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._speed import sound_twins
from bandstand.media.codecs.atrac3._tables import BOUNDS, DIVISORS, LINES, MOST_TONE_LINES, SCALES, WIDTHS
from bandstand.media.codecs.atrac3._units import Tones, Units

Floats = NDArray[np.float32]


def _steps() -> Floats:
    """Return what a mantissa of 1 is worth, per selector and scale factor [8 * 64]; 0 for selector 0."""
    steps = SCALES / DIVISORS[:, None]
    steps[0] = 0
    return steps.astype(np.float32).ravel()


STEPS = _steps()


def lines(units: Units, *, compiled: bool = True) -> Floats:
    """Return the lines of the spectrum, tones added [f, 1024], where a full-scale sine has about 32768."""
    steps = STEPS[units.selectors.astype(np.int64) << 6 | units.scales]
    fast = sound_twins() if compiled else None
    if fast is not None:
        spectrum: Floats = np.empty((len(units), LINES), np.float32)
        fast.scaled(np.ascontiguousarray(units.mantissas), steps, BOUNDS, spectrum)
    else:
        spectrum = units.mantissas * np.repeat(steps, WIDTHS, axis=1)
    if len(units.tones):
        _add(units.tones, spectrum)
    return spectrum


def _add(tones: Tones, spectrum: Floats) -> None:
    at = tones.start[:, None] + np.arange(MOST_TONE_LINES)
    held = at < LINES
    values = tones.mantissas * STEPS[tones.selector.astype(np.int64) << 6 | tones.scale][:, None]
    index = tones.frame[:, None].astype(np.int64) * LINES + at
    np.add.at(spectrum.reshape(-1), index[held], values[held])
