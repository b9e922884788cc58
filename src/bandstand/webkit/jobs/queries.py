"""What the back office and the health check ask."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Max, Min, QuerySet

from bandstand.webkit.jobs import registry
from bandstand.webkit.jobs.models import Job, Worker


def counts() -> dict[str, int]:
    """Return how many jobs are in each state; states without any are there with 0."""
    found = dict(Job.objects.values_list("state").annotate(Count("id")).order_by())
    return {state: found.get(state, 0) for state in Job.State.values}


def parked() -> QuerySet[Job]:
    """Return the jobs that were put aside, the newest first."""
    return Job.objects.filter(state=Job.State.PARKED).order_by("-ended_at", "-id")


def alive(*, name: str | None = None) -> QuerySet[Job]:
    """Return the jobs that run or wait, in the order in which they are taken."""
    jobs = Job.objects.alive().order_by("state", "-priority", "run_at", "id")
    return jobs.filter(name=name) if name else jobs


def by_key(*, name: str, key: str) -> Job | None:
    """Return the newest job of that name and key: what a page shows progress of."""
    return Job.objects.filter(name=name, key=key).order_by("-id").first()


def unknown() -> QuerySet[Job]:
    """Return waiting jobs that no installed app can do: left over from an older version, or meant for a newer one."""
    return Job.objects.filter(state=Job.State.WAITING).exclude(name__in=registry.kinds())


def oldest_due(*, now: datetime) -> datetime | None:
    """Return since when the longest-waiting due job has been waiting; nothing when none is due."""
    due = Job.objects.filter(state=Job.State.WAITING, run_at__lte=now)
    oldest: datetime | None = due.aggregate(oldest=Min("run_at"))["oldest"]
    return oldest


def last_sign_of_life() -> datetime | None:
    """Return when any worker was last seen."""
    seen: datetime | None = Worker.objects.aggregate(seen=Max("seen_at"))["seen"]
    return seen
