"""Allocates frame by frame, compiled. `_allocation.py` is the specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3 import _allocation as reference
from bandstand.media.codecs.atrac3._jit import compiled
from bandstand.media.codecs.atrac3._tables import BOUNDS, MAXIMA, SCALES, UNITS

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
    for at in range(UNITS):
        energy, peak = 0.0, 0.0
        for k in range(BOUNDS[at], BOUNDS[at + 1]):
            held = abs(np.float64(lines[k]))
            energy += held * held
            peak = max(peak, held)
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
                error, square, length = _tried(lines, at, selector, tried, mode)
                step = STEPS[selector, tried]
                lost = loud - np.sqrt(square * step * step)
                noise[at, choice] = weights[at] * (error + hole * lost * lost)
                bits[at, choice] = SIDE_BITS + length
                scale[at, choice] = tried


@compiled
def _tried(
    lines: Row,
    at: int,
    selector: int,
    scale: int,
    mode: int,
) -> tuple[float, int, int]:
    """Return squared error, sum of squared mantissas and bits of a stretch."""
    inverse, step, rounding = INVERSES[selector, scale], STEPS[selector, scale], ROUNDING[selector]
    most, lengths = MAXIMA[selector], PLAIN[mode, selector]
    error, square, length = 0.0, 0, 0
    if selector == 1:
        for k in range(BOUNDS[at], BOUNDS[at + 1], 2):
            first, second = abs(np.float64(lines[k])), abs(np.float64(lines[k + 1]))
            m = min(np.int64(first * inverse + rounding), most)
            n = min(np.int64(second * inverse + rounding), most)
            off, other = first - m * step, second - n * step
            error += off * off
            error += other * other
            square += m + n
            length += lengths[3 * m + n]
        return error, square, length
    for k in range(BOUNDS[at], BOUNDS[at + 1]):
        held = abs(np.float64(lines[k]))
        m = min(np.int64(held * inverse + rounding), most)
        off = held - m * step
        error += off * off
        square += m * m
        length += lengths[m]
    return error, square, length


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
