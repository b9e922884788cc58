"""Of several ways to write a frame, the one whose noise counts least."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3 import _tonality
from bandstand.media.codecs.atrac3._allocation import Allocation, Terms, allocate
from bandstand.media.codecs.atrac3._tables import UNITS
from bandstand.media.codecs.atrac3._units import Tones

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

WORTH = 0.98  # another way must leave less than this of the noise
TONAL = 0.1  # of the energy of a frame that one line must hold before components are tried
_AUDIBLE = 30  # stretches below 16.5 kHz; a hole above is heard by nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which ways are tried.

    Parameters
    ----------
    holes
        What lost energy counts in each unit that shares the room (`_allocation.Terms`), below 16.5 kHz.
    offsets
        Scales (`_allocation.Terms`).
    constant
        Whether, where there are no tones, mantissas of constant length are tried beside those of variable length.
    tones
        Numbers of tonal components to try in the first unit.
    """

    holes: tuple[float, ...]
    offsets: tuple[int, ...] = (0,)
    constant: bool = False
    tones: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """How each frame is written."""

    allocation: Allocation
    constant: NDArray[np.bool_]  # [f]
    tones: Tones  # of the first unit


def choose(lines: Floats, weights: NDArray[np.float64], room: Ints, search: Search) -> Chosen:
    """Return the best way for the lines [f, u, 1024] of each frame, within its room in bits [f]."""
    lines, weights = np.ascontiguousarray(lines), np.ascontiguousarray(weights)
    best = allocate(lines, weights, room, _terms(search, constant=False))
    constant, way = np.zeros(len(lines), np.bool_), np.zeros(len(lines), np.int64)
    taken = [Tones.none()]
    if search.constant:
        found = allocate(lines, weights, room, _terms(search, constant=True))
        constant = _better(best, found, np.arange(len(lines)))
    tonal = np.flatnonzero((lines[:, 0] ** 2).max(axis=1) > TONAL * (lines[:, 0] ** 2).sum(axis=1))
    for count in search.tones if len(tonal) else ():
        tones, first, bits = _tonality.take(lines[tonal, 0], count)
        rest, left = lines[tonal].copy(), room[tonal] - bits
        rest[:, 0] = first
        found = allocate(rest, weights[tonal], left, _terms(search, constant=False))
        better = tonal[_better(best, found, tonal)]
        constant[better], way[better] = False, len(taken)
        taken.append(replace(tones, frame=tonal[tones.frame].astype(np.int32)))
    return Chosen(allocation=best, constant=constant, tones=_held(taken, way))


def _terms(search: Search, *, constant: bool) -> Terms:
    audible = np.arange(UNITS) < _AUDIBLE
    holes = np.where(audible, np.array(search.holes)[:, None], 0.0)
    return Terms(offsets=search.offsets, holes=holes, constant=constant)


def _better(best: Allocation, found: Allocation, rows: Ints) -> NDArray[np.bool_]:
    """Put what was found for some frames where it is better; return which of them that were."""
    better = found.noise < WORTH * best.noise[rows]
    for field in fields(best):
        getattr(best, field.name)[rows[better]] = getattr(found, field.name)[better]
    return np.asarray(better)


def _held(taken: list[Tones], way: Ints) -> Tones:
    """Return the components of each frame as they were taken the way that was chosen for it."""
    kept = [(tones, way[tones.frame] == at) for at, tones in enumerate(taken)]
    order = np.argsort(np.concatenate([tones.frame[mask] for tones, mask in kept]), kind="stable")
    named = {field.name: [getattr(tones, field.name)[mask] for tones, mask in kept] for field in fields(Tones)}
    return Tones(**{name: np.concatenate(parts)[order] for name, parts in named.items()})
