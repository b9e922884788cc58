"""Who did what: events that are written once and never changed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Model, Q, QuerySet

from bandstand.webkit.logs import REQUEST_ID
from bandstand.webkit.models import AuditEvent

KEPT = timedelta(days=2 * 365)
BATCH = 500
COLUMNS = ("at", "actor", "action", "row_kind", "row_key", "sentence", "request_id")
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def user(pk: int | None) -> str:
    """Return how an event names an account: by its key, which stays when the person is forgotten."""
    return f"user:{pk}" if pk is not None else "nobody"


def record(
    *, actor: str, action: str, row: Model | None, sentence: str, request_id: str = "", now: datetime
) -> AuditEvent:
    """Write an event. `actor` is `user(pk)`, or "command", or "job:name"; `row` is what it was done to."""
    kind = row._meta.label_lower if row is not None else ""  # noqa: SLF001 - how Django names a model
    return AuditEvent.objects.create(
        at=now,
        actor=actor[:80],
        action=action[:80],
        row_kind=kind,
        row_key=str(row.pk)[:64] if row is not None else "",
        sentence=sentence[:500],
        request_id=(request_id or REQUEST_ID.get())[:64],
    )


def about(person: Model) -> QuerySet[AuditEvent]:
    """Return what somebody did, and what was done to their account."""
    kind = person._meta.label_lower  # noqa: SLF001 - how Django names a model
    mine = Q(actor=user(person.pk)) | Q(row_kind=kind, row_key=str(person.pk))
    return AuditEvent.objects.filter(mine)


def forget(*, now: datetime) -> int:
    """Delete the events whose time is over; return how many."""
    over, gone = AuditEvent.expired.filter(at__lt=now - KEPT), 0
    while old := list(over.order_by("at").values_list("pk", flat=True)[:BATCH]):
        gone += AuditEvent.expired.filter(pk__in=old).delete()[0]
    return gone


def as_csv(events: Iterable[AuditEvent]) -> Iterator[str]:
    """Write events as lines of CSV in which no cell is a formula for a spreadsheet."""
    yield _line(COLUMNS)
    for event in events:
        yield _line([_plain(getattr(event, name)) for name in COLUMNS])


def _plain(value: object) -> str:
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
