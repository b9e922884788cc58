"""Allocates frame by frame, compiled. `_allocation.py` is the specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3 import _allocation as reference
from bandstand.media.codecs.atrac3._jit import compiled
from bandstand.media.codecs.atrac3._tables import BOUNDS, LINES, MAXIMA, SCALES, UNITS

if TYPE_CHECKING:
    from bandstand.media.codecs.atrac3._allocation import Terms

INAUDIBLE, NEVER, REFINEMENTS = reference.INAUDIBLE, reference.NEVER, reference.REFINEMENTS
INVERSES, STEPS, PLAIN, PRICES, ROUNDING = (
    reference.INVERSES,
    reference.STEPS,
    reference.PLAIN,
    reference.PRICES,
    reference.ROUNDING,
)
SELECTOR_BITS, SIDE_BITS = reference.SELECTOR_BITS, reference.SELECTOR_BITS + reference.SCALE_BITS
SELECTORS = 8


def _steps() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return where lengths change, above which mantissa and by how much: [mode, selector, step], padded with 0."""
    above, by = np.zeros((2, SELECTORS, 5)), np.zeros((2, SELECTORS, 5), np.int64)
    for mode, selector in np.ndindex(2, SELECTORS):
        change = np.diff(PLAIN[mode, selector, : MAXIMA[selector] + 1])
        at = np.flatnonzero(change) if selector > 1 else np.zeros(0, np.int64)
        above[mode, selector, : len(at)], by[mode, selector, : len(at)] = at, change[at]
    return above, by


STEP_AT, LONGER = _steps()

