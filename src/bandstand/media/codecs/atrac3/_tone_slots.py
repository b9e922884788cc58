"""The fields of tonal components in the order in which they are written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._symbols import CODES, LENGTHS, symbol
from bandstand.media.codecs.atrac3._tables import (
    BANDS,
    CELL,
    LINES,
    MOST_GROUPS,
    MOST_IN_CELL,
    MOST_TONE_LINES,
    MOST_TONES,
)
from bandstand.media.codecs.atrac3._units import Tones, Units

Ints = NDArray[np.int64]
CELLS = LINES // CELL
COUNT_BITS, MODE_BITS = 5, 2
EACH_SAYS = 3  # the mode in which every group says how its mantissas are written
# Keys that put the fields of a frame in order: a component has a head and 8 mantissas, a cell its count and components.
_COMPONENT = 1 + MOST_TONE_LINES
_CELL = 1 + (MOST_IN_CELL + 1) * _COMPONENT
_GROUP = 1 + CELLS * _CELL
_FRAME = 2 + (MOST_GROUPS + 1) * _GROUP


@dataclass(frozen=True, slots=True)
class _Groups:
    """Groups of components, in order."""

    of: Ints  # [t], the group of each component
    frame: Ints  # [g]
    rank: Ints  # [g], within the frame
    first: Ints  # [g], its first component
    constant: NDArray[np.bool_]  # [g]
    mode: Ints  # [f]
    per_frame: Ints  # [f]


def tone_slots(units: Units) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Return values and lengths in bits of the fields, both [f, slots]; length 0 = no field.

    Raises
    ------
    ValueError
        The components can't be written; it says which rule they break.
    """
    tones, count = _sorted(units.tones), len(units)
    if not len(tones):
        return np.zeros((count, 1), np.uint16), np.full((count, 1), COUNT_BITS, np.uint8)
    _check(tones, units)
    groups = _groups(tones, count)
    some = np.flatnonzero(groups.per_frame)
    parts = [
        (np.arange(count) * _FRAME, groups.per_frame, np.full(count, COUNT_BITS)),
        (some * _FRAME + 1, groups.mode[some], np.full(len(some), MODE_BITS)),
        *_heads(tones, groups, units.bands.astype(np.int64)),
        *_components(tones, groups),
    ]
    keys, values, lengths = (np.concatenate([part[which] for part in parts]) for which in range(3))
    order = np.argsort(keys)
    frame = keys[order] // _FRAME
    column = np.arange(len(order)) - np.searchsorted(frame, frame)
    shape = (count, int(column.max()) + 1)
    table, sizes = np.zeros(shape, np.uint16), np.zeros(shape, np.uint8)
    table[frame, column], sizes[frame, column] = values[order], lengths[order]
    return table, sizes


def _sorted(tones: Tones) -> Tones:
    order = np.lexsort((tones.start // CELL, tones.group, tones.frame))
    return Tones(**{name: getattr(tones, name)[order] for name in Tones.__dataclass_fields__})


def _groups(tones: Tones, count: int) -> _Groups:
    frame, group = tones.frame.astype(np.int64), tones.group
    new = np.r_[True, (np.diff(frame) != 0) | (np.diff(group.astype(np.int64)) != 0)]
    of, first = np.cumsum(new) - 1, np.flatnonzero(new)
    frames, constant = frame[first], tones.constant[first]
    per_frame = np.bincount(frames, minlength=count)
    constants = np.bincount(frames, weights=constant, minlength=count)
    mode = np.where(constants == 0, 0, np.where(constants == per_frame, 1, EACH_SAYS))
    rank = np.arange(len(first)) - np.searchsorted(frames, frames)
    if (per_frame > MOST_GROUPS).any():
        raise ValueError(f"frame {int(per_frame.argmax())} has more than {MOST_GROUPS} groups of tones")
    for name in ("constant", "lines", "selector"):
        held = getattr(tones, name)
        if (held != held[first][of]).any():
            raise ValueError(f"the tones of one group differ in {name!r}")
    return _Groups(of, frames, rank, first, constant, mode, per_frame)


def _heads(tones: Tones, groups: _Groups, bands: Ints) -> list[tuple[Ints, Ints, Ints]]:
    """Return the fields of the groups, and the counts of their cells."""
    cells = np.bincount(groups.of * CELLS + tones.start // CELL, minlength=len(groups.first) * CELLS)
    if (cells > MOST_IN_CELL).any():
        at = int(groups.frame[int(cells.argmax()) // CELLS])
        raise ValueError(f"frame {at} has more than {MOST_IN_CELL} tones of one group in {CELL} lines")
    cells = cells.reshape(-1, CELLS)
    used = cells.reshape(-1, BANDS, CELLS // BANDS).any(axis=2)
    width = bands[groups.frame]
    flags = (used << np.maximum(width[:, None] - 1 - np.arange(BANDS), 0)).sum(axis=1)
    value = flags << 6 | (tones.lines[groups.first].astype(np.int64) - 1) << 3 | tones.selector[groups.first]
    says = groups.mode[groups.frame] == EACH_SAYS
    value = np.where(says, value << 1 | groups.constant, value)
    key = groups.frame * _FRAME + 2 + groups.rank * _GROUP
    which, cell = np.nonzero(np.repeat(used, CELLS // BANDS, axis=1))
    return [
        (key, value, width + 6 + says),
        (key[which] + 1 + cell * _CELL, cells[which, cell], np.full(len(which), 3)),
    ]


def _components(tones: Tones, groups: _Groups) -> list[tuple[Ints, Ints, Ints]]:
    """Return the fields of the components: scale and place, then the mantissas."""
    cell = groups.of * CELLS + tones.start // CELL
    rank = np.arange(len(tones)) - np.searchsorted(cell, cell)
    at = tones.frame.astype(np.int64) * _FRAME + 2 + groups.rank[groups.of] * _GROUP
    at += 2 + tones.start // CELL * _CELL + rank * _COMPONENT
    head = tones.scale.astype(np.int64) << 6 | tones.start % CELL
    which, line = np.nonzero(np.arange(MOST_TONE_LINES) < written(tones)[:, None])
    index = symbol(tones.constant[which], tones.selector[which], tones.mantissas[which, line])
    if not LENGTHS[index].all():
        raise ValueError("a tone has a mantissa that its selector can't write")
    return [
        (at, head, np.full(len(at), 12)),
        (at[which] + 1 + line, CODES[index].astype(np.int64), LENGTHS[index].astype(np.int64)),
    ]


def written(tones: Tones) -> Ints:
    """Return how many mantissas each component has: lines from 1024 on are left out."""
    return np.minimum(tones.lines.astype(np.int64), LINES - tones.start)


def _check(tones: Tones, units: Units) -> None:
    rules = {
        "frame": (tones.frame >= 0) & (tones.frame < len(units)),
        "lines": (tones.lines >= 1) & (tones.lines <= MOST_TONE_LINES),
        "selector": (tones.selector >= 2) & (tones.selector <= 7),
        "scale": tones.scale < 64,
        "start": (tones.start >= 0) & (tones.start < LINES),
    }
    for name, holds in rules.items():
        if not holds.all():
            raise ValueError(f"the {name!r} of a tone is {getattr(tones, name)[~holds][0]}")
    if (tones.start >= units.bands[tones.frame].astype(np.int64) * (LINES // BANDS)).any():
        raise ValueError("a tone starts in a band that the unit does not carry")
    if np.bincount(tones.frame).max() > MOST_TONES:
        raise ValueError(f"a frame has more than {MOST_TONES} tones")
