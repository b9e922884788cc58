"""Writing to a database that others write to as well."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError

T = TypeVar("T")

TRIES = 8
FIRST_PAUSE = 0.02  # seconds, doubled each time

chance = random.SystemRandom().random


def is_locked(error: OperationalError) -> bool:
    """Say whether another writer holds SQLite's only lock: it will let go of it."""
    return "is locked" in str(error)


def steadily(act: Callable[[], T]) -> T:
    """Return what `act` returns; while SQLite is locked, try again with growing pauses of random length.

    `act` must be one statement or one transaction of its own.
    """
    for turn in range(TRIES - 1):
        try:
            return act()
        except OperationalError as error:
            if not is_locked(error):
                raise
            time.sleep(FIRST_PAUSE * 2**turn * (0.5 + chance()))
    return act()
