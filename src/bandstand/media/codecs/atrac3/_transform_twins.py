"""The DCT-IV compiled: 16 frames side by side, so that each step of the Fourier transform is done in vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._jit import compiled

Floats = NDArray[np.float32]
Complexes = NDArray[np.complex64]
_LANES = 16
_SIZE = 128
_STAGES = 7
_TURNS = np.exp(-2j * np.pi / _SIZE * np.arange(_SIZE // 2)).astype(np.complex64)
_REVERSED = np.array([int(f"{place:07b}"[::-1], 2) for place in range(_SIZE)])


@compiled
def transform(spectrum: Floats, before: Complexes, after: Complexes, out: Floats) -> None:
    """Fill `out` [4, f, 256] from lines [f, 1024], as `_transform.folded` does."""
    real, imaginary = np.zeros((_SIZE, _LANES), np.float32), np.zeros((_SIZE, _LANES), np.float32)
    for band in range(4):
        for start in range(0, len(spectrum), _LANES):
            rows = spectrum[start : start + _LANES, 256 * band : 256 * band + 256]
            to = out[band, start : start + _LANES]
            if _load(rows, band & 1, before, real, imaginary):
                _fourier(real, imaginary)
                _store(real, imaginary, after, to)
            else:  # the highest band hardly ever carries anything
                to[:] = 0


@compiled
def _load(rows: Floats, turned: int, before: Complexes, real: Floats, imaginary: Floats) -> bool:
    """Fold the lines of up to 16 frames into complex numbers; say whether there is anything."""
    some = False
    for lane in range(len(rows)):
        row = rows[lane]
        for n in range(_SIZE):
            one, other = row[2 * n], row[255 - 2 * n]
            if turned:
                one, other = other, one
            some |= one != 0 or other != 0
            by = before[n]
            real[n, lane] = one * by.real - other * by.imag
            imaginary[n, lane] = one * by.imag + other * by.real
    return some


@compiled
def _fourier(real: Floats, imaginary: Floats) -> None:
    """Transform in place; what comes out lies in the order of reversed bits."""
    half = _SIZE // 2
    for _ in range(_STAGES):
        for start in range(0, _SIZE, 2 * half):
            for j in range(half):
                turn = _TURNS[j * (_SIZE // 2 // half)]
                low, high = start + j, start + j + half
                _butterfly(real[low], imaginary[low], real[high], imaginary[high], turn.real, turn.imag)
        half //= 2


@compiled
def _butterfly(a: Floats, b: Floats, c: Floats, d: Floats, cosine: float, sine: float) -> None:
    for lane in range(_LANES):
        x, y = a[lane] - c[lane], b[lane] - d[lane]
        a[lane] += c[lane]
        b[lane] += d[lane]
        c[lane] = x * cosine - y * sine
        d[lane] = x * sine + y * cosine


@compiled
def _store(real: Floats, imaginary: Floats, after: Complexes, to: Floats) -> None:
    for lane in range(len(to)):
        row = to[lane]
        for place in range(_SIZE):
            k = _REVERSED[place]
            by = after[k]
            row[2 * k] = real[place, lane] * by.real - imaginary[place, lane] * by.imag
            row[255 - 2 * k] = -(real[place, lane] * by.imag + imaginary[place, lane] * by.real)
