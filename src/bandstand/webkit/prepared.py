"""Queries that are compiled once: for the few that every checkout asks, writing the same SQL anew is most of the cost.

    _by_holder = Prepared(lambda holder_id: Basket.objects.select_related("holder").filter(holder_id=holder_id))
    basket = _by_holder.first(holder_id)

The first call with values of a shape lets Django compile the query with marks in their places, and keeps the SQL with
what turns its rows into models. Later calls put their values where the marks were. Nothing but the text is kept: each
call asks the database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators

T = TypeVar("T", bound=Model)

Value = int | str | datetime | date | Sequence[int] | Sequence[str]
_MARK = 0x6D61_726B_0000_0000  # below 2**63: an integer that no row has

_LONGEST = 64  # numbers in a list: each length is a text of its own


@dataclass(frozen=True, slots=True)
class _Plan:
    """A compiled query: its SQL, its parameters with the places of the values, and how rows become models."""

    sql: str
    params: tuple[Any, ...]  # what the driver takes
    places: tuple[tuple[int, int], ...]  # in params, in the values laid out flat
    read: Callable[[list[tuple[Any, ...]]], list[Any]]


class Prepared(Generic[T]):
    """A query whose values change and whose text does not. Values are numbers, texts, times, and lists.

    `build` is given the values in order and returns a query of models; it must not look at them, for it sees marks.
    """

    def __init__(self, build: Callable[..., QuerySet[T]]) -> None:
        self._build = build

    def __call__(self, *values: Value) -> list[T]:
        """Return the rows for these values."""
        if any(isinstance(value, list | tuple) and len(value) > _LONGEST for value in values):
            return list(self._build(*values))
        connection = connections[DEFAULT_DB_ALIAS]
        plans: dict[Any, _Plan | None] = connection.__dict__.setdefault("prepared_plans", {})
        key = (self, *(len(value) if isinstance(value, list | tuple) else type(value) for value in values))
        if key not in plans:
            plans[key] = _compiled(self._build, values)
        plan = plans[key]
        if plan is None:  # an empty list: Django knows without asking that there is nothing
            return list(self._build(*values))
        params, flat = list(plan.params), _flat(values, connection)
        for place, number in plan.places:
            params[place] = flat[number]
        with connection.cursor() as cursor:
            cursor.execute(plan.sql, params)
            rows = cursor.fetchall()
        return plan.read(rows)

    def first(self, *values: Value) -> T | None:
        """Return the first row, or None."""
        rows = self(*values)
        return rows[0] if rows else None


def _flat(values: Sequence[Value], connection: Any) -> list[Any]:  # a connection of either database
    flat: list[Any] = []
    for value in values:
        if isinstance(value, list | tuple):
            flat.extend(value)
        elif isinstance(value, datetime):
            flat.append(connection.ops.adapt_datetimefield_value(value))
        elif isinstance(value, date):
            flat.append(connection.ops.adapt_datefield_value(value))
        else:
            flat.append(value)
    return flat


def _marks(values: Sequence[Value]) -> list[Value]:
    marks: list[Value] = []
    for place, value in enumerate(values):
        base = place * 10_000
        if isinstance(value, list | tuple):
            texts = bool(value) and isinstance(value[0], str)
            whole = [base + number for number in range(len(value))]
            marks.append([f"\u2042{n}" for n in whole] if texts else [_MARK + n for n in whole])
        elif isinstance(value, datetime):
            marks.append(datetime(1900, 1, 1, microsecond=place + 1, tzinfo=UTC))
        elif isinstance(value, date):
            marks.append(date(1900, 1, 1 + place))
        else:
            marks.append(f"\u2042{base}" if isinstance(value, str) else _MARK + base)
    return marks


def _compiled(build: Callable[..., QuerySet[Any]], values: Sequence[Value]) -> _Plan | None:
    connection = connections[DEFAULT_DB_ALIAS]
    marks = _marks(values)
    query = build(*marks)
    compiler = query.query.get_compiler(using=DEFAULT_DB_ALIAS)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return None
    flat = _flat(marks, connection)
    places = tuple((place, flat.index(param)) for place, param in enumerate(params) if param in flat)
    if {number for _, number in places} != set(range(len(flat))):
        raise ValueError("A value of a prepared query does not stand among its parameters.")
    return _Plan(sql, tuple(params), places, _reader(query, compiler))


def _reader(query: QuerySet[Any], compiler: Any) -> Callable[[list[tuple[Any, ...]]], list[Any]]:  # Django's compiler
    """Return what turns rows into models, as Django's own iterable does."""
    plain = vars(query)["_iterable_class"] is ModelIterable and not vars(query)["_prefetch_related_lookups"]
    if not plain or compiler.annotation_col_map:
        raise ValueError("A prepared query returns models, with what they point to.")
    facts, select = compiler.klass_info, compiler.select
    begin, end = facts["select_fields"][0], facts["select_fields"][-1] + 1
    names = [column[0].target.attname for column in select[begin:end]]
    related = get_related_populators(facts, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg] # Django 6's, say the stubs
    converters = compiler.get_converters([column[0] for column in select[: compiler.col_count]])

    def read(rows: list[tuple[Any, ...]]) -> list[Any]:
        found = []
        for row in compiler.apply_converters(rows, converters) if converters else rows:
            one = facts["model"].from_db(DEFAULT_DB_ALIAS, names, row[begin:end])
            for populator in related:
                populator.populate(row, one)
            found.append(one)
        return found

    return read
