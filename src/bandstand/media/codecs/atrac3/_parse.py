"""Reads sound units: all frames of a block step through their bits together.

This is the specification of `_twins.py`, which does the same frame by frame and is what runs where numba is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3 import _fields
from bandstand.media.codecs.atrac3._bits import Bits
from bandstand.media.codecs.atrac3._faults import Fault, Faults
from bandstand.media.codecs.atrac3._pack import SECOND_SIGN, SIGN, SIGN_BITS, STEREO_BITS
from bandstand.media.codecs.atrac3._raw import Raw
from bandstand.media.codecs.atrac3._speed import twins
from bandstand.media.codecs.atrac3._tables import BANDS
from bandstand.media.codecs.atrac3._units import Stereo, Units

UInt8 = NDArray[np.uint8]
_FILLING = 0xF8  # what may stand before a second unit
_LEAST = 4  # bytes that must be left behind it


@dataclass(frozen=True, slots=True)
class Scan:
    """What a block of units says. Broken ones are silent, with plain stereo."""

    units: Units
    stereo: Stereo
    faults: Faults


def parse_units(frames: UInt8) -> Units:
    """Read plain units, one a row [f, bytes].

    Raises
    ------
    FormatError
        A unit breaks the syntax; the offset counts from the first byte of the first row.
    """
    scan = scan_units(frames)
    _judge(scan.faults, frames)
    return scan.units


def parse_second(frames: UInt8) -> tuple[Units, Stereo]:
    """Read second units of joint frames, whose bytes have been turned around; raises as `parse_units` does."""
    scan = scan_units(frames, second=True)
    _judge(scan.faults, frames)
    return scan.units, scan.stereo


def scan_units(frames: UInt8, *, second: bool = False, compiled: bool = True) -> Scan:
    """Read units, one a row [f, bytes], and say which are broken.

    Parameters
    ----------
    second
        They are second units of joint frames, whose bytes have been turned around.
    compiled
        Use the compiled twin where there is one; the results are the same.
    """
    count, size = frames.shape
    raw, bits = Raw.empty(count), Bits(frames)
    stereo = _open_second(bits, raw, frames) if second else _open(bits, raw)
    fast = twins() if compiled else None
    if fast is not None:
        fast.read(bits, raw)
    else:
        _fields.read(bits, raw)
    over = ((raw.code == Fault.NONE) & (bits.at > 8 * size)) | ((raw.code != Fault.NONE) & (raw.bit > 8 * size))
    raw.found[over] = np.where(raw.code == Fault.NONE, bits.at, raw.bit)[over]
    raw.code[over], raw.bit[over] = Fault.END, 8 * size
    broken = raw.code != Fault.NONE
    if broken.any():
        raw.silence(broken)
        plain = Stereo.plain(1)
        stereo.swapped[broken], stereo.weight[broken], stereo.matrix[broken] = False, plain.weight, plain.matrix
    return Scan(raw.units(), stereo, Faults(raw.code, raw.bit, raw.found))


def _open(bits: Bits, raw: Raw) -> Stereo:
    every = np.arange(len(bits.at))
    sign = bits.take(every, SIGN_BITS)
    raw.fault(every[sign != SIGN], Fault.SIGN, bits.at - SIGN_BITS, sign)
    return Stereo.plain(len(every))


def _open_second(bits: Bits, raw: Raw, frames: UInt8) -> Stereo:
    every, size = np.arange(len(bits.at)), frames.shape[1]
    filling = np.logical_and.accumulate(frames == _FILLING, axis=1).sum(axis=1)
    bits.at[:] = 8 * filling
    raw.fault(every[filling > size - _LEAST], Fault.FILLING, bits.at, filling)
    head = bits.take(every, STEREO_BITS)
    sign = head & 3
    raw.fault(every[sign != SECOND_SIGN], Fault.SIGN, bits.at - 2, sign)
    return Stereo(
        swapped=(head >> 13).astype(np.bool_),
        weight=(head >> 10 & 7).astype(np.uint8),
        matrix=(head[:, None] >> np.arange(2 * BANDS, 0, -2) & 3).astype(np.uint8),
    )


def _judge(faults: Faults, frames: UInt8) -> None:
    if faults.code.any():
        frame, size = int(np.flatnonzero(faults.code)[0]), frames.shape[1]
        raise faults.error(frame, start=frame * size, size=size)
