"""ATRAC3: frames of 1024 samples in four bands, as Network Walkman players use it (docs/formats/atrac3.md).

numpy is loaded by the modules inside, not by this one.
"""

from __future__ import annotations

from enum import StrEnum

from bandstand.kernel.units import Bytes, Frames, Hz
from bandstand.media.codecs._codec import Codec, Decode, Mode

RATE = Hz(44_100)
FRAME = Frames(1024)
DELAY = Frames(1162)  # a frame, and the 138 samples of the two stages of the filter bank there and back


class Effort(StrEnum):
    """How much work goes into a frame."""

    FAST = "fast"
    BALANCED = "balanced"
    BEST = "best"


def _decoder() -> Decode:
    from bandstand.media.codecs.atrac3 import decoder  # loads numpy

    return decoder.decoded


def _mode(slug: str, title: str, frame_bytes: int, *, joint: bool) -> Mode:
    return Mode(slug=slug, title=title, rate=RATE, channels=2, frame_bytes=Bytes(frame_bytes), joint=joint)


LP2 = _mode("lp2", "ATRAC3 132 kbit/s (LP2)", 384, joint=False)
K105 = _mode("105", "ATRAC3 105 kbit/s", 304, joint=False)
LP4 = _mode("lp4", "ATRAC3 66 kbit/s (LP4)", 192, joint=True)

CODEC = Codec(slug="atrac3", title="ATRAC3", frame=FRAME, delay=DELAY, modes=(LP2, K105, LP4), decoder=_decoder)
