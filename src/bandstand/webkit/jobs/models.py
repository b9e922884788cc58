from __future__ import annotations

import secrets
import time

from django.db import models
from django.db.models import F, Q


def new_id() -> str:
    """Return 32 hexadecimal digits that sort by time: rows written together lie together in the index."""
    return f"{time.time_ns() // 1_000:014x}{secrets.token_hex(9)}"


class JobQuerySet(models.QuerySet["Job"]):
    def alive(self) -> JobQuerySet:
        """Jobs that are still to be done or being done."""
        return self.filter(state__in=Job.ALIVE)


class Job(models.Model):
    """One piece of work, asked for by name. A worker holds it by a lease: who stops giving signs of life loses it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        PARKED = "parked", "Put aside"
        CANCELLED = "cancelled", "Cancelled"

    ALIVE = (State.WAITING, State.RUNNING)

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    queue = models.CharField(max_length=40, default="default")
    priority = models.SmallIntegerField(default=0)  # higher comes first
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    run_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=100, blank=True)  # who holds it, or held it last
    attempts = models.PositiveSmallIntegerField(default=0)  # also the fence: what an older attempt reports is not heard
    cancel_asked = models.BooleanField(default=False)
    done_count = models.BigIntegerField(default=0)
    total_count = models.BigIntegerField(null=True, blank=True)
    message = models.CharField(max_length=200, blank=True)
    result = models.JSONField(null=True, blank=True)  # only what a Django task returned
    error = models.TextField(blank=True)
    error_class = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "key"], condition=Q(state__in=["waiting", "running"]), name="job_one_alive_per_key"
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_until__isnull=False) | (~Q(state="running") & Q(lease_until=None)),
                name="job_leased_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], ended_at=None)
                | Q(state__in=["done", "parked", "cancelled"], ended_at__isnull=False),
                name="job_ended_has_its_time",
            ),
        ]
        indexes = [
            models.Index(F("priority").desc(), "run_at", "id", condition=Q(state="waiting"), name="job_next"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="job_leases"),
            models.Index(fields=["state", "ended_at"], name="job_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"


class Worker(models.Model):
    """A worker process, as last seen."""

    name = models.CharField(primary_key=True, max_length=100)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name
