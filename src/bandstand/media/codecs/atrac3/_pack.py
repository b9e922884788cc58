"""Writes sound units as bytes. All frames of a block at once: each has the same row of slots, many of them empty."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.kernel.errors import RefusedError
from bandstand.media.codecs.atrac3._speed import pack_twins
from bandstand.media.codecs.atrac3._symbols import CODES, LENGTHS, PAIR_CODES, PAIR_LENGTHS, pair_symbol, symbol
from bandstand.media.codecs.atrac3._tables import BANDS, LINES, MOST_POINTS, NO_WEIGHT, UNITS, WIDTHS
from bandstand.media.codecs.atrac3._tone_slots import tone_slots
from bandstand.media.codecs.atrac3._units import Stereo, Units

SIGN, SIGN_BITS = 0x28, 6
SECOND_SIGN, STEREO_BITS = 3, 14  # the second unit of a joint frame: how to put channels together, then 2 bits
_SPAN = 3  # bytes that the longest slot can touch

UInt8 = NDArray[np.uint8]
Slots = tuple[NDArray[np.uint16], UInt8]  # values and lengths in bits, both [f, slots]


class UnitTooLargeError(RefusedError):
    """A sound unit has more bits than there is room for."""

    code = "atrac3.unit_too_large"

    def __init__(self, *, frame: int, bits: int, room: int) -> None:
        self.frame, self.bits, self.room = frame, bits, room
        super().__init__(f"The sound unit of frame {frame} has {bits} bits; there is room for {room}.")


def unit_bits(units: Units, *, second: bool = False, compiled: bool = True) -> NDArray[np.int64]:
    """Return the bits of each unit [f], with the longer header of a joint frame's second unit where asked."""
    return _packed(units, Stereo.plain(len(units)) if second else None, 0, compiled=compiled)[1]


def pack_units(
    units: Units, size: int | NDArray[np.int64], joint: Stereo | None = None, *, compiled: bool = True
) -> UInt8:
    """Write units, each at most `size` bytes (one for all, or of each frame), and zeros behind.

    Parameters
    ----------
    joint
        Makes them second units of joint frames, in order (not yet turned around).
    compiled
        Use the compiled twin where there is one; the bytes are the same.

    Returns
    -------
    uint8 [f, largest size]

    Raises
    ------
    UnitTooLargeError
        A unit does not fit.
    ValueError
        A field can't be written; it says which.
    """
    room = np.broadcast_to(np.asarray(size, np.int64), len(units))
    packed, bits = _packed(units, joint, int(room.max(initial=0)), compiled=compiled)
    if (over := bits > room * 8).any():
        frame = int(over.argmax())
        raise UnitTooLargeError(frame=frame, bits=int(bits[frame]), room=int(room[frame]) * 8)
    return packed


def pack_joint(first: Units, second: Units, stereo: Stereo, split: NDArray[np.int64], frame_bytes: int) -> UInt8:
    """Write joint frames: `split` bytes [f] for the first unit, the rest, back to front, for the second.

    Raises as `pack_units` does.
    """
    split = np.asarray(split, np.int64)
    if ((split < 0) | (split > frame_bytes)).any():
        raise ValueError("a frame is split outside itself")
    frames = np.zeros((len(first), frame_bytes), np.uint8)
    forward, backward = pack_units(first, split), pack_units(second, frame_bytes - split, stereo)
    frames[:, : forward.shape[1]] = forward  # behind its end each unit is zero, so the two can be laid over each other
    frames[:, frame_bytes - backward.shape[1] :] |= backward[:, ::-1]
    return frames


def _packed(units: Units, joint: Stereo | None, size: int, *, compiled: bool) -> tuple[UInt8, NDArray[np.int64]]:
    """Return the first `size` bytes of each unit, and how many bits it has."""
    _check(units, joint)
    head, tones = _head(units, joint), tone_slots(units)
    fast = pack_twins() if compiled else None
    done: tuple[UInt8, NDArray[np.int64]] | None = None if fast is None else fast.pack(units, head, tones, size)
    if done is not None:
        return done
    parts = (head, _gain(units), tones, _selectors(units), _mantissas(units))
    values, lengths = (np.concatenate([part[which] for part in parts], axis=1) for which in (0, 1))
    ends = np.cumsum(lengths, axis=1, dtype=np.int64)
    return _written(values, lengths, ends, size), ends[:, -1]


def _written(values: NDArray[np.uint16], lengths: UInt8, ends: NDArray[np.int64], size: int) -> UInt8:
    """Put each slot in its place: as 24 bits from the byte where it starts. Slots share no bit, so they add up."""
    count, width = len(values), size + _SPAN
    row, slot = np.nonzero((values > 0) & (ends <= 8 * size))
    length = lengths[row, slot].astype(np.int64)
    at = ends[row, slot] - length
    shifted = values[row, slot].astype(np.int64) << (8 * _SPAN - (at & 7) - length)
    added = np.bincount(row * width + (at >> 3), weights=shifted, minlength=count * width)
    words = added.astype(np.int64).reshape(count, width)
    packed = (words >> 16).astype(np.uint8)
    packed[:, 1:] |= (words[:, :-1] >> 8).astype(np.uint8)
    packed[:, 2:] |= words[:, :-2].astype(np.uint8)
    return np.ascontiguousarray(packed[:, :size])


