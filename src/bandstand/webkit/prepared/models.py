"""Rows made into models as Django does it, without asking anew for each row what never changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import JSONField, Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable
from django.db.models.signals import post_init, pre_init

Row = Sequence[Any]
Maker = Callable[[Row], Any]
Facts = dict[str, Any]  # Django's klass_info: which columns are of which model


def reader(query: QuerySet[Any], compiler: Any) -> Callable[[list[tuple[Any, ...]]], list[Any]]:  # Django's compiler
    """Return what turns rows of a compiled query into models, with what they point to."""
    plain = vars(query)["_iterable_class"] is ModelIterable and not vars(query)["_prefetch_related_lookups"]
    if not plain or compiler.annotation_col_map:
        raise ValueError("A prepared query returns models, with what they point to.")
    make = _whole(compiler.klass_info, compiler.select)
    converts = _converters(compiler)

    def read(rows: list[tuple[Any, ...]]) -> list[Any]:
        found = []
        for row in rows:
            values = list(row)
            for place, convert in converts:
                values[place] = convert(values[place])
            found.append(make(values))
        return found

    return read


def stored(one: Model) -> None:
    """Note on a model that it is a row now."""
    state = one._state  # noqa: SLF001 - what Django itself sets on a row that it writes
    state.adding, state.db = False, DEFAULT_DB_ALIAS


def _converters(compiler: Any) -> list[tuple[int, Callable[[Any], Any]]]:
    """Return, by column, what makes a value of what the driver returns."""
    found = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
    return [(place, _conversion(steps, of, compiler.connection)) for place, (steps, of) in found.items()]


def _conversion(steps: Sequence[Callable[..., Any]], expression: Any, connection: Any) -> Callable[[Any], Any]:
    if list(steps) == [getattr(connection.ops, "convert_datetimefield_value", None)] and connection.timezone is UTC:
        return _moment
    if len(steps) == 1 and isinstance(expression.output_field, JSONField):
        return _json
    if len(steps) == 1:
        step = steps[0]
        return lambda value: step(value, expression, connection)

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, expression, connection)
        return value

    return convert


def _json(text: str | None) -> Any:
    """Return what a JSON column holds. Lists of words, which many rows have alike, are parsed once."""
    if text is None:
        return None
    words = _words(text)
    return json.loads(text) if words is None else list(words)


@lru_cache(maxsize=512)
def _words(text: str) -> tuple[str, ...] | None:
    found = json.loads(text)
    return tuple(found) if isinstance(found, list) and all(isinstance(one, str) for one in found) else None


def _moment(text: str | None) -> datetime | None:
    """Return the moment that SQLite keeps as a text without a zone: UTC."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def _whole(facts: Facts, select: Sequence[Any]) -> Maker:
    """Return what makes the model of a row, and those that it points to."""
    begin, end = facts["select_fields"][0], facts["select_fields"][-1] + 1
    make = _maker(facts["model"], [column[0].target.attname for column in select[begin:end]])
    attach = [_attaching(related, select) for related in facts.get("related_klass_infos", ())]

    def made(row: Row) -> Any:
        one = make(row[begin:end])
        for add in attach:
            add(row, one)
        return one

    return made


def _attaching(facts: Facts, select: Sequence[Any]) -> Callable[[Row, Any], None]:
    if facts["from_parent"]:
        raise ValueError("A prepared query does not follow models that inherit tables.")
    names = [select[place][0].target.attname for place in facts["select_fields"]]
    key = facts["select_fields"][names.index(facts["model"]._meta.pk.attname)]  # noqa: SLF001 - a model is asked by it
    make, here, there = _whole(facts, select), facts["local_setter"], facts["remote_setter"]

    def attach(row: Row, one: Any) -> None:
        other = None if row[key] is None else make(row)
        here(one, other)
        if other is not None:
            there(other, one)

    return attach


def _maker(model: type[Model], names: list[str]) -> Maker:
    own = model.__init__ is not Model.__init__ or model.from_db.__func__ is not Model.from_db.__func__  # type: ignore[attr-defined] # a classmethod has one
    if own or pre_init.has_listeners(model) or post_init.has_listeners(model):
        return partial(model.from_db, DEFAULT_DB_ALIAS, names)

    def make(values: Row) -> Any:
        one = model.__new__(model)
        facts = one.__dict__
        facts["_state"] = state = ModelState()
        state.adding, state.db = False, DEFAULT_DB_ALIAS
        facts.update(zip(names, values, strict=True))
        return one

    return make
