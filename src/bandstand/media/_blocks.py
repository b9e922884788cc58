"""Decoded frames gathered into blocks of one second, as whole numbers for checksums and as floats for meters.

A frame is often a fiftieth of a second, and each call of numpy costs as much as the work on so few samples.
"""

from __future__ import annotations

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

Samples = NDArray[np.float32]  # (c, n), full scale is 1.0
Counts = NDArray[np.generic]  # (n, c), as the decoder gave them: any type of number

POINTS = 50  # in a second: a block holds as many whole points
_NOTHING: Counts = np.zeros((0, 0), dtype=np.int16)
_TYPES = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "flt": np.float32, "dbl": np.float64}


class Gatherer:
    """Takes frames of one kind, gives blocks of `size` samples, and the rest at the end."""

    def __init__(self, first: AudioFrame) -> None:
        self.rate, self.channels = first.sample_rate, first.layout.nb_channels
        self.format = first.format.name
        self.size = self.rate // POINTS * POINTS
        self._kind = np.dtype(_TYPES[self.format.removesuffix("p")])
        self._rows = self.channels if first.format.is_planar else 1
        self._waiting: list[list[memoryview]] = [[] for _ in range(self._rows)]
        self._count = 0

    def accepts(self, frame: AudioFrame) -> bool:
        """Say whether a frame is of the kind that the first one was."""
        kind = frame.sample_rate, frame.layout.nb_channels, frame.format.name
        return kind == (self.rate, self.channels, self.format)

    def feed(self, frame: AudioFrame) -> Counts:
        """Take a frame; return the whole blocks that are there now, mostly none."""
        length = frame.samples * self._kind.itemsize * (self.channels // self._rows)
        for row, plane in zip(self._waiting, frame.planes, strict=True):
            row.append(memoryview(plane)[:length])  # keeps the frame; what follows in it is padding
        self._count += frame.samples
        if self._count < self.size:
            return _NOTHING
        counts = self._joined()
        whole = self._count // self.size * self.size
        self._keep(counts[whole:])
        return counts[:whole]

    def rest(self) -> Counts:
        """Return what is left after the last block, perhaps nothing."""
        return self._joined()

    def _joined(self) -> Counts:
        rows = [np.frombuffer(b"".join(row), dtype=self._kind) for row in self._waiting]
        return np.stack(rows, axis=1) if self._rows > 1 else rows[0].reshape(-1, self.channels)

    def _keep(self, counts: Counts) -> None:
        self._count = counts.shape[0]
        parts = [counts[:, row] for row in range(self._rows)] if self._rows > 1 else [counts]
        self._waiting = [[memoryview(np.ascontiguousarray(part).tobytes())] for part in parts]


def as_floats(counts: Counts) -> Samples:
    """Return samples row by row in memory; what is no number (floats may hold it) is silence or full scale."""
    floats: Samples = counts.T.astype(np.float32, order="C")
    if counts.dtype.kind == "f":
        return floats if np.isfinite(floats).all() else np.nan_to_num(floats, posinf=1.0, neginf=-1.0)
    if counts.dtype.kind == "u":
        floats -= np.float32(128)
    floats *= np.float32(2.0 ** (1 - 8 * counts.dtype.itemsize))
    return floats


def as_flac_counts(counts: Counts, bits: int) -> memoryview:
    """Return bytes as FLAC's checksum takes them: interleaved, little-endian, whole bytes (RFC 9639, 8.2)."""
    width = counts.dtype.itemsize
    whole = np.ascontiguousarray(counts, dtype=f"<i{width}")
    if bits != 8 * width:
        whole = whole >> (8 * width - bits)
    if (bits + 7) // 8 == width:
        return whole.data
    return np.ascontiguousarray(whole.reshape(-1, 1).view(np.uint8)[:, : (bits + 7) // 8]).data
