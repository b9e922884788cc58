"""The text of a statement with places for values, and how it reaches the database."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

Value = int | str | datetime | date | Sequence[int] | Sequence[str]
Plans = dict[Any, Any]  # by whom and for which shape of values: a plan of whom
Database = Any  # Django's wrapper of a connection, of either database

LONGEST = 64  # values in a list: each length is a text of its own
_PLACE = re.compile("%(%|s)")
_MARK = 0x6D61_726B_0000_0000  # below 2**63: an integer that no row has


@dataclass(frozen=True, slots=True)
class Statement:
    """A compiled statement: its SQL, its parameters with the places of the values."""

    sql: str
    raw: str  # the same as SQLite's driver takes it
    params: tuple[Any, ...]  # what the driver takes
    places: tuple[tuple[int, int], ...]  # in params, in the values laid out flat

    def filled(self, flat: Sequence[Any]) -> list[Any]:
        """Return the parameters with these values in their places."""
        params = list(self.params)
        for place, number in self.places:
            params[place] = flat[number]
        return params


class _Here(threading.local):
    connection: Database = None


_here = _Here()


def database() -> Database:
    """Return this thread's connection, which Django keeps for as long as the thread lives."""
    if _here.connection is None:
        _here.connection = connections[DEFAULT_DB_ALIAS]
    return _here.connection


def plans_of(connection: Database) -> Plans:
    """Return what was compiled for this connection: plans live on it, so that no thread shares one."""
    plans: Plans = connection.__dict__.setdefault("prepared_plans", {})
    return plans


def statement(sql: str, params: Sequence[Any], flat: Sequence[Any] = ()) -> Statement:
    """Return a compiled statement; `flat` are the marks to look for among its parameters.

    Raises
    ------
    ValueError
        A mark does not stand among them: the text swallowed it.
    """
    places = tuple((place, flat.index(param)) for place, param in enumerate(params) if param in flat)
    if {number for _, number in places} != set(range(len(flat))):
        raise ValueError("A value of a prepared statement does not stand among its parameters.")
    return Statement(sql, _PLACE.sub(lambda found: "%" if found[1] == "%" else "?", sql), tuple(params), places)


def run(connection: Database, prepared: Statement, params: Sequence[Any]) -> tuple[list[tuple[Any, ...]], int]:
    """Run a statement; return its rows, and how many it changed.

    SQLite's driver is asked without Django's cursors in between, which cost more than most of these statements. Where
    somebody listens to statements, as tests that count them do, it goes Django's way.
    """
    try:
        return _ran(connection, prepared, params)
    except DatabaseError:
        if connection.in_atomic_block and not prepared.sql.startswith("SELECT"):
            connection.needs_rollback = True  # as Django does: half of what was meant must not be kept
        raise


def _ran(connection: Database, prepared: Statement, params: Sequence[Any]) -> tuple[list[tuple[Any, ...]], int]:
    if connection.vendor != "sqlite" or connection.execute_wrappers or connection.force_debug_cursor:
        with connection.cursor() as cursor:
            cursor.execute(prepared.sql, params)
            return (cursor.fetchall() if cursor.description else []), cursor.rowcount
    if connection.connection is None:
        connection.ensure_connection()
    if connection.needs_rollback:
        connection.validate_no_broken_transaction()
    try:
        ran = connection.connection.execute(prepared.raw, params)
        return ran.fetchall(), ran.rowcount
    except sqlite3.Error:
        with connection.wrap_database_errors:  # as Django's own kind of the error
            raise


def laid_out(owner: object, values: Sequence[Value], connection: Database) -> tuple[object, list[Any]]:
    """Return what a plan for these values is kept under, and the values as the driver takes them, lists one by one.

    Texts differ by how long lists are; the key is None where one is longer than texts are kept for.
    """
    key: object = owner
    flat: list[Any] = []
    for value in values:
        kind = type(value)
        if kind is str or kind is int:
            flat.append(value)
        elif isinstance(value, list | tuple):
            if len(value) > LONGEST:
                return None, []
            key = (key, len(value))
            flat.extend(value)
        else:
            flat.append(plain(value, connection))
    return key, flat


def plain(value: object, connection: Database) -> Any:
    """Return one value as the driver takes it."""
    if isinstance(value, str):
        return str.__str__(value)  # a member of an enumeration
    if isinstance(value, int):
        return int(value)
    if isinstance(value, datetime):
        return _text(value) if connection.vendor == "sqlite" else value
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    raise TypeError(f"A prepared statement takes no {type(value).__name__}.")


@lru_cache(maxsize=256)
def _text(moment: datetime) -> str:
    """Return a moment as Django writes it into SQLite: in UTC, without saying so."""
    return str(moment.astimezone(UTC).replace(tzinfo=None))


def may_reach_nothing(values: Sequence[Value]) -> bool:
    """Whether these values may well mean no row: one of them is an empty list."""
    return any(isinstance(value, list | tuple) and not value for value in values)


def marks(values: Sequence[Value]) -> list[Value]:
    """Return marks of the same shape as the values, each of which stands nowhere else."""
    found: list[Value] = []
    for place, value in enumerate(values):
        base = place * 10_000
        if isinstance(value, list | tuple):
            texts = bool(value) and isinstance(value[0], str)
            whole = [base + number for number in range(len(value))]
            found.append([f"\u2042{n}" for n in whole] if texts else [_MARK + n for n in whole])
        elif isinstance(value, datetime):
            found.append(datetime(1900, 1, 1, microsecond=place + 1, tzinfo=UTC))
        elif isinstance(value, date):
            found.append(date(1900, 1, 1 + place))
        else:
            found.append(f"\u2042{base}" if isinstance(value, str) else _MARK + base)
    return found
