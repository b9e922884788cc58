"""The inverse MDCT before it is unfolded: a DCT-IV of the 256 lines of each band, by a Fourier transform of 128."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._speed import transform_twins
from bandstand.media.codecs.atrac3._tables import BANDS, LINES

Floats = NDArray[np.float32]
BLOCK = LINES // BANDS  # lines and samples of a band in a frame
FULL = 32768  # what the lines are scaled by
_PLACES = np.arange(BLOCK // 2)
BEFORE = np.exp(-1j * np.pi / BLOCK * (_PLACES + 0.25)).astype(np.complex64)
AFTER = (np.exp(-1j * np.pi / BLOCK * _PLACES) / -FULL).astype(np.complex64)


def folded(spectrum: Floats, *, compiled: bool = True) -> Floats:
    """Return -1/32768 * sum x[k] cos(pi / 256 * (n + 1/2) * (k + 1/2)) for each band [4, f, 256] of lines [f, 1024].

    No matrix product is used on purpose: its threads take more time than they save on such small blocks, and its
    rounding depends on how many frames come together.
    """
    out: Floats = np.empty((BANDS, len(spectrum), BLOCK), np.float32)
    fast = transform_twins() if compiled else None
    if fast is not None:
        fast.transform(spectrum, BEFORE, AFTER, out)
        return out
    bands = spectrum.reshape(-1, BANDS, BLOCK).transpose(1, 0, 2).copy()
    bands[1::2] = bands[1::2, :, ::-1]  # odd bands have their lines the other way round
    turned = np.fft.fft((bands[..., ::2] + 1j * bands[..., ::-2]) * BEFORE, axis=-1) * AFTER
    out[..., ::2], out[..., ::-2] = turned.real, -turned.imag
    return out
