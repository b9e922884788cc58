"""Reads sound units frame by frame, compiled. `_fields.py` is the specification."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._bits import Bits
from bandstand.media.codecs.atrac3._faults import Fault
from bandstand.media.codecs.atrac3._jit import compiled
from bandstand.media.codecs.atrac3._raw import Raw
from bandstand.media.codecs.atrac3._symbols import LOOK_FIRST, LOOK_LENGTH, LOOK_SECOND
from bandstand.media.codecs.atrac3._tables import BOUNDS, CLC_BITS

UInt8 = NDArray[np.uint8]
Int8 = NDArray[np.int8]
Words = NDArray[np.uint32]
Ints = NDArray[np.int64]

_PLACES, _TONE_MODE = int(Fault.PLACES), int(Fault.TONE_MODE)
_TONE_SELECTOR, _TONES = int(Fault.TONE_SELECTOR), int(Fault.TONES)


def read(bits: Bits, raw: Raw) -> None:
    """Read all that stands behind the header, as `_fields.read` does."""
    body = raw.body
    fields = (body.bands, body.gain_counts, body.gain_levels, body.gain_places, body.coded, body.constant)
    lines = (body.selectors, body.scales, body.mantissas)
    tones = (raw.tones, raw.group, raw.constant, raw.lines, raw.selector, raw.scale, raw.start, raw.mantissas)
    _read_all(bits.words, bits.at, fields, lines, tones, (raw.code, raw.bit, raw.found))


@compiled
def _peek(words: Words, at: int, size: int) -> int:
    """Return the next bits of one row; behind its end there are zeros."""
    word = np.int64(words[min(at >> 3, len(words) - 1)])
    return int((word >> (32 - (at & 7) - size)) & ((1 << size) - 1))


@compiled
def _read_all(words: Words, at: Ints, fields: tuple, lines: tuple, tones: tuple, faults: tuple) -> None:  # type: ignore[type-arg]  # arrays, taken apart at once
    bands, gain_counts, gain_levels, gain_places, coded, constant = fields
    selectors, scales, mantissas = lines
    counts, group, constants, widths, kinds, tone_scales, start, tone_mantissas = tones
    codes, places, founds = faults
    for f in range(len(at)):
        if codes[f]:
            continue
        row, p = words[f], at[f]
        bands[f] = _peek(row, p, 2) + 1
        p += 2
        code, p, found = _gain(row, p, bands[f], gain_counts[f], gain_levels[f], gain_places[f])
        if not code:
            room = (group[f], constants[f], widths[f], kinds[f], tone_scales[f], start[f], tone_mantissas[f])
            code, p, found, counts[f] = _tones(row, p, bands[f], room)
        if code:
            codes[f], places[f], founds[f] = code, p, found
            continue
        coded[f], constant[f] = _peek(row, p, 5) + 1, _peek(row, p + 5, 1)
        p += 6
        for u in range(coded[f]):
            selectors[f, u] = _peek(row, p, 3)
            p += 3
        for u in range(coded[f]):
            if selectors[f, u]:
                scales[f, u] = _peek(row, p, 6)
                p += 6
        at[f] = _mantissas(row, p, coded[f], constant[f], selectors[f], mantissas[f])


@compiled
def _gain(row: Words, p: int, bands: int, counts: UInt8, levels: UInt8, places: UInt8) -> tuple[int, int, int]:
    """Return fault, place and what was found there."""
    for band in range(bands):
        counts[band] = _peek(row, p, 3)
        p += 3
        last = -1
        for point in range(counts[band]):
            value = _peek(row, p, 9)
            p += 9
            levels[band, point], places[band, point] = value >> 5, value & 31
            if value & 31 <= last:
                return _PLACES, p - 5, value & 31
            last = value & 31
    return 0, p, 0


@compiled
def _tones(row: Words, p: int, bands: int, room: tuple) -> tuple[int, int, int, int]:  # type: ignore[type-arg]  # arrays, taken apart at once
    """Return fault, place, what was found there, and the number of components."""
    count, groups = 0, _peek(row, p, 5)
    p += 5
    if not groups:
        return 0, p, 0, 0
    mode = _peek(row, p, 2)
    p += 2
    if mode == 2:
        return _TONE_MODE, p - 2, mode, 0
    for number in range(groups):
        flags = _peek(row, p, bands) << (4 - bands)
        width, selector = _peek(row, p + bands, 3) + 1, _peek(row, p + bands + 3, 3)
        p += bands + 6
        if selector < 2:
            return _TONE_SELECTOR, p - 3, selector, count
        constant = mode & 1
        if mode == 3:
            constant = _peek(row, p, 1)
            p += 1
        for cell in range(16):
            if not (flags >> (3 - cell // 4)) & 1:
                continue
            components = _peek(row, p, 3)
            p += 3
            for _ in range(components):
                if count >= 64:
                    return _TONES, p, count + 1, count
                p = _component(row, p, (number, constant, width, selector, cell), count, room)
                count += 1
    return 0, p, 0, count


@compiled
def _component(row: Words, p: int, group: tuple, at: int, room: tuple) -> int:  # type: ignore[type-arg]  # arrays and numbers, taken apart at once
    """Read one tonal component into its place; return where it ends."""
    number, constant, width, selector, cell = group
    groups, constants, widths, selectors, scales, starts, mantissas = room
    groups[at], constants[at], widths[at], selectors[at] = number, constant, width, selector
    scales[at] = _peek(row, p, 6)
    start = 64 * cell + _peek(row, p + 6, 6)
    starts[at] = start
    p += 12
    for line in range(min(width, 1024 - start)):
        p = _one(row, p, constant, selector, mantissas[at], line)
    return p


@compiled
def _one(row: Words, p: int, constant: int, selector: int, out: Int8, line: int) -> int:
    """Read one mantissa of a selector from 2 on; return where it ends."""
    if constant:
        size = CLC_BITS[selector]
        value = _peek(row, p, size)
        out[line] = value - ((value >> (size - 1)) << size)
        return int(p + size)
    look = (selector << 8) | _peek(row, p, 8)
    out[line] = LOOK_FIRST[look]
    return int(p + LOOK_LENGTH[look])


@compiled
def _mantissas(row: Words, p: int, coded: int, constant: int, selectors: UInt8, out: Int8) -> int:
    """Read the mantissas of all lines; return where they end."""
    for u in range(coded):
        selector = selectors[u]
        if selector > 1:
            for line in range(BOUNDS[u], BOUNDS[u + 1]):
                p = _one(row, p, constant, selector, out, line)
        elif selector == 1:
            for line in range(BOUNDS[u], BOUNDS[u + 1], 2):
                if constant:
                    first, second = _peek(row, p, 2), _peek(row, p + 2, 2)
                    out[line], out[line + 1] = first - ((first >> 1) << 2), second - ((second >> 1) << 2)
                    p += 4
                else:
                    look = 256 | _peek(row, p, 8)
                    out[line], out[line + 1] = LOOK_FIRST[look], LOOK_SECOND[look]
                    p += LOOK_LENGTH[look]
    return p
