"""What becomes of a job: when it is tried again, when it is put aside. Nothing here reads a clock or a database."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from bandstand.kernel.errors import BandstandError, SetupError

TRIES = 3  # then a job is parked, with the reason
LEASE = timedelta(minutes=2)
SHORTEST_LEASE = timedelta(seconds=3)  # signs of life come once a second at most
LONGEST_PERIOD = timedelta(days=7)  # the row that marks a slot as used is kept for KEPT, which must be longer
KEPT = timedelta(days=14)  # how long ended jobs are kept
ERROR_LENGTH = 4_000
PAYLOAD_LENGTH = 64_000

_FIRST_WAIT = 5.0  # seconds
_WAIT_GROWTH = 6.0
_LONGEST_WAIT = 15 * 60.0


class Verdict(Enum):
    """What to do with a job that failed."""

    AGAIN = "again"
    PARK = "park"


def judge(error: Exception, *, attempt: int, tries: int) -> Verdict:
    """Say whether a job that failed with `error` in its `attempt` (1 is the first) has a use in trying again.

    A rule's no and a bad input stay what they are; the outside world and this machine may get better.
    """
    hopeless = isinstance(error, BandstandError) and not error.retry and not isinstance(error, SetupError)
    return Verdict.PARK if hopeless or attempt >= tries else Verdict.AGAIN


def wait_before_next(attempt: int, *, chance: float) -> timedelta:
    """Return how long to wait after `attempt` failed: 5 s, 30 s, 3 min, at most 15 min, give or take half.

    `chance` is 0 to 1; it keeps jobs that failed together from coming back together.
    """
    seconds = min(_FIRST_WAIT * _WAIT_GROWTH ** (attempt - 1), _LONGEST_WAIT)
    return timedelta(seconds=seconds * (0.5 + chance))


def slot(now: datetime, every: timedelta) -> int:
    """Return the number of the period of length `every` that `now` lies in, the same on every machine."""
    return int(now.timestamp() // every.total_seconds())


def reason(error: BaseException) -> str:
    """Return what to write down about `error`: its sentence, or its class and text, cut to what a row holds."""
    text = str(error) if isinstance(error, BandstandError) else f"{type(error).__name__}: {error}"
    return text[:ERROR_LENGTH]
