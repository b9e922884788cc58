"""Joint stereo backwards: the two carriers of a frame become left and right (docs/formats/atrac3.md, section 4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandstand.media.codecs.atrac3._tables import MATRICES, NO_WEIGHT, WEIGHTS
from bandstand.media.codecs.atrac3._units import Stereo

Floats = NDArray[np.float32]
_RAMP = np.arange(8, dtype=np.float32) / 8  # how far a new matrix or weight has come in, at each of the first samples
_STEADY = MATRICES.astype(np.float32)
_STEADY[2] = _STEADY[3]  # index 2 is sum and difference too, but ramps as its own entry says
_RAMPED = MATRICES.astype(np.float32)


class Unmix:
    """Turns carriers into channels, in place. What a frame says acts in the next, and is the older one after that."""

    def __init__(self) -> None:
        self._said = Stereo.plain(2)

    def feed(self, one: Floats, other: Floats, stereo: Stereo) -> None:
        """Make left and right out of the carriers' blocks, both [4, f, 256]."""
        names = Stereo.__dataclass_fields__
        said = Stereo(**{name: np.concatenate((getattr(self._said, name), getattr(stereo, name))) for name in names})
        self._said = Stereo(**{name: getattr(said, name)[-2:].copy() for name in names})
        before, now = said.matrix[:-2].T, said.matrix[1:-1].T  # [4, f]
        _matrix(one, other, before, now)
        pairs = WEIGHTS.astype(np.float32)[said.weight]
        pairs[said.swapped & (said.weight != NO_WEIGHT)] = pairs[said.swapped & (said.weight != NO_WEIGHT)][:, ::-1]
        weighted = (said.weight[:-2] != NO_WEIGHT) | (said.weight[1:-1] != NO_WEIGHT)
        if weighted.any():
            _weigh(one, other, (pairs[:-2], pairs[1:-1]), np.flatnonzero(weighted))


def _matrix(one: Floats, other: Floats, before: NDArray[np.uint8], now: NDArray[np.uint8]) -> None:
    band, frame = np.nonzero(before != now)
    heads = [carrier[band, frame, : len(_RAMP)] for carrier in (one, other)]
    steady = _STEADY[now][:, :, None, :]
    left = steady[..., 0] * one + steady[..., 1] * other
    np.subtract(2 * one, left, out=other)
    one[:] = left
    old, new = _RAMPED[before[band, frame]][:, None], _RAMPED[now[band, frame]][:, None]
    factors = old + _RAMP[:, None] * (new - old)
    left = factors[..., 0] * heads[0] + factors[..., 1] * heads[1]
    one[band, frame, : len(_RAMP)], other[band, frame, : len(_RAMP)] = left, 2 * heads[0] - left


def _weigh(left: Floats, right: Floats, pairs: tuple[Floats, Floats], frames: NDArray[np.int64]) -> None:
    """Weigh the upper three bands of given frames.

    At the start of a block decoders in use go from the first to the second weight of the older pair on the left, and
    of the newer pair on the right. That looks like a slip, but it is what they all do, so we do it.
    """
    for channel, carrier in enumerate((left, right)):
        ramped, steady = pairs[channel][frames], pairs[1][frames, channel]
        factors = np.repeat(steady[:, None], carrier.shape[2], axis=1)
        factors[:, : len(_RAMP)] = ramped[:, :1] + _RAMP * (ramped[:, 1:] - ramped[:, :1])
        carrier[1:, frames] *= factors
