"""Stretches of samples that have something in common, found block by block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST = 200  # that are kept; all are counted


class Runs:
    """Collects the stretches of a stream of yes and no that are at least `least` long."""

    def __init__(self, least: int) -> None:
        self.least, self.count = least, 0
        self.kept: list[tuple[int, int]] = []  # start, length
        self._at = 0
        self.open: int | None = None  # where the one begins that goes on

    def feed(self, mask: NDArray[np.bool_]) -> None:
        """Take the next block."""
        steps = np.diff(mask.astype(np.int8), prepend=np.int8(self.open is not None))
        starts, ends = np.flatnonzero(steps == 1) + self._at, np.flatnonzero(steps == -1) + self._at
        if self.open is not None:
            starts = np.concatenate(([self.open], starts))
        self.open = int(starts[-1]) if starts.size > ends.size else None
        self._note(starts[: ends.size], ends)
        self._at += mask.size

    def skip(self, length: int) -> None:
        """Take a block in which there is none."""
        if self.open is not None:
            self._note(np.array([self.open]), np.array([self._at]))
            self.open = None
        self._at += length

    def finish(self) -> None:
        """End what is open."""
        self.skip(0)

    def _note(self, starts: NDArray[np.int_], ends: NDArray[np.int_]) -> None:
        lengths = ends - starts
        long = np.flatnonzero(lengths >= self.least)
        self.count += long.size
        for at in long[: MOST - len(self.kept)]:
            self.kept.append((int(starts[at]), int(lengths[at])))


class Depth:
    """Collects which bits of whole numbers are ever used."""

    def __init__(self) -> None:
        self._used, self._width = 0, 0

    def feed(self, counts: NDArray[np.generic]) -> None:
        """Take a block of samples as the decoder gave them."""
        if counts.dtype.kind != "i" or self._used & 1:
            return
        self._width = 8 * counts.dtype.itemsize
        self._used |= int(np.bitwise_or.reduce(counts, axis=None))

    @property
    def bits(self) -> int | None:
        """The number of bits from the highest to the lowest that is used; none for floats and for silence."""
        if not self._used:
            return None
        return self._width - (self._used & -self._used).bit_length() + 1
