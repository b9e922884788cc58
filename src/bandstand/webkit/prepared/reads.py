"""Queries whose values change and whose text does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, QuerySet

from bandstand.webkit.prepared import models, statements
from bandstand.webkit.prepared.statements import Database, Statement, Value

T = TypeVar("T", bound=Model)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A compiled query, and how its rows become models."""

    statement: Statement
    read: Callable[[list[tuple[Any, ...]]], list[Any]]


class Prepared(Generic[T]):
    """A query whose values change and whose text does not. Values are numbers, texts, times, and lists.

    `build` is given the values in order and returns a query of models; it must not look at them, for it sees marks.
    """

    def __init__(self, build: Callable[..., QuerySet[T]]) -> None:
        self._build = build

    def __call__(self, *values: Value) -> list[T]:
        """Return the rows for these values."""
        connection = statements.database()
        key, flat = statements.laid_out(self, values, connection)
        if key is None:
            return list(self._build(*values))
        plans = statements.plans_of(connection)
        if key not in plans:
            plans[key] = _compiled(self._build, values, connection)
        plan: _Plan | None = plans[key]
        if plan is None:  # an empty list reaches nothing
            return []
        rows, _ = statements.run(connection, plan.statement, plan.statement.filled(flat))
        return plan.read(rows) if rows else []

    def first(self, *values: Value) -> T | None:
        """Return the first row, or None."""
        rows = self(*values)
        return rows[0] if rows else None


def _compiled(build: Callable[..., QuerySet[Any]], values: Sequence[Value], connection: Database) -> _Plan | None:
    marks = statements.marks(values)
    query = build(*marks)
    compiler = query.query.get_compiler(using=DEFAULT_DB_ALIAS)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        if statements.may_reach_nothing(values):
            return None
        raise ValueError("A prepared query reaches nothing with a mark in the place of a value.") from None
    _, flat = statements.laid_out(None, marks, connection)
    return _Plan(statements.statement(sql, params, flat), models.reader(query, compiler))
