"""Mantissas as bits, and back: the code tables in the shape that arrays are looked up with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._tables import CLC_BITS, MAXIMA, VLC_CODES, VLC_LENGTHS

PEEK = 8  # bits of the longest code
_SPAN = 64  # of mantissas, from -32
_PAIR = 1  # the selector whose mantissas are written in pairs


def _single() -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    codes, lengths = np.zeros((2, 8, _SPAN), np.uint16), np.zeros((2, 8, _SPAN), np.uint8)
    for selector in range(2, 8):
        most = MAXIMA[selector]
        held = slice(32 - most, 33 + most)
        codes[0, selector, held], lengths[0, selector, held] = VLC_CODES[selector], VLC_LENGTHS[selector]
        half = 1 << int(CLC_BITS[selector]) - 1
        held = slice(32 - half, 32 + half)
        codes[1, selector, held] = np.arange(-half, half) % (2 * half)
        lengths[1, selector, held] = CLC_BITS[selector]
    return codes.ravel(), lengths.ravel()


def _pairs() -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    codes, lengths = np.zeros((2, 4, 4), np.uint16), np.zeros((2, 4, 4), np.uint8)
    codes[0, 1:, 1:], lengths[0, 1:, 1:] = VLC_CODES[_PAIR], VLC_LENGTHS[_PAIR]
    fields = np.arange(-2, 2) % 4
    codes[1], lengths[1] = fields[:, None] << 2 | fields, CLC_BITS[_PAIR]
    return codes.ravel(), lengths.ravel()


def _looks() -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.uint8]]:
    """Return first value, second value of a pair, and length, for each selector and 8 bits to come; [8 * 256]."""
    first, second = np.zeros((8, 1 << PEEK), np.int8), np.zeros((8, 1 << PEEK), np.int8)
    length = np.zeros((8, 1 << PEEK), np.uint8)
    for selector in range(1, 8):
        for place, size in np.ndenumerate(VLC_LENGTHS[selector]):
            start = int(VLC_CODES[selector][place]) << PEEK - int(size)
            held = slice(start, start + (1 << PEEK - int(size)))
            first[selector, held] = place[0] - MAXIMA[selector]
            second[selector, held] = place[-1] - MAXIMA[selector] if selector == _PAIR else 0
            length[selector, held] = size
    return first.ravel(), second.ravel(), length.ravel()


CODES, LENGTHS = _single()  # by `symbol`; length 0 = can't be written
PAIR_CODES, PAIR_LENGTHS = _pairs()  # by `pair_symbol`
LOOK_FIRST, LOOK_SECOND, LOOK_LENGTH = _looks()


def symbol(constant: NDArray[np.bool_], selector: NDArray[np.uint8], mantissa: NDArray[np.int8]) -> NDArray[np.int16]:
    """Return the index into CODES and LENGTHS; the arguments are broadcast."""
    index = constant.astype(np.int16) * (8 * _SPAN) + selector.astype(np.int16) * _SPAN
    return np.asarray(index + np.clip(mantissa, -32, 31) + 32, np.int16)


def pair_symbol(constant: NDArray[np.bool_], first: NDArray[np.int8], second: NDArray[np.int8]) -> NDArray[np.int16]:
    """Return the index into PAIR_CODES and PAIR_LENGTHS; mantissas from -2 to 1."""
    return np.asarray(constant.astype(np.int16) * 16 + (first + np.int16(2)) * 4 + second + 2, np.int16)
