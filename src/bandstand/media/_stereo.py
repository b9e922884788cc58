"""A sound as our encoders take it: 44.1 kHz, stereo, floats, in blocks of one size; for the child process."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from bandstand.media._blocks import Counts, Samples
from bandstand.media.codecs.atrac3 import FRAME, RATE

Floats = NDArray[np.float32]  # (n, 2), full scale is 1.0

BLOCK = 256 * FRAME  # samples


def converted(frames: int, rate: int) -> int:
    """Return how many samples at 44.1 kHz a sound has."""
    return (2 * frames * RATE + rate) // (2 * rate)


def finite(samples: Floats) -> Floats:
    """Return samples with silence for what is no number, and full scale for what has no end."""
    if np.isfinite(samples).all():
        return samples
    return np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0).astype(np.float32)


class Stereo:
    """Hears a decoder and hands on the same sound converted, `samples` of them and no more or less.

    Mono is doubled, more than two channels are mixed down by the media library's usual weights. What is no number is
    silence. However the decoder cut the sound, all blocks but the last hold BLOCK samples, so the result is the same.
    """

    def __init__(self, take: Callable[[Floats], None], *, samples: int) -> None:
        self._take, self._left = take, samples
        self._resampler: AudioResampler | None = None
        self._held: list[Floats] = []
        self._count = 0

    def frame(self, frame: AudioFrame) -> None:
        """Take the next frame."""
        if self._resampler is None:
            layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
            self._resampler = AudioResampler(format="fltp", layout=layout, rate=RATE)
        for converted_frame in self._resampler.resample(frame):
            self._hold(converted_frame)

    def block(self, _samples: Samples, _counts: Counts) -> None:
        """Leave out the sound before it is converted."""

    def finish(self) -> None:
        """Hand on what is left, and silence for what a resampler kept to itself."""
        for last in self._resampler.resample(None) if self._resampler is not None else ():
            self._hold(last)
        while self._left > self._count:
            missing = min(self._left - self._count, BLOCK)
            self._add(np.zeros((missing, 2), np.float32))
        if self._count and self._left:
            self._give(min(self._count, self._left))

    def _hold(self, frame: AudioFrame) -> None:
        rows = np.asarray(frame.to_ndarray(), np.float32)
        rows = finite(rows)
        self._add(np.ascontiguousarray((np.repeat(rows, 2, axis=0) if len(rows) == 1 else rows).T))

    def _add(self, samples: Floats) -> None:
        self._held.append(samples)
        self._count += len(samples)
        while self._count >= BLOCK and self._left:
            self._give(min(BLOCK, self._left))

    def _give(self, length: int) -> None:
        whole = np.concatenate(self._held)
        self._held, self._count = [whole[length:]], len(whole) - length
        self._left -= length
        self._take(whole[:length])


class Peak:
    """The highest sample that was heard."""

    def __init__(self) -> None:
        self.value = 0.0

    def take(self, samples: Floats) -> None:
        """Hear a block."""
        if samples.size:
            self.value = max(self.value, float(np.abs(samples).max()))

    @property
    def gain(self) -> float:
        """By what a sound is multiplied that would go beyond full scale; 1 for all others."""
        return 1.0 / self.value if self.value > 1.0 else 1.0
