"""Sound units as arrays: what the bits of many frames say.

Letters of shapes: f frame (of one channel), t tonal component, k line.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._tables import BANDS, LINES, MOST_POINTS, MOST_TONE_LINES, NO_WEIGHT, UNITS

UInt8 = NDArray[np.uint8]
Bools = NDArray[np.bool_]


class _Arrays:
    """A value made of arrays. Two are equal when all their elements are."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]  # a dataclass has any kind of field

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Arrays) or type(self) is not type(other):
            return False
        pairs = ((getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return all(np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b for a, b in pairs)

    __hash__ = None  # type: ignore[assignment]  # arrays change


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tones(_Arrays):
    """Tonal components, sorted by frame, group and 64-line cell. Those of one group share all but scale and place."""

    frame: NDArray[np.int32]  # [t]
    group: UInt8  # [t], counted from 0 in each frame
    constant: Bools  # [t], True = constant length
    lines: UInt8  # [t], 1..8
    selector: UInt8  # [t], 2..7
    scale: UInt8  # [t], 0..63
    start: NDArray[np.int16]  # [t], first line; lines from 1024 on don't exist
    mantissas: NDArray[np.int8]  # [t, 8], 0 from `lines` on

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def none(cls) -> Tones:
        """Return no components."""
        return cls(
            frame=np.zeros(0, np.int32),
            group=np.zeros(0, np.uint8),
            constant=np.zeros(0, np.bool_),
            lines=np.zeros(0, np.uint8),
            selector=np.zeros(0, np.uint8),
            scale=np.zeros(0, np.uint8),
            start=np.zeros(0, np.int16),
            mantissas=np.zeros((0, MOST_TONE_LINES), np.int8),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units(_Arrays):
    """The sound units of one channel. What a unit does not carry is 0."""

    bands: UInt8  # [f], 1..4: bands that have gain points and tones
    gain_counts: UInt8  # [f, 4], 0..7
    gain_levels: UInt8  # [f, 4, 7], 0..15
    gain_places: UInt8  # [f, 4, 7], 0..31, ascending
    coded: UInt8  # [f], 1..32: how many selectors are written
    constant: Bools  # [f], True = mantissas of constant length
    selectors: UInt8  # [f, 32], 0..7
    scales: UInt8  # [f, 32], 0..63
    mantissas: NDArray[np.int8]  # [f, 1024], in the order of the lines
    tones: Tones

    def __len__(self) -> int:
        return len(self.bands)

    @classmethod
    def silent(cls, count: int) -> Units:
        """Return units that carry nothing, with two selectors: of one alone decoders before ffmpeg 9 make nothing."""
        return cls(
            bands=np.ones(count, np.uint8),
            gain_counts=np.zeros((count, BANDS), np.uint8),
            gain_levels=np.zeros((count, BANDS, MOST_POINTS), np.uint8),
            gain_places=np.zeros((count, BANDS, MOST_POINTS), np.uint8),
            coded=np.full(count, 2, np.uint8),
            constant=np.zeros(count, np.bool_),
            selectors=np.zeros((count, UNITS), np.uint8),
            scales=np.zeros((count, UNITS), np.uint8),
            mantissas=np.zeros((count, LINES), np.int8),
            tones=Tones.none(),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stereo(_Arrays):
    """What the second unit of a joint frame says about putting two channels together; it acts a frame later."""

    swapped: Bools  # [f]
    weight: UInt8  # [f], 0..7; 7 = none
    matrix: UInt8  # [f, 4], per band: 0, 1, 3 (2 is read, never written)

    def __len__(self) -> int:
        return len(self.weight)

    @classmethod
    def plain(cls, count: int) -> Stereo:
        """Return sum and difference in every band, without weights."""
        return cls(
            swapped=np.zeros(count, np.bool_),
            weight=np.full(count, NO_WEIGHT, np.uint8),
            matrix=np.full((count, BANDS), 3, np.uint8),
        )
