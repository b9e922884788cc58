"""Writes sound units frame by frame, compiled. `_pack.py` is the specification."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._jit import compiled
from bandstand.media.codecs.atrac3._symbols import CODES, LENGTHS, PAIR_CODES, PAIR_LENGTHS
from bandstand.media.codecs.atrac3._tables import BOUNDS
from bandstand.media.codecs.atrac3._units import Units

UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]
Ints = NDArray[np.int64]


def pack(units: Units, head: tuple[UInt16, UInt8], tones: tuple[UInt16, UInt8], size: int) -> tuple[UInt8, Ints] | None:
    """Return the first `size` bytes of each unit [f, size] and how many bits it has [f].

    None if a mantissa can't be written: the specification then says which.

    Parameters
    ----------
    head, tones
        Values and lengths of the slots before the gain points and behind them, [f, slots].
    """
    body = (units.bands, units.gain_counts, units.gain_levels, units.gain_places, units.coded, units.constant)
    lines = (units.selectors, units.scales, units.mantissas)
    out = np.zeros((len(units), size + 3), np.uint8)
    bits = np.zeros(len(units), np.int64)
    if not _pack_all(_whole(*head, *tones), _whole(*body), _whole(*lines), out, bits):
        return None
    return np.ascontiguousarray(out[:, :size]), bits


def _whole(*arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:  # of any kind
    """Return arrays without gaps: for each other layout the kernel would be compiled anew."""
    return tuple(np.ascontiguousarray(array) for array in arrays)


@compiled
def _put(row: UInt8, at: int, value: int, size: int) -> int:
    """Write up to 14 bits; return where they end. What lies behind the row is only counted."""
    byte = at >> 3
    if byte + 3 <= len(row):
        shifted = np.int64(value) << (24 - (at & 7) - size)
        row[byte] |= np.uint8(shifted >> 16)
        row[byte + 1] |= np.uint8((shifted >> 8) & 255)
        row[byte + 2] |= np.uint8(shifted & 255)
    return at + size


@compiled
def _pack_all(slots: tuple, body: tuple, lines: tuple, out: UInt8, bits: Ints) -> bool:  # type: ignore[type-arg]  # arrays, taken apart at once
    heads, head_sizes, tones, tone_sizes = slots
    bands, gain_counts, gain_levels, gain_places, coded, constant = body
    selectors, scales, mantissas = lines
    for f in range(len(out)):
        row, at = out[f], 0
        for slot in range(heads.shape[1]):
            at = _put(row, at, heads[f, slot], head_sizes[f, slot])
        for band in range(bands[f]):
            at = _put(row, at, gain_counts[f, band], 3)
            for point in range(gain_counts[f, band]):
                at = _put(row, at, gain_levels[f, band, point] << 5 | gain_places[f, band, point], 9)
        for slot in range(tones.shape[1]):
            at = _put(row, at, tones[f, slot], tone_sizes[f, slot])
        at = _put(row, at, (coded[f] - 1) << 1 | constant[f], 6)
        for unit in range(coded[f]):
            at = _put(row, at, selectors[f, unit], 3)
        for unit in range(coded[f]):
            if selectors[f, unit]:
                at = _put(row, at, scales[f, unit], 6)
        at = _mantissas(row, at, coded[f], constant[f], selectors[f], mantissas[f])
        if at < 0:
            return False
        bits[f] = at
    return True


@compiled
def _mantissas(row: UInt8, at: int, coded: int, constant: int, selectors: UInt8, mantissas: NDArray[np.int8]) -> int:
    """Write the mantissas of all lines; return where they end, or -1 if one can't be written."""
    for unit in range(coded):
        selector = np.int64(selectors[unit])
        if selector > 1:
            base = np.int64(constant) * 512 + selector * 64 + 32
            for line in range(BOUNDS[unit], BOUNDS[unit + 1]):
                index = base + min(max(int(mantissas[line]), -32), 31)
                if not LENGTHS[index]:
                    return -1
                at = _put(row, at, CODES[index], LENGTHS[index])
        elif selector == 1:
            for line in range(BOUNDS[unit], BOUNDS[unit + 1], 2):
                one, other = np.int64(mantissas[line]), np.int64(mantissas[line + 1])
                if min(one, other) < -2 or max(one, other) > 1:
                    return -1
                index = np.int64(constant) * 16 + (one + 2) * 4 + other + 2
                if not PAIR_LENGTHS[index]:
                    return -1
                at = _put(row, at, PAIR_CODES[index], PAIR_LENGTHS[index])
    return at
