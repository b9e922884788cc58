"""Bits of many rows of bytes, read at a place of each row's own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_AHEAD = 4  # bytes of a word


class Bits:
    """Rows of bytes [f, n], and the place in bits where each is read. Behind the end there are zeros for ever.

    Attributes
    ----------
    words
        The four bytes from each byte on [f, n + 1]; the last is 0.
    at
        The place in bits [f].
    """

    def __init__(self, rows: NDArray[np.uint8]) -> None:
        count, self.size = rows.shape
        padded = np.zeros((count, self.size + _AHEAD), np.uint32)
        padded[:, : self.size] = rows
        words: NDArray[np.uint32] = np.left_shift(padded[:, : self.size + 1], 24, dtype=np.uint32)
        for place in range(1, _AHEAD):
            words |= np.left_shift(padded[:, place : place + self.size + 1], 24 - 8 * place, dtype=np.uint32)
        self.words = words
        self.at: Ints = np.zeros(count, np.int64)

    def peek(self, rows: Ints, at: Ints, size: Ints | int) -> Ints:
        """Return the next `size` bits (at most 25) at given places of given rows; all are broadcast."""
        word = self.words[rows, np.minimum(at >> 3, self.size)].astype(np.int64)
        return np.asarray(word >> (32 - (at & 7) - size) & ((1 << np.asarray(size)) - 1))

    def take(self, rows: Ints, size: Ints | int) -> Ints:
        """Return the next `size` bits of given rows, and go on behind them."""
        value = self.peek(rows, self.at[rows], size)
        self.at[rows] += size
        return value
