"""Changes whose values change and whose text does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Field, JSONField, Model, QuerySet, sql
from django.db.models.base import ModelState

from bandstand.webkit.prepared import models, statements
from bandstand.webkit.prepared.statements import Database, Statement, Value

T = TypeVar("T", bound=Model)
Fields = list[Field[Any, Any]]
_INSERT = re.compile(r"(INSERT INTO .*? VALUES )(\(.*\))( RETURNING .*)")
_PLAIN = frozenset({str, int})
MOST_ROWS = 100  # in one statement: a longer one would make other writers wait


class PreparedUpdate:
    """A conditional update. `build` is given marks, as that of `Prepared`; it returns a query, and what rows become."""

    def __init__(self, build: Callable[..., tuple[QuerySet[Any], Mapping[str, Any]]]) -> None:
        self._build = build

    def __call__(self, *values: Value) -> int:
        """Change the rows for these values, and return how many there were."""
        done = _changed(self, values, self._compile)
        if done is None:
            rows, facts = self._build(*values)
            return rows.update(**facts)
        return done

    def _compile(self, marks: Sequence[Value]) -> Any:
        rows, facts = self._build(*marks)
        query: Any = rows.query.chain(sql.UpdateQuery)
        query.add_update_values(dict(facts))
        return query.get_compiler(DEFAULT_DB_ALIAS)


class PreparedDelete:
    """A deletion of rows that nothing points to; the database does not look for what does."""

    def __init__(self, build: Callable[..., QuerySet[Any]]) -> None:
        self._build = build

    def __call__(self, *values: Value) -> int:
        """Delete the rows for these values, and return how many there were."""
        done = _changed(self, values, self._compile)
        return self._build(*values).delete()[0] if done is None else done

    def _compile(self, marks: Sequence[Value]) -> Any:
        query = self._build(*marks).query.clone()
        query.__class__ = sql.DeleteQuery  # as Django's own deletion of plain rows does
        return query.get_compiler(DEFAULT_DB_ALIAS)


def _changed(owner: object, values: Sequence[Value], compiled: Callable[[Sequence[Value]], Any]) -> int | None:
    """Return how many rows were changed; None when no text is kept for so long a list."""
    connection = statements.database()
    key, flat = statements.laid_out(owner, values, connection)
    if key is None:
        return None
    plans = statements.plans_of(connection)
    if key not in plans:
        marks = statements.marks(values)
        try:
            text, params = compiled(marks).as_sql()
            plans[key] = statements.statement(text, params, statements.laid_out(None, marks, connection)[1])
        except EmptyResultSet:
            if not statements.may_reach_nothing(values):
                raise ValueError("A prepared change reaches nothing with a mark in the place of a value.") from None
            plans[key] = None
    plan: Statement | None = plans[key]
    if plan is None:
        return 0
    return statements.run(connection, plan, plan.filled(flat))[1]


class PreparedInsert(Generic[T]):
    """New rows of a model in one statement.

    With `unless_there`, rows that meet a constraint of uniqueness are left out, and no error ends the transaction.
    """

    def __init__(self, model: type[T], *, unless_there: bool = False) -> None:
        self._model, self._unless_there = model, unless_there

    def new(self, **facts: Any) -> T:
        """Return a row that is not written yet, as the model's own constructor does; facts are named by column."""
        row = self._model.__new__(self._model)
        known, blank = row.__dict__, _blank(self._model)
        known["_state"] = ModelState()
        known.update(blank)
        known.update(facts)
        if len(known) != len(blank) + 1:
            raise TypeError(f"{self._model.__name__} has no {', '.join(sorted(facts.keys() - blank.keys()))}.")
        return row

    def __call__(self, rows: Sequence[T]) -> int:
        """Write the rows, and return how many were written. Their ids are set, unless some were left out."""
        connection = statements.database()
        values = [_of_model(row, connection) for row in rows]
        keys = self._written(values, connection)
        if len(keys) == len(rows):
            for row, key in zip(rows, keys, strict=True):
                row.pk = key
                models.stored(row)
        return len(keys)

    def one(self, row: T) -> bool:
        """Write one row; False when it is there already."""
        return bool(self([row]))

    def facts(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Write rows of which only facts are known, by column; return the ids of those that were written.

        What is left out has its default. The rows all name the same columns.
        """
        if not rows:
            return []
        connection = statements.database()
        plans, names = statements.plans_of(connection), tuple(rows[0])
        key = (self, names)
        if key not in plans:
            plans[key] = self._defaults(names, connection)
        fields, places, defaults = plans[key]
        values = []
        for row in rows:
            filled = list(defaults)
            for place, field, name in zip(places, fields, names, strict=True):
                filled[place] = _stored_value(field, row[name], connection)
            values.append(filled)
        return self._written(values, connection)

    def _written(self, rows: Sequence[list[Any]], connection: Database) -> list[Any]:
        if len(rows) > MOST_ROWS:
            return self._written(rows[:MOST_ROWS], connection) + self._written(rows[MOST_ROWS:], connection)
        if not rows:
            return []
        plans, key = statements.plans_of(connection), (self, len(rows))
        if key not in plans:
            plans[key] = self._compiled(len(rows), len(rows[0]))
        params = [value for row in rows for value in row]
        return [key for (key,) in statements.run(connection, plans[key], params)[0]]

    def _defaults(self, names: Sequence[str], connection: Database) -> tuple[Fields, list[int], list[Any]]:
        """Return the fields of these columns, their places among all, and what each has by default."""
        fields = _fields(self._model)
        known = {field.attname: place for place, field in enumerate(fields)}
        places = [known[name] for name in names]
        missing = [
            field.attname
            for place, field in enumerate(fields)
            if place not in places and not _has_lasting_default(field)
        ]
        if missing:
            raise ValueError(f"{self._model.__name__} needs {', '.join(missing)}.")
        defaults = [
            None if place in places else _stored_value(field, field.get_default(), connection)
            for place, field in enumerate(fields)
        ]
        return [fields[place] for place in places], places, defaults

    def _compiled(self, rows: int, columns: int) -> Statement:
        query = sql.InsertQuery(self._model)
        query.insert_values(_fields(self._model), [self._model()])
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        compiler.returning_fields = [_key(self._model)]
        [(text, params)] = compiler.as_sql()
        found = _INSERT.fullmatch(text)
        if found is None or not len(params) == found[2].count("%s") == columns:
            raise ValueError("A prepared insert takes plain values.")
        conflict = " ON CONFLICT DO NOTHING" if self._unless_there else ""
        text = found[1] + ", ".join([found[2]] * rows) + conflict + found[3]
        return statements.statement(text, params * rows)


def _key(model: type[Model]) -> Field[Any, Any]:
    return model._meta.pk  # noqa: SLF001 - as above


@cache
def _fields(model: type[Model]) -> Fields:
    """Return the fields that an insert writes: all but a key that the database counts."""
    fields = model._meta.local_concrete_fields  # noqa: SLF001 - Django's documented way to ask a model
    return [field for field in fields if not field.primary_key or field.has_default()]


def _has_lasting_default(field: Field[Any, Any]) -> bool:
    """Whether a column that is not named can have one value in every row: empty, or a default that no row makes."""
    if field.has_default():
        return not callable(field.default) or field.default in {dict, list}
    return field.null or field.empty_strings_allowed


@cache
def _blank(model: type[Model]) -> dict[str, Any]:
    """Return what a new row has in each column before anything is known of it."""
    fields = model._meta.local_concrete_fields  # noqa: SLF001 - as above
    if any(callable(field.default) for field in fields if field.has_default()):
        raise ValueError(f"{model.__name__} has defaults that are made anew for each row.")
    return {field.attname: field.get_default() for field in fields}


@cache
def _columns(model: type[Model]) -> list[tuple[str, Field[Any, Any], bool]]:
    """Return names and fields that an insert writes, and which take any text or number as it is."""
    return [(field.attname, field, not isinstance(field, JSONField)) for field in _fields(model)]


def _of_model(row: Model, connection: Database) -> list[Any]:
    facts = row.__dict__
    return [
        value
        if (value := facts[name]) is None or (plain and type(value) in _PLAIN)
        else _stored_value(field, value, connection)
        for name, field, plain in _columns(type(row))
    ]


def _stored_value(field: Field[Any, Any], value: Any, connection: Database) -> Any:
    if value is None or (type(value) in _PLAIN and not isinstance(field, JSONField)):
        return value
    if isinstance(value, datetime):
        return statements.plain(value, connection)
    ready = field.get_db_prep_save(value, connection)
    return str.__str__(ready) if isinstance(ready, str) else ready  # a driver knows no enumeration
