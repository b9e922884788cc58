"""What the ends of two tracks mean for the gap between them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bandstand.kernel.units import Milliseconds

AUDIBLE = -60.0  # dBFS of 20 ms: what ends or begins above it is cut into sound
CLOSE_MS = 20
LONG_MS = 8_000


class Joint(StrEnum):
    """How one track goes over into the next."""

    GAPLESS = "gapless"  # the sound goes on
    CUT = "cut"  # one side is cut into sound, the other is not
    PAUSE = "pause"
    LONG = "long"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ends:
    """How a track begins and ends."""

    lead_ms: Milliseconds
    trail_ms: Milliseconds
    start_level: float  # dBFS of the first and last 20 ms
    end_level: float


@dataclass(frozen=True, slots=True)
class Gap:
    """What lies between two tracks that follow each other."""

    joint: Joint
    length_ms: int = 0


def gap(before: Ends | None, after: Ends | None) -> Gap:
    """Return what lies between two tracks; unknown when one was not measured."""
    if before is None or after is None:
        return Gap(Joint.UNKNOWN)
    length = Milliseconds(before.trail_ms + after.lead_ms)
    open_end = before.trail_ms <= CLOSE_MS and before.end_level > AUDIBLE
    open_start = after.lead_ms <= CLOSE_MS and after.start_level > AUDIBLE
    if open_end:
        return Gap(Joint.GAPLESS if open_start else Joint.CUT, length)
    return Gap(Joint.LONG if length > LONG_MS else Joint.PAUSE, length)