Row = NDArray[np.float32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
UInt8 = NDArray[np.uint8]
Found = tuple[UInt8, UInt8, NDArray[np.int8], Floats]


def allocate(lines: NDArray[np.float32], weights: Floats, room: Ints, terms: Terms) -> Found:
    """Return selectors, scales, mantissas and noise, as `_allocation.by_numpy` does."""
    frames, count = lines.shape[:2]
    found = (
        np.zeros((frames, count, UNITS), np.uint8),
        np.zeros((frames, count, UNITS), np.uint8),
        np.zeros(lines.shape, np.int8),
        np.zeros(frames),
    )
    offsets = np.array(terms.offsets, np.int64)
    _allocate(lines, weights, room, offsets, terms.holes, int(terms.constant), found)
    return found


@compiled
def _allocate(
    lines: NDArray[np.float32], weights: Floats, room: Ints, offsets: Ints, holes: Floats, mode: int, found: Found
) -> None:
    selectors, scales, mantissas, noises = found
    frames, count = lines.shape[0], lines.shape[1]
    choices = 1 + 7 * len(offsets)
    noise = np.empty((count * UNITS, choices))
    bits = np.empty((count * UNITS, choices), np.int64)
    scale = np.empty((count * UNITS, choices), np.int64)
    picked = np.empty(count * UNITS, np.int64)
    for f in range(frames):
        for u in range(count):
            span = slice(u * UNITS, (u + 1) * UNITS)
            _choices(lines[f, u], weights[f, u], offsets, holes[u], mode, noise[span], bits[span], scale[span])
        left = room[f] - _pick(noise, bits, room[f], picked)
        _refine(noise, bits, left, picked)
        for s in range(count * UNITS):
            noises[f] += noise[s, picked[s]]
            if picked[s]:
                u, at = s // UNITS, s % UNITS
                selectors[f, u, at] = (picked[s] - 1) // len(offsets) + 1
                scales[f, u, at] = scale[s, picked[s]]
                _write(lines[f, u], at, selectors[f, u, at], scales[f, u, at], mantissas[f, u])


@compiled
def _choices(
    lines: Row,
    weights: Floats,
    offsets: Ints,
    holes: Floats,
    mode: int,
    noise: Floats,
    bits: Ints,
    scale: Ints,
) -> None:
    held, squares, levels = np.empty(LINES), np.empty(LINES), np.empty(LINES)
    for k in range(LINES):
        held[k] = abs(np.float64(lines[k]))
    for at in range(UNITS):
        stretch = held[BOUNDS[at] : BOUNDS[at + 1]]
        peak = 0.0
        for k in range(len(stretch)):
            squares[k] = stretch[k] * stretch[k]
            peak = max(peak, stretch[k])
        energy = _sum(squares, len(stretch))
        loud, hole = np.sqrt(energy), holes[at]
        noise[at, 0] = weights[at] * (energy + hole * energy)
        bits[at, 0] = SELECTOR_BITS
        scale[at, 0] = 0
        holding = 0
        while holding < len(SCALES) - 1 and SCALES[holding] < peak:
            holding += 1
        for selector in range(1, SELECTORS):
            for place in range(len(offsets)):
                choice = 1 + (selector - 1) * len(offsets) + place
                tried = holding + offsets[place]
                if tried < 0 or tried >= len(SCALES) or peak < INAUDIBLE:
                    noise[at, choice], bits[at, choice], scale[at, choice] = NEVER, 2**20, 0
                    continue
                error, square, length = _tried(stretch, selector, tried, mode, squares, levels)
                step = STEPS[selector, tried]
                lost = loud - np.sqrt(square * step * step)
                noise[at, choice] = weights[at] * (error + hole * lost * lost)
                bits[at, choice] = SIDE_BITS + length
                scale[at, choice] = tried


@compiled
def _tried(
    stretch: Floats, selector: int, scale: int, mode: int, squares: Floats, levels: Floats
) -> tuple[float, float, int]:
    """Return squared error, sum of squared mantissas and bits of a stretch.

    Mantissas stay floats, and lengths are counted by the steps in their table: so all loops are done in vectors, which
    is three times as fast as looking each length up.
    """
    inverse, step, rounding = INVERSES[selector, scale], STEPS[selector, scale], ROUNDING[selector]
    most, count = np.float64(MAXIMA[selector]), len(stretch)
    for k in range(count):
        level = stretch[k] * inverse + rounding
        level = np.floor(level if level < most else most)  # noqa: FURB136 - `min` heeds NaN, and so no vectors
        off = stretch[k] - level * step
        squares[k], levels[k] = off * off, level
    error = _sum(squares, count)
    length = _pairs(levels, count, mode) if selector == 1 else _singles(levels, count, mode, selector)
    for k in range(count):
        levels[k] *= levels[k]
    return error, _sum(levels, count), length


@compiled
def _singles(levels: Floats, count: int, mode: int, selector: int) -> int:
    length = count * int(PLAIN[mode, selector, 0])
    for step in range(LONGER.shape[2]):
        by = LONGER[mode, selector, step]
        if by:
            above, found = STEP_AT[mode, selector, step], 0
            for k in range(count):
                found += 1 if levels[k] > above else 0
            length += int(by) * found
    return length


@compiled
def _pairs(levels: Floats, count: int, mode: int) -> int:
    lengths = PLAIN[mode, 1]
    first, second, both = 0.0, 0.0, 0.0
    for k in range(0, count, 2):
        first += levels[k]
        second += levels[k + 1]
        both += levels[k] * levels[k + 1]
    one, other = int(lengths[3] - lengths[0]), int(lengths[1] - lengths[0])
    together = int(lengths[4] - lengths[0]) - one - other
    return count // 2 * int(lengths[0]) + int(first) * one + int(second) * other + int(both) * together


@compiled
def _sum(values: Floats, count: int) -> float:
    """Add up in four lanes, as the specification does; the count is a multiple of four."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for k in range(0, count, 4):
        a += values[k]
        b += values[k + 1]
        c += values[k + 2]
        d += values[k + 3]
    return (a + b) + (c + d)


@compiled
def _pick(
    noise: Floats,
    bits: Ints,
    room: int,
    picked: Ints,
) -> int:
    low, high = 0, len(PRICES) - 1
    while low < high:
        middle = (low + high) // 2
        if _at_price(noise, bits, PRICES[middle], picked) <= room:
            high = middle
        else:
            low = middle + 1
    return _at_price(noise, bits, PRICES[low], picked)


@compiled
def _at_price(
    noise: Floats,
    bits: Ints,
    price: float,
    picked: Ints,
) -> int:
    taken = 0
    for s in range(len(noise)):
        best, choice = noise[s, 0] + price * bits[s, 0], 0
        for c in range(1, noise.shape[1]):
            worth = noise[s, c] + price * bits[s, c]
            if worth < best:
                best, choice = worth, c
        picked[s] = choice
        taken += bits[s, choice]
    return taken


@compiled
def _refine(
    noise: Floats,
    bits: Ints,
    left: int,
    picked: Ints,
) -> None:
    for _ in range(REFINEMENTS):
        best, stretch, choice = 0.0, -1, 0
        for s in range(len(noise)):
            for c in range(noise.shape[1]):
                better, more = noise[s, picked[s]] - noise[s, c], bits[s, c] - bits[s, picked[s]]
                if better > 0 and more <= left:
                    gain = better / (more if more > 0 else 1e-6)
                    if gain > best:
                        best, stretch, choice = gain, s, c
        if stretch < 0:
            return
        left -= bits[stretch, choice] - bits[stretch, picked[stretch]]
        picked[stretch] = choice


@compiled
def _write(
    lines: Row,
    at: int,
    selector: int,
    scale: int,
    mantissas: NDArray[np.int8],
) -> None:
    inverse, rounding, most = INVERSES[selector, scale], ROUNDING[selector], MAXIMA[selector]
    for k in range(BOUNDS[at], BOUNDS[at + 1]):
        held = np.float64(lines[k])
        m = min(np.int64(abs(held) * inverse + rounding), most)
        mantissas[k] = -m if held < 0 else m
