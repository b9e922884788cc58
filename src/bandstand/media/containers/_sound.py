"""What a container says about the sound in it, and what a writer is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bandstand.kernel.units import Bytes, Frames, Hz, Milliseconds

ATRAC3_DELAY = Frames(1162)  # what decoders put in front: one frame of 1024, and 138 of the filter bank


class Codec(StrEnum):
    """How a sound is coded."""

    ATRAC3 = "atrac3"
    ATRAC3PLUS = "atrac3plus"
    ATRAC3_LOSSLESS = "atrac3-lossless"
    ATRAC3PLUS_LOSSLESS = "atrac3plus-lossless"
    MP3 = "mp3"
    AAC = "aac"
    LPCM = "lpcm"
    WMA = "wma"


@dataclass(frozen=True, slots=True)
class Trim:
    """Where the sound lies in what a decoder gives."""

    delay: Frames  # dropped at the start
    samples: Frames  # kept after that: the true length


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a sound is; None where the container doesn't tell."""

    codec: Codec
    rate: Hz | None = None
    channels: int | None = None
    frame_bytes: Bytes | None = None  # of every frame; None where they differ in length
    frame_samples: Frames | None = None
    joint: bool = False  # ATRAC3: both channels share a frame
    frames: int | None = None  # whole ones
    trim: Trim | None = None
    duration_ms: Milliseconds | None = None
    locked: str = ""  # why its frames can't be had
    protected: bool = False
    cut: bool = False  # the end is missing: a frame is not whole

    @property
    def bit_rate(self) -> int | None:
        """Bits per second where every frame has the same length."""
        if self.frame_bytes is None or self.frame_samples is None or self.rate is None:
            return None
        return self.frame_bytes * 8 * self.rate // self.frame_samples


def trimmed(trim: Trim | None, held: int) -> Trim | None:
    """Return a trim that lies in the `held` samples there are; what a file says may be longer, or nonsense."""
    if trim is None or trim.delay >= held:
        return None
    return Trim(trim.delay, Frames(min(trim.samples, held - trim.delay)))
