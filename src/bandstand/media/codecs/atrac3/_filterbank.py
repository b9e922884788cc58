"""The filter bank, there and back: sound becomes four bands, and these sound (docs/formats/atrac3.md, section 6)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._speed import sound_twins
from bandstand.media.codecs.atrac3._tables import BANDS, QMF

Floats = NDArray[np.float32]
_TAPS = (2 * QMF).astype(np.float32)
ODD, EVEN = np.ascontiguousarray(_TAPS[1::2]), np.ascontiguousarray(_TAPS[::2])
KEPT = len(EVEN) - 1  # sums and differences kept from block to block


class Join:
    """Puts two bands together, at twice their rate, block by block."""

    def __init__(self) -> None:
        self._sums, self._differences = np.zeros(KEPT, np.float32), np.zeros(KEPT, np.float32)

    def feed(self, low: Floats, high: Floats, *, compiled: bool = True) -> Floats:
        """Return 2 n samples for n of each band."""
        sums, differences = _behind(self._sums, low, high, np.add), _behind(self._differences, low, high, np.subtract)
        self._sums, self._differences = sums[-KEPT:].copy(), differences[-KEPT:].copy()
        return _laid_between(sums, differences, compiled=compiled)


class Split:
    """Splits sound into a lower and an upper half, each at half its rate, block by block."""

    def __init__(self) -> None:
        self._odd, self._even = np.zeros(KEPT, np.float32), np.zeros(KEPT, np.float32)

    def feed(self, samples: Floats, *, compiled: bool = True) -> tuple[Floats, Floats]:
        """Return n samples of each half for 2 n."""
        odd, even = np.concatenate([self._odd, samples[1::2]]), np.concatenate([self._even, samples[::2]])
        self._odd, self._even = odd[-KEPT:].copy(), even[-KEPT:].copy()
        both = _laid_between(even, odd, compiled=compiled) * np.float32(0.5)
        first, second = both[::2], both[1::2]
        return np.asarray(first + second, np.float32), np.asarray(first - second, np.float32)


class SplitBank:
    """Sound of one channel to four bands, block by block."""

    def __init__(self) -> None:
        self._whole, self._low, self._high = Split(), Split(), Split()

    def feed(self, samples: Floats, *, compiled: bool = True) -> Floats:
        """Return bands of shape [4, n] for 4 n samples, as `FilterBank` takes them."""
        low, high = self._whole.feed(samples, compiled=compiled)
        lows, highs = self._low.feed(low, compiled=compiled), self._high.feed(high, compiled=compiled)
        return np.stack([*lows, *highs[::-1]])


class FilterBank:
    """Four bands of one channel to sound, block by block."""

    def __init__(self) -> None:
        self._low, self._high, self._whole = Join(), Join(), Join()

    def feed(self, bands: Floats, *, compiled: bool = True) -> Floats:
        """Return 4 n samples for bands of shape [4, n]. The upper half is turned around: its bands are swapped."""
        assert len(bands) == BANDS
        low = self._low.feed(bands[0], bands[1], compiled=compiled)
        high = self._high.feed(bands[3], bands[2], compiled=compiled)
        return self._whole.feed(low, high, compiled=compiled)


def _laid_between(sums: Floats, differences: Floats, *, compiled: bool) -> Floats:
    """Return both, filtered and laid between each other: the first sample is of the differences."""
    out: Floats = np.empty(2 * (len(sums) - KEPT), np.float32)
    fast = sound_twins() if compiled else None
    if fast is not None:
        fast.join(sums, differences, EVEN, ODD, out)
    else:
        out[::2], out[1::2] = _filtered(differences, ODD), _filtered(sums, EVEN)
    return out


def _behind(kept: Floats, low: Floats, high: Floats, how: np.ufunc) -> Floats:
    """Return what was kept and, behind it, two bands put together."""
    out: Floats = np.empty(KEPT + len(low), np.float32)
    out[:KEPT] = kept
    how(low, high, out=out[KEPT:])
    return out


def _filtered(samples: Floats, taps: Floats) -> Floats:
    """Return the sums over as many samples as there are taps, from each sample on."""
    count = len(samples) - KEPT
    total: Floats = np.zeros(count, np.float32)
    for place, tap in enumerate(taps):
        total += tap * samples[place : place + count]
    return total
