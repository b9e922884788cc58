"""The waveform as it is stored and drawn: pairs of signed bytes, the lowest and the highest point of a stretch."""

from __future__ import annotations

from collections.abc import Sequence

from bandstand.kernel.errors import InputError

MAX_BUCKETS = 800


class WaveformError(InputError):
    """Bytes that are no waveform."""

    code = "media.waveform"


def pairs(peaks: bytes) -> Sequence[tuple[int, int]]:
    """Return (lowest, highest) of each stretch, -127 to 127 each.

    Raises
    ------
    WaveformError
        The bytes are no pairs, or too many.
    """
    if len(peaks) % 2 or len(peaks) > 2 * MAX_BUCKETS:
        raise WaveformError(f"{len(peaks)} bytes are no waveform.", hint="Measure the sound again.")
    values = memoryview(peaks).cast("b")
    return [(values[at], values[at + 1]) for at in range(0, len(values), 2)]
