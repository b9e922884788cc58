"""Reads the fields of sound units behind their headers (docs/formats/atrac3.md, section 2), many frames at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._bits import Bits
from bandstand.media.codecs.atrac3._faults import Fault
from bandstand.media.codecs.atrac3._raw import Raw
from bandstand.media.codecs.atrac3._symbols import LOOK_FIRST, LOOK_LENGTH, LOOK_SECOND, PEEK
from bandstand.media.codecs.atrac3._tables import (
    BANDS,
    BOUNDS,
    CELL,
    CLC_BITS,
    LINES,
    MOST_IN_CELL,
    MOST_TONE_LINES,
    MOST_TONES,
    UNITS,
    WIDTHS,
)

Ints = NDArray[np.int64]
_IN_BAND = LINES // BANDS // CELL  # cells
_BAD_MODE, _EACH_SAYS = 2, 3  # modes of tones


def read(bits: Bits, raw: Raw) -> None:
    """Read all that stands behind the header."""
    every = np.arange(len(bits.at))
    raw.body.bands[:] = bits.take(every, 2) + 1
    _gain(bits, raw)
    _tones(bits, raw)
    _selectors(bits, raw)
    constant = raw.body.constant
    _constant_mantissas(bits, raw, np.flatnonzero(constant))
    _variable_mantissas(bits, raw, np.flatnonzero(~constant))


def _gain(bits: Bits, raw: Raw) -> None:
    for band in range(BANDS):
        rows = np.flatnonzero(raw.body.bands > band)
        counts = raw.body.gain_counts[:, band]
        counts[rows] = bits.take(rows, 3)
        last = np.full(len(bits.at), -1, np.int64)
        for point in range(int(counts.max(initial=0))):
            rows = np.flatnonzero(counts > point)
            value = np.zeros_like(last)
            value[rows] = bits.take(rows, 9)
            place = value & 31
            raw.body.gain_levels[rows, band, point] = value[rows] >> 5
            raw.body.gain_places[rows, band, point] = place[rows]
            raw.fault(rows[place[rows] <= last[rows]], Fault.PLACES, bits.at - 5, place)
            last[rows] = place[rows]


def _tones(bits: Bits, raw: Raw) -> None:
    every = np.arange(len(bits.at))
    groups = bits.take(every, 5)
    some, mode = np.flatnonzero(groups), np.zeros_like(groups)
    mode[some] = bits.take(some, 2)
    raw.fault(some[mode[some] == _BAD_MODE], Fault.TONE_MODE, bits.at - 2, mode)
    for group in range(int(groups.max(initial=0))):
        rows = np.flatnonzero((groups > group) & (raw.code == Fault.NONE))
        bands = raw.body.bands[rows].astype(np.int64)
        flags = np.zeros_like(groups)
        flags[rows] = bits.take(rows, bands) << (BANDS - bands)
        head = np.zeros_like(groups)
        head[rows] = bits.take(rows, 6)
        says = rows[mode[rows] == _EACH_SAYS]
        constant = mode & 1
        raw.fault(rows[head[rows] & 7 < 2], Fault.TONE_SELECTOR, bits.at - 3, head & 7)
        constant[says] = bits.take(says, 1)
        for cell in range(_IN_BAND * BANDS):
            flagged = flags >> (BANDS - 1 - cell // _IN_BAND) & 1 == 1
            _cell(bits, raw, np.flatnonzero(flagged & (raw.code == Fault.NONE)), cell, (group, head, constant))


def _cell(bits: Bits, raw: Raw, rows: Ints, cell: int, group: tuple[int, Ints, Ints]) -> None:
    """Read the components of one group that start within 64 lines."""
    number, head, constant = group
    counts = bits.take(rows, 3)
    for component in range(MOST_IN_CELL):
        live = (counts > component) & (raw.code[rows] == Fault.NONE)
        rows, counts = rows[live], counts[live]
        raw.fault(rows[raw.tones[rows] >= MOST_TONES], Fault.TONES, bits.at, raw.tones + 1)
        rows, counts = rows[raw.code[rows] == Fault.NONE], counts[raw.code[rows] == Fault.NONE]
        if not len(rows):
            return
        value, at = bits.take(rows, 12), raw.tones[rows]
        start = cell * CELL + (value & 63)
        selector, lines = head[rows] & 7, (head[rows] >> 3) + 1
        for field, held in (("group", number), ("constant", constant[rows]), ("lines", lines), ("selector", selector)):
            getattr(raw, field)[rows, at] = held
        raw.scale[rows, at], raw.start[rows, at] = value >> 6, start
        for line in range(MOST_TONE_LINES):
            held = np.flatnonzero(line < np.minimum(lines, LINES - start))
            values = _value(bits, rows[held], selector[held], constant[rows[held]])
            raw.mantissas[rows[held], at[held], line] = values
        raw.tones[rows] += 1


def _value(bits: Bits, rows: Ints, selector: Ints, constant: Ints) -> Ints:
    """Read one mantissa of each row, of selectors from 2 on."""
    at = bits.at[rows]
    look = selector << PEEK | bits.peek(rows, at, PEEK)
    size = np.where(constant, CLC_BITS[selector], LOOK_LENGTH[look])
    bits.at[rows] += size
    return np.where(constant, _signed(bits.peek(rows, at, size), size), LOOK_FIRST[look])


def _signed(value: Ints, size: Ints) -> Ints:
    return np.asarray(value - ((value >> (size - 1) & 1) << size))


def _selectors(bits: Bits, raw: Raw) -> None:
    every = np.arange(len(bits.at))
    value = bits.take(every, 6)
    raw.body.coded[:], raw.body.constant[:] = (value >> 1) + 1, value & 1
    units, coded = np.arange(UNITS), raw.body.coded[:, None].astype(np.int64)
    selectors = bits.peek(every[:, None], bits.at[:, None] + 3 * units, 3)
    raw.body.selectors[:] = np.where(units < coded, selectors, 0)
    bits.at += 3 * coded[:, 0]
    used = raw.body.selectors > 0
    before: Ints = np.cumsum(used, axis=1, dtype=np.int64) - used
    raw.body.scales[:] = np.where(used, bits.peek(every[:, None], bits.at[:, None] + 6 * before, 6), 0)
    bits.at += 6 * used.sum(axis=1)


def _constant_mantissas(bits: Bits, raw: Raw, rows: Ints) -> None:
    selectors = np.repeat(raw.body.selectors[rows], WIDTHS, axis=1)
    size = CLC_BITS[selectors]
    size[selectors == 1] = 2  # of each; the first is the upper half of the pair's 4 bits
    ends = np.cumsum(size, axis=1)
    values = bits.peek(rows[:, None], bits.at[rows][:, None] + ends - size, size)
    raw.body.mantissas[rows] = np.where(size > 0, _signed(values, np.maximum(size, 1)), 0)
    bits.at[rows] += ends[:, -1] if len(rows) else 0


def _variable_mantissas(bits: Bits, raw: Raw, rows: Ints) -> None:
    for unit in range(UNITS):
        selectors = raw.body.selectors[rows, unit]
        start, end = int(BOUNDS[unit]), int(BOUNDS[unit + 1])
        _stretch(bits, raw, rows[selectors == 1], range(start, end, 2))
        _stretch(bits, raw, rows[selectors > 1], range(start, end))


def _stretch(bits: Bits, raw: Raw, rows: Ints, lines: range) -> None:
    """Read the mantissas of one stretch of lines, in rows whose selector is 1 if the lines go in pairs."""
    if not len(rows):
        return
    selector = raw.body.selectors[rows, np.searchsorted(BOUNDS, lines.start, "right") - 1].astype(np.int64) << PEEK
    at, found = bits.at[rows], np.zeros((len(rows), lines.stop - lines.start), np.int8)
    for place in range(0, found.shape[1], lines.step):
        look = selector | bits.peek(rows, at, PEEK)
        found[:, place] = LOOK_FIRST[look]
        if lines.step == 2:
            found[:, place + 1] = LOOK_SECOND[look]
        at += LOOK_LENGTH[look]
    raw.body.mantissas[rows, lines.start : lines.stop] = found
    bits.at[rows] = at
