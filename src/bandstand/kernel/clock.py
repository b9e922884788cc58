"""Time: always aware, always UTC inside, always passed in. Only views, jobs and commands ask what time it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def local_midnight(day: date, zone: str) -> datetime:
    """Return the instant at which `day` begins in `zone` (IANA name), in UTC.

    Where a clock change swallows midnight, the first instant after the gap; where midnight comes twice, the first one
    (PEP 495: `fold=0` takes the offset before the change in both cases).
    """
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
