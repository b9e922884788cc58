"""Short chords for the gallery: the player needs something to play where there is no catalogue."""

from __future__ import annotations

import io
import math
import wave
from array import array
from functools import lru_cache

RATE = 11_025
SECONDS = 12
_CHORDS = (
    (0, 7, 12, 16),
    (-3, 4, 9, 12),
    (-7, 0, 5, 9),
    (-5, 2, 7, 11),
    (0, 4, 7, 14),
    (-8, 4, 7, 12),
)  # semitones from C4
COUNT = len(_CHORDS)


@lru_cache(maxsize=COUNT)
def wav(number: int) -> bytes:
    """Return 12 seconds of a plucked chord, 16-bit mono WAV; the same number gives the same bytes."""
    mix = [0.0] * (RATE * SECONDS)
    beat = RATE * 3 // 4
    for step in range(SECONDS * 4 // 3):
        semitone = _CHORDS[number][(step * 3 + step // 4) % 4]
        _pluck(mix, start=step * beat, frequency=261.626 * 2 ** (semitone / 12))
    samples = array("h", (round(max(-1.0, min(1.0, value)) * 32_000) for value in mix))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def _pluck(mix: list[float], *, start: int, frequency: float) -> None:
    """Add one decaying note with two overtones."""
    for i in range(min(RATE * 2, len(mix) - start)):
        time = i / RATE
        swing = 2 * math.pi * frequency * time
        tone = math.sin(swing) + 0.4 * math.sin(2 * swing) + 0.15 * math.sin(3 * swing)
        mix[start + i] += 0.3 * tone * math.exp(-2.2 * time) * min(1.0, i / 60)
