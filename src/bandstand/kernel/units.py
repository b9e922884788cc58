"""Numbers with a meaning, and how people read them."""

from __future__ import annotations

from typing import NewType

Bytes = NewType("Bytes", int)
"""A size in bytes."""

Frames = NewType("Frames", int)
"""A length in sample frames (one sample of every channel)."""

Hz = NewType("Hz", int)
"""A rate in frames per second."""

Seconds = NewType("Seconds", float)
"""A length of time in seconds."""

Milliseconds = NewType("Milliseconds", int)
"""A length of time in milliseconds; what the database stores."""

Decibels = NewType("Decibels", float)
"""A level: LUFS, dBTP or a gain, as the name beside it says."""


def size(value: int) -> str:
    """Write a byte count for people, in decimal units: `size(1_234_567) == "1.2 MB"`."""
    amount = float(value)
    for unit in ("bytes", "kB", "MB", "GB"):
        if abs(amount) < 1000:
            return f"{amount:.0f} {unit}" if unit in ("bytes", "kB") else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def clock_time(milliseconds: int) -> str:
    """Write a duration as players do: `3:07`, `1:02:03`."""
    seconds = round(milliseconds / 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
