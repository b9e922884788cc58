"""Writes sound units frame by frame, compiled. `_pack.py` is the specification."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._jit import compiled
from bandstand.media.codecs.atrac3._symbols import CODES, LENGTHS, PAIR_CODES, PAIR_LENGTHS
from bandstand.media.codecs.atrac3._tables import BOUNDS, UNITS
from bandstand.media.codecs.atrac3._units import Units

UInt8 = NDArray[np.uint8]
Slots = tuple[NDArray[np.uint16], UInt8]
_SLACK = 8  # bytes behind the end that a write may touch


def write(units: Units, head: Slots, tones: Slots, size: int) -> tuple[UInt8, NDArray[np.int64]]:
    """Return units as bytes [f, size], and how many bits each has, -1 where a mantissa can't be written.

    `head` and `tones` are the slots of `_pack`; the fields were checked there.
    """
    packed = np.zeros((len(units), size + _SLACK), np.uint8)
    bits = np.zeros(len(units), np.int64)
    gain = (units.gain_counts, units.gain_levels, units.gain_places)
    sound = (units.coded, units.constant, units.selectors, units.scales, units.mantissas)
    _write_all(packed, bits, units.bands, (*head, *tones), gain, sound)
    return packed[:, :size], bits


@compiled
def _write_all(packed: UInt8, bits: NDArray[np.int64], bands: UInt8, slots: tuple, gain: tuple, sound: tuple) -> None:  # type: ignore[type-arg]  # arrays, taken apart at once
    head_values, head_lengths, tone_values, tone_lengths = slots
    counts, levels, places = gain
    coded, constant, selectors, scales, mantissas = sound
    most = (packed.shape[1] - _SLACK) * 8
    for f in range(len(bits)):
        row, at = packed[f], 0
        for slot in range(head_values.shape[1]):
            at = _put(row, at, head_values[f, slot], head_lengths[f, slot])
        for band in range(bands[f]):
            at = _put(row, at, counts[f, band], 3)
            for point in range(counts[f, band]):
                at = _put(row, at, levels[f, band, point] << 5 | places[f, band, point], 9)
        for slot in range(tone_values.shape[1]):
            at = _put(row, at, tone_values[f, slot], tone_lengths[f, slot])
        at = _put(row, at, (coded[f] - 1) << 1 | constant[f], 6)
        for stretch in range(coded[f]):
            at = _put(row, at, selectors[f, stretch], 3)
        for stretch in range(UNITS):
            if selectors[f, stretch]:
                at = _put(row, at, scales[f, stretch], 6)
        for stretch in range(UNITS):
            if selectors[f, stretch] and 0 <= at <= most:
                at = _mantissas(row, at, most, stretch, selectors[f, stretch], constant[f], mantissas[f])
        bits[f] = at


@compiled
def _mantissas(row, at, most, stretch, selector, constant, mantissas) -> int:  # type: ignore[no-untyped-def]  # arrays
    """Write the mantissas of a stretch; return where they end, -1 if one can't be written."""
    start, end = BOUNDS[stretch], BOUNDS[stretch + 1]
    if selector == 1:
        for k in range(start, end, 2):
            first, second = np.int64(mantissas[k]), np.int64(mantissas[k + 1])
            if min(first, second) < -2 or max(first, second) > 1:
                return -1
            index = 16 * constant + 4 * (first + 2) + second + 2
            if not PAIR_LENGTHS[index]:
                return -1
            at = _put(row, at, PAIR_CODES[index], PAIR_LENGTHS[index])
            if at > most:
                return at
        return at
    for k in range(start, end):
        index = (512 if constant else 0) + 64 * np.int64(selector) + min(max(np.int64(mantissas[k]), -32), 31) + 32
        if not LENGTHS[index]:
            return -1
        at = _put(row, at, CODES[index], LENGTHS[index])
        if at > most:
            return at
    return at


@compiled
def _put(row: UInt8, at: int, value: int, length: int) -> int:
    """Put some bits into a row of zeros; return where they end. What does not fit is left out, and counted."""
    byte = at >> 3
    if byte + 3 <= len(row):
        word = np.int64(value) << (24 - (at & 7) - np.int64(length))
        row[byte] |= np.uint8(word >> 16 & 255)
        row[byte + 1] |= np.uint8(word >> 8 & 255)
        row[byte + 2] |= np.uint8(word & 255)
    return at + np.int64(length)