def _head(units: Units, joint: Stereo | None) -> Slots:
    values = np.empty((len(units), 2), np.uint16)
    values[:, 0], values[:, 1] = SIGN, units.bands - 1
    if joint is not None:
        values[:, 0] = joint.swapped.astype(np.uint16) << 13 | joint.weight.astype(np.uint16) << 10 | SECOND_SIGN
        values[:, 0] |= (joint.matrix.astype(np.uint16) << np.arange(8, 0, -2, dtype=np.uint16)).sum(axis=1, dtype="u2")
    lengths = np.array([SIGN_BITS if joint is None else STEREO_BITS, 2], np.uint8)
    return values, np.broadcast_to(lengths, values.shape)


def _gain(units: Units) -> Slots:
    values = np.zeros((len(units), BANDS, 1 + MOST_POINTS), np.uint16)
    lengths = np.zeros(values.shape, np.uint8)
    values[:, :, 0] = units.gain_counts
    lengths[:, :, 0] = np.where(np.arange(BANDS) < units.bands[:, None], 3, 0)
    held = np.arange(MOST_POINTS) < units.gain_counts[:, :, None]
    values[:, :, 1:] = np.where(held, units.gain_levels.astype(np.uint16) << 5 | units.gain_places, 0)
    lengths[:, :, 1:] = np.where(held, 9, 0)
    return values.reshape(len(units), -1), lengths.reshape(len(units), -1)


def _selectors(units: Units) -> Slots:
    values = np.empty((len(units), 1 + 2 * UNITS), np.uint16)
    lengths = np.empty(values.shape, np.uint8)
    values[:, 0], lengths[:, 0] = (units.coded - 1) << 1 | units.constant, 6
    values[:, 1 : 1 + UNITS] = units.selectors
    lengths[:, 1 : 1 + UNITS] = np.where(np.arange(UNITS) < units.coded[:, None], 3, 0)
    values[:, 1 + UNITS :] = np.where(units.selectors > 0, units.scales, 0)
    lengths[:, 1 + UNITS :] = np.where(units.selectors > 0, 6, 0)
    return values, lengths


def _mantissas(units: Units) -> Slots:
    selectors = np.repeat(units.selectors, WIDTHS, axis=1)
    index = symbol(units.constant[:, None], selectors, units.mantissas)
    values, lengths = CODES[index], LENGTHS[index]
    row, pair = np.nonzero(selectors[:, ::2] == 1)
    one, other = units.mantissas[row, 2 * pair], units.mantissas[row, 2 * pair + 1]
    if len(row) and max(np.abs(one + 0.5).max(), np.abs(other + 0.5).max()) > 2:
        raise ValueError("a mantissa is out of the range of selector 1")
    index = pair_symbol(units.constant[row], one, other)
    values[row, 2 * pair], lengths[row, 2 * pair] = PAIR_CODES[index], PAIR_LENGTHS[index]
    wrong = (lengths == 0) & (selectors > 0)
    wrong[:, 1::2] &= selectors[:, 1::2] != 1
    if wrong.any():
        frame, line = np.argwhere(wrong)[0]
        found, selector = units.mantissas[frame, line], selectors[frame, line]
        raise ValueError(f"frame {frame} has mantissa {found} at line {line}, which selector {selector} can't write")
    return values, lengths


def _check(units: Units, joint: Stereo | None) -> None:
    bands, places = np.arange(BANDS), units.gain_places
    free = np.arange(MOST_POINTS) >= units.gain_counts[:, :, None]
    rising = np.diff(places.astype(np.int8), axis=2, prepend=-1) > 0
    rules = {
        "bands": (units.bands >= 1) & (units.bands <= BANDS),
        "gain_counts": (units.gain_counts <= MOST_POINTS) & ((units.gain_counts == 0) | (bands < units.bands[:, None])),
        "gain_levels": units.gain_levels < 16,
        "gain_places": (places < 32) & (rising | free),
        "mantissas": np.full(len(units), units.mantissas.shape == (len(units), LINES)),
        "coded": (units.coded >= 1) & (units.coded <= UNITS),
        "selectors": (units.selectors < 8) & ((units.selectors == 0) | (np.arange(UNITS) < units.coded[:, None])),
        "scales": units.scales < 64,
    }
    if joint is not None:
        rules["weight"] = joint.weight <= NO_WEIGHT
        rules["matrix"] = np.isin(joint.matrix, (0, 1, 3))  # with 2 the first byte could be one that readers skip
    for name, holds in rules.items():
        if not holds.all():
            frame = int(np.argwhere(~holds)[0][0])
            raise ValueError(f"frame {frame} has {name!r} that can't be written")
