"""Django's SQLite, whose transactions wait for other writers in short steps.

SQLite lets a writer that finds another one sleep for up to 100 ms at a time. Transactions here take about 1 ms, so
eight that want to write would mostly sleep while nobody does. A transaction that begins here looks again after
fractions of a millisecond, then after a few of them.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.utils import debug_transaction

_SHORTEST, _LONGEST = 0.000_2, 0.004  # seconds between two looks
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})  # of any kind: the low byte says which


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to SQLite."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return what the driver is given: Django's, with room for all statements that a checkout takes.

        The driver reads no values by the names of column types: Django's fields do, and asking for the name of each
        column of each statement was half of what a small query cost.
        """
        return {"cached_statements": 512} | super().get_connection_params() | {"detect_types": 0}

    def _start_transaction_under_autocommit(self) -> None:
        begin = f"BEGIN {self.transaction_mode or 'DEFERRED'}"  # type: ignore[attr-defined] # Django has it since 5.1
        with debug_transaction(self, begin), self.wrap_database_errors:
            _begin(self.connection, begin, seconds=self.settings_dict["OPTIONS"].get("timeout", 5.0))


def _begin(driver: sqlite3.Connection, begin: str, *, seconds: float) -> None:
    """Begin a transaction within this time.

    Raises
    ------
    sqlite3.OperationalError
        Others were writing all the time.
    """
    usual, begun = f"PRAGMA busy_timeout = {int(seconds * 1000)}", False
    try:
        driver.execute("PRAGMA busy_timeout = 0")
        _try_until_begun(driver, begin, time.monotonic() + seconds)
        driver.execute(usual)
        begun = True
    finally:
        if not begun:  # also when somebody interrupts: Django must not find a transaction that it did not begin
            with contextlib.suppress(sqlite3.Error):
                driver.rollback()
                driver.execute(usual)


def _try_until_begun(driver: sqlite3.Connection, begin: str, until: float) -> None:
    pause = _SHORTEST
    while True:
        try:
            driver.execute(begin)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > until:
                raise
        else:
            return
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - so that they do not all look at once
        pause = min(pause * 1.5, _LONGEST)
