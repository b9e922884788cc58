"""What a codec of our own is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bandstand.kernel.units import Bytes, Frames, Hz

if TYPE_CHECKING:  # numpy is loaded by those who decode, not by those who list codecs
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One way to use a codec: what a container says about its frames."""

    slug: str
    title: str
    rate: Hz
    channels: int
    frame_bytes: Bytes  # of all channels together
    joint: bool  # whether the channels share the frame

    @property
    def bits_per_second(self) -> float:
        """The rate of the stream, with 1024 samples in a frame."""
        return self.frame_bytes * 8 * self.rate / 1024


class Decode(Protocol):
    """Turns frames into sound, block by block."""

    def __call__(
        self, frames: Iterable[bytes], *, frame_bytes: int, joint: bool, samples: int | None
    ) -> Iterator[NDArray[np.float32]]:
        """Yield sound, shape (n, c), without the codec's delay; `samples` is the true length where it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """A plug-in: a codec that we decode ourselves."""

    slug: str
    title: str
    frame: Frames  # samples that each frame carries
    delay: Frames  # samples that come out before the first of the recording
    modes: tuple[Mode, ...]
    decoder: Callable[[], Decode]  # loads it
