"""The jobs about jobs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bandstand.webkit import audit
from bandstand.webkit.jobs import rules, tasks
from bandstand.webkit.jobs.models import Job, Worker
from bandstand.webkit.jobs.progress import JobProgress
from bandstand.webkit.jobs.registry import job
from bandstand.webkit.models import Tally

BATCH = 500


@job(tasks.NAME)
def task(*, now: datetime, progress: JobProgress, **payload: Any) -> object:  # JSON of any shape
    """Run a function that was enqueued by Django's task interface."""
    return tasks.call(progress.job_id, payload)


@job("jobs.tidy", every=timedelta(hours=1))
def tidy(*, now: datetime, progress: JobProgress) -> None:
    """Delete jobs that ended two weeks ago, workers not seen for a day, tallies and audit events that are over.

    Parked jobs wait for a person.
    """
    ended = Job.objects.filter(state__in=[Job.State.DONE, Job.State.CANCELLED], ended_at__lt=now - rules.KEPT)
    while old := list(ended.values_list("pk", flat=True)[:BATCH]):  # in pieces: one long write would make buyers wait
        Job.objects.filter(pk__in=old).delete()
        progress(len(old))
    Worker.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()
    over = Tally.objects.filter(ends_at__lt=now)
    while old := list(over.values_list("pk", flat=True)[:BATCH]):
        Tally.objects.filter(pk__in=old, ends_at__lt=now).delete()
        progress(len(old))
    progress(audit.forget(now=now))
