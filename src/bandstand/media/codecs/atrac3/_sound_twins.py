"""Sound from spectra, compiled: the same sums in the same order as in `_spectrum`, `_synthesis` and `_filterbank`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._jit import compiled

Floats = NDArray[np.float32]
_TILE = 512  # samples that stay in the fastest memory while all taps go over them


@compiled
def scaled(mantissas: NDArray[np.int8], steps: Floats, bounds: NDArray[np.int64], out: Floats) -> None:
    """Multiply mantissas [f, 1024] by the step of their stretch [f, 32]."""
    for f in range(len(mantissas)):
        for u in range(len(bounds) - 1):
            step = steps[f, u]
            for line in range(bounds[u], bounds[u + 1]):
                out[f, line] = mantissas[f, line] * step


@compiled
def overlap(folded: Floats, window: Floats, begin: Floats, tail: Floats, out: Floats) -> None:
    """Unfold, window and overlap, as `_synthesis._overlap` does."""
    for band in range(len(folded)):
        left = tail[band]
        for f in range(folded.shape[1]):
            block, gain, to = folded[band, f], begin[f, band], out[band, f]
            for t in range(128):
                to[t] = block[128 + t] * window[t] * gain + left[t]
                to[128 + t] = -block[255 - t] * window[128 + t] * gain + left[128 + t]
            for t in range(128):
                left[t] = -block[127 - t] * window[256 + t]
                left[128 + t] = -block[t] * window[384 + t]


@compiled
def join(sums: Floats, differences: Floats, even: Floats, odd: Floats, out: Floats) -> None:
    """Filter sums and differences, and lay them between each other, as `Join.feed` does."""
    count = len(out) // 2
    first, second = np.empty(_TILE, np.float32), np.empty(_TILE, np.float32)
    for start in range(0, count, _TILE):
        size = min(_TILE, count - start)
        first[:] = 0
        second[:] = 0
        for m in range(0, len(even), 4):
            _four(first, differences[start + m : start + m + size + 3], odd[m : m + 4])
            _four(second, sums[start + m : start + m + size + 3], even[m : m + 4])
        to = out[2 * start : 2 * (start + size)]
        for j in range(size):
            to[2 * j] = first[j]
            to[2 * j + 1] = second[j]


@compiled
def _four(total: Floats, samples: Floats, taps: Floats) -> None:
    """Add four taps, one after the other so that the sum is that of the specification.

    Slices and loops from 0 have no negative places: only then is this done in vectors.
    """
    a, b, c, d = taps[0], taps[1], taps[2], taps[3]
    size = len(samples) - 3
    one, two, three = samples[1:], samples[2:], samples[3:]
    for j in range(size):
        total[j] = (((total[j] + a * samples[j]) + b * one[j]) + c * two[j]) + d * three[j]
