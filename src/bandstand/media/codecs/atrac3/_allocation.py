"""Which selector, scale and mantissas each unit gets, so that the noise that counts is least within the room.

Of every unit all choices are tried: how much noise they leave and how many bits they take. One price for a bit, the
same for all units that share the room, then picks the best choice of each; the price is the lowest at which they fit.
What room is left goes to whatever improves most for a bit.

This is the specification of `_allocation_twin.py`, which gives the same integers: sums run in the order of the lines,
in four lanes, and nothing is computed that two libraries might round differently.

Letters of shapes: f frame, u sound unit (channel) of a frame, s its stretches of lines (32), c choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._speed import allocation_twin
from bandstand.media.codecs.atrac3._tables import (
    BOUNDS,
    CLC_BITS,
    DIVISORS,
    MAXIMA,
    SCALES,
    UNITS,
    VLC_LENGTHS,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SELECTOR_BITS, SCALE_BITS = 3, 6
REFINEMENTS = 16  # at most, with what room is left
NEVER = 1e300
# Of a mantissa; below a half, what lies between two is rounded towards the one with the shorter code and less noise
# for its bits. Found by experiment: +0.4 dB of SNR on the reference music, at every setting.
ROUNDING: Floats = np.array([0.5, 0.35, 0.40, 0.42, 0.44, 0.46, 0.48, 0.5])
PRICES: Floats = 2.0 ** (np.arange(-240, 401) / 8)  # of a bit, in noise; a full line is worth about 2 ** 30
INAUDIBLE = 1.0  # what no line of a stretch exceeds; a sine of full scale has 32,768
STEPS: Floats = SCALES[None, :] / DIVISORS[:, None]  # [selector, scale]
INVERSES: Floats = DIVISORS[:, None] / SCALES[None, :]


def _plain() -> Ints:
    """Return lengths by mode, selector and mantissa from 0 on (of a pair: three times the first, and the second)."""
    lengths = np.zeros((2, 8, 32), np.int64)
    lengths[1, 1] = CLC_BITS[1]
    lengths[0, 1, :6] = np.pad(VLC_LENGTHS[1][1:, 1:], ((0, 0), (0, 1))).ravel()
    for selector in range(2, 8):
        lengths[1, selector] = CLC_BITS[selector]
        lengths[0, selector, : MAXIMA[selector] + 1] = VLC_LENGTHS[selector][MAXIMA[selector] :]
    return lengths


PLAIN = _plain()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What allocation tries, and what it counts.

    Parameters
    ----------
    offsets
        Scales to try, counted from the smallest that holds the highest line: a smaller one cuts that line a little,
        and draws all others finer.
    holes
        What it counts when a stretch comes out with less energy than it has, as a share of what noise counts [u, 32].
    constant
        Whether mantissas have constant length.
    """

    offsets: tuple[int, ...]
    holes: Floats
    constant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What the units of frames carry."""

    selectors: NDArray[np.uint8]  # [f, u, 32]
    scales: NDArray[np.uint8]  # [f, u, 32]
    mantissas: NDArray[np.int8]  # [f, u, 1024]
    noise: Floats  # what it leaves that counts [f]


def allocate(lines: NDArray[np.float32], weights: Floats, room: Ints, terms: Terms) -> Allocation:
    """Spread the room of each frame [f], in bits, over lines [f, u, 1024] whose noise counts by weights [f, u, 32].

    The room is for selectors, scales and mantissas of all the frame's units, 3 bits of every silent stretch included.
    """
    if (compiled := allocation_twin()) is not None:
        found = compiled.allocate(lines, weights, room, terms)
        return Allocation(selectors=found[0], scales=found[1], mantissas=found[2], noise=found[3])
    return by_numpy(lines, weights, room, terms)


def by_numpy(lines: NDArray[np.float32], weights: Floats, room: Ints, terms: Terms) -> Allocation:
    """Do what `allocate` does, as the specification of its compiled twin."""
    frames, count = lines.shape[:2]
    flat, weight = lines.reshape(-1, lines.shape[2]).astype(np.float64), weights.reshape(-1, UNITS)
    noise, bits, scales = _choices(flat, weight, np.tile(terms.holes, (frames, 1)), terms)
    shape = (frames, count * UNITS, -1)
    noise, bits, scales = noise.reshape(shape), bits.reshape(shape), scales.reshape(shape)
    picked, left = _picked(noise, bits, room)
    _refine(picked, noise, bits, left)
    choice = picked.reshape(-1, UNITS)
    selectors = np.where(choice, (choice - 1) // len(terms.offsets) + 1, 0)
    scale = np.take_along_axis(scales, picked[:, :, None], 2).reshape(-1, UNITS)
    carried = (frames, count, UNITS)
    return Allocation(
        selectors=selectors.astype(np.uint8).reshape(carried),
        scales=scale.astype(np.uint8).reshape(carried),
        mantissas=_mantissas(flat, selectors, scale).reshape(lines.shape),
        noise=np.cumsum(np.take_along_axis(noise, picked[:, :, None], 2)[:, :, 0], axis=1)[:, -1],
    )


def _choices(lines: Floats, weights: Floats, holes: Floats, terms: Terms) -> tuple[Floats, Ints, Ints]:
    """Return noise that counts, bits and scales of every choice, each [rows, 32, c]; choice 0 is silence."""
    count = 1 + 7 * len(terms.offsets)
    noise = np.full((len(lines), UNITS, count), NEVER)
    bits = np.full(noise.shape, 2**20, np.int64)
    scales = np.zeros(noise.shape, np.int64)
    for at in range(UNITS):
        held = np.abs(lines[:, BOUNDS[at] : BOUNDS[at + 1]])
        energy = _sum(held * held)
        peak, loud, hole = held.max(axis=1), np.sqrt(energy), holes[:, at]
        noise[:, at, 0] = weights[:, at] * (energy + hole * energy)
        bits[:, at, 0] = SELECTOR_BITS
        holding = np.minimum(np.searchsorted(SCALES, peak), len(SCALES) - 1)
        for selector in range(1, 8):
            for place, offset in enumerate(terms.offsets):
                choice = 1 + (selector - 1) * len(terms.offsets) + place
                scale = holding + offset
                row = np.flatnonzero((scale >= 0) & (scale < len(SCALES)) & (peak >= INAUDIBLE))
                scale = scale[row]
                step = STEPS[selector, scale][:, None]
                mantissas = _quantised(held[row], selector, scale)
                error = held[row] - mantissas * step
                kept = np.sqrt((mantissas * mantissas).sum(axis=1) * step[:, 0] * step[:, 0])
                lost = loud[row] - kept
                counted = _sum(error * error) + hole[row] * lost * lost
                noise[row, at, choice] = weights[row, at] * counted
                bits[row, at, choice] = SELECTOR_BITS + SCALE_BITS + _lengths(mantissas, selector, int(terms.constant))
                scales[row, at, choice] = scale
    return noise, bits, scales


def _sum(values: Floats) -> Floats:
    """Add up rows [rows, k] in four lanes, each in the order of the lines."""
    lanes = values.reshape(len(values), values.shape[1] // 4, 4).cumsum(axis=1)[:, -1]
    return np.asarray((lanes[:, 0] + lanes[:, 1]) + (lanes[:, 2] + lanes[:, 3]))


def _quantised(held: Floats, selector: int, scale: Ints) -> Ints:
    inverse = INVERSES[selector, scale][:, None]
    return np.asarray(np.minimum((held * inverse + ROUNDING[selector]).astype(np.int64), MAXIMA[selector]))


def _lengths(mantissas: Ints, selector: int, mode: int) -> Ints:
    """Return how many bits the mantissas of rows [rows, k] take; their signs take as many either way."""
    lengths = PLAIN[mode, selector]
    if selector == 1:
        return np.asarray(lengths[3 * mantissas[:, ::2] + mantissas[:, 1::2]].sum(axis=1))
    return np.asarray(lengths[mantissas].sum(axis=1))


def _picked(noise: Floats, bits: Ints, room: Ints) -> tuple[Ints, Ints]:
    """Return the choices at the lowest price at which they fit [f, s], and the room that is left [f]."""
    low, high = np.zeros(len(noise), np.int64), np.full(len(noise), len(PRICES) - 1)
    while (open_ := low < high).any():
        middle = (low + high) // 2
        fits = _at_price(noise, bits, middle)[1] <= room
        high = np.where(open_ & fits, middle, high)
        low = np.where(open_ & ~fits, middle + 1, low)
    picked, taken = _at_price(noise, bits, low)
    return picked, room - taken


def _at_price(noise: Floats, bits: Ints, price: Ints) -> tuple[Ints, Ints]:
    picked = (noise + PRICES[price][:, None, None] * bits).argmin(axis=2)
    return picked, np.take_along_axis(bits, picked[:, :, None], 2)[:, :, 0].sum(axis=1)


def _refine(picked: Ints, noise: Floats, bits: Ints, left: Ints) -> None:
    """Change `picked` for the better while there is room left."""
    frames = np.arange(len(picked))
    for _ in range(REFINEMENTS):
        at = picked[:, :, None]
        better = np.take_along_axis(noise, at, 2) - noise
        more = bits - np.take_along_axis(bits, at, 2)
        useful = (better > 0) & (more <= left[:, None, None])
        gain = np.where(useful, better / np.where(more > 0, more, 1e-6), 0.0).reshape(len(picked), -1)
        best = gain.argmax(axis=1)
        row = frames[gain[frames, best] > 0]
        if not len(row):
            return
        stretch, choice = np.divmod(best[row], noise.shape[2])
        left[row] -= more[row, stretch, choice]
        picked[row, stretch] = choice


def _mantissas(lines: Floats, selectors: Ints, scales: Ints) -> NDArray[np.int8]:
    made = np.zeros(lines.shape, np.int8)
    for at in range(UNITS):
        span = slice(BOUNDS[at], BOUNDS[at + 1])
        for selector in range(1, 8):
            row = np.flatnonzero(selectors[:, at] == selector)
            size = _quantised(np.abs(lines[row, span]), selector, scales[row, at])
            made[row, span] = np.where(lines[row, span] < 0, -size, size)
    return made
