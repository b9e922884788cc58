"""Periodic jobs: whoever comes first in a period makes its one job."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from bandstand.webkit.jobs import rules
from bandstand.webkit.jobs.models import Job
from bandstand.webkit.jobs.registry import JobKind


def make_due(*, kinds: Mapping[str, JobKind], now: datetime) -> None:
    """Make the jobs of the periods that `now` lies in, unless they were made before, by any worker on any machine.

    The row's id follows from name and period, so that the primary key lets only one in, even after it was done. While
    the job of an earlier period still waits or runs, its key keeps the next one out.
    """
    wanted = {_slot_id(kind, now): kind for kind in kinds.values() if kind.every}
    made = set(Job.objects.filter(pk__in=wanted).values_list("pk", flat=True))  # mostly all: no write then
    rows = [
        Job(pk=pk, name=kind.name, key="periodic", queue=kind.queue, run_at=now, created_at=now)
        for pk, kind in wanted.items()
        if pk not in made
    ]
    if rows:
        Job.objects.bulk_create(rows, ignore_conflicts=True)


def _slot_id(kind: JobKind, now: datetime) -> str:
    if kind.every is None:
        raise ValueError(f"{kind.name} is not periodic")
    seconds = int(kind.every.total_seconds())
    return hashlib.sha256(f"{kind.name} {seconds} {rules.slot(now, kind.every)}".encode()).hexdigest()[:32]
