"""Long lists: which rows are in them, and pages cut out by the key of their last row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull

from bandstand.kernel.errors import InputError
from bandstand.store.catalogue.models import Release

PAGE = 48
Ids = QuerySet[Any, int] | Collection[int]  # Any: whichever model the ids were selected from


class CursorError(InputError):
    """The place in a list that an address names makes no sense."""

    code = "catalogue.cursor"

    def __init__(self, cursor: str) -> None:
        self.cursor = cursor
        super().__init__("This address names no place in the list.", hint="Begin at the start of the list.")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of releases, newest first, and where the next one begins (empty: this is the last)."""

    releases: list[Release]
    after: str = ""


def among(ids: Ids, of: str = "pk") -> Q:
    """Return the condition that a row's id is one of these.

    A query is asked about each row by itself, so that the first rows of a long list cost no look at the whole list. It
    asks for a value: of an EXISTS, PostgreSQL makes a join, guesses one in sixty of the deals, and reads them all.
    """
    if not isinstance(ids, QuerySet):
        return Q(**{f"{of}__in": ids})
    (field,) = ids.query.values_select
    return Q(IsNull(Subquery(ids.filter(**{field: OuterRef(of)})[:1]), False))


def cut(rows: QuerySet[Release], after: str, size: int) -> Page:
    """Cut a page out by its key (date, id); releases without a date come last, by a query of their own.

    In one, PostgreSQL would sort the whole list: an index has its nulls first where it is read backwards.
    """
    dated = rows.filter(original_date__isnull=False).order_by("-original_date", "-pk")
    undated = rows.filter(original_date=None).order_by("-pk")
    if after:
        since, key = _place(after)
        if since is None:
            dated, undated = dated.none(), undated.filter(pk__lt=key)
        else:
            dated = dated.filter(Q(original_date__lt=since) | Q(original_date=since, pk__lt=key))
    found = list(dated[: size + 1])
    if len(found) <= size:
        found += undated[: size + 1 - len(found)]
    last = found[size - 1] if len(found) > size else None
    return Page(found[:size], f"{last.original_date or ''}.{last.pk}" if last else "")


def _place(cursor: str) -> tuple[date | None, int]:
    day, _, pk = cursor.partition(".")
    try:
        key, since = int(pk), date.fromisoformat(day) if day else None
    except ValueError as error:
        raise CursorError(cursor) from error
    if not 0 < key < 2**63:
        raise CursorError(cursor)
    return since, key
