"""Where readers put what they read: units of a block with room for all tones that there may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._faults import Fault
from bandstand.media.codecs.atrac3._tables import MOST_TONE_LINES, MOST_TONES
from bandstand.media.codecs.atrac3._units import Tones, Units

UInt8 = NDArray[np.uint8]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """Units while they are read; t counts the components of one unit."""

    body: Units  # its tones are not used
    tones: Ints  # [f], how many
    group: UInt8  # [f, t]
    constant: UInt8  # [f, t]
    lines: UInt8  # [f, t]
    selector: UInt8  # [f, t]
    scale: UInt8  # [f, t]
    start: NDArray[np.int16]  # [f, t]
    mantissas: NDArray[np.int8]  # [f, t, 8]
    code: UInt8  # [f], the first fault
    bit: Ints  # [f], where it is
    found: Ints  # [f]

    @classmethod
    def empty(cls, count: int) -> Raw:
        """Return room for `count` units."""
        of_tones = (count, MOST_TONES)
        return cls(
            body=Units.silent(count),
            tones=np.zeros(count, np.int64),
            group=np.zeros(of_tones, np.uint8),
            constant=np.zeros(of_tones, np.uint8),
            lines=np.zeros(of_tones, np.uint8),
            selector=np.zeros(of_tones, np.uint8),
            scale=np.zeros(of_tones, np.uint8),
            start=np.zeros(of_tones, np.int16),
            mantissas=np.zeros((*of_tones, MOST_TONE_LINES), np.int8),
            code=np.zeros(count, np.uint8),
            bit=np.zeros(count, np.int64),
            found=np.zeros(count, np.int64),
        )

    def fault(self, rows: Ints, code: Fault, bit: Ints, found: Ints) -> None:
        """Note a fault of given rows that had none; `bit` and `found` are of all rows."""
        rows = rows[self.code[rows] == Fault.NONE]
        self.code[rows], self.bit[rows], self.found[rows] = code, bit[rows], found[rows]

    def silence(self, rows: NDArray[np.bool_]) -> None:
        """Make units that carry nothing out of given rows."""
        self.tones[rows] = 0
        for name in ("gain_counts", "gain_levels", "gain_places", "constant", "selectors", "scales", "mantissas"):
            getattr(self.body, name)[rows] = 0
        self.body.bands[rows], self.body.coded[rows] = 1, 2

    def units(self) -> Units:
        """Return the units with their tones in one row."""
        body = {name: getattr(self.body, name) for name in Units.__dataclass_fields__ if name != "tones"}
        return Units(**body, tones=self._tones() if self.tones.any() else Tones.none())

    def _tones(self) -> Tones:
        """Return the tones of all units, their groups counted without gaps."""
        held = np.arange(MOST_TONES) < self.tones[:, None]
        frame = np.nonzero(held)[0].astype(np.int32)
        group = self.group[held].astype(np.int64)
        new = np.r_[True, (np.diff(frame) == 0) & (np.diff(group) != 0)][: len(frame)]
        first = np.searchsorted(frame, frame)
        dense = np.cumsum(new) - np.cumsum(new)[first]
        return Tones(
            frame=frame,
            group=dense.astype(np.uint8),
            constant=self.constant[held].astype(np.bool_),
            lines=self.lines[held],
            selector=self.selector[held],
            scale=self.scale[held],
            start=self.start[held],
            mantissas=self.mantissas[held],
        )
