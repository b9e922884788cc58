"""Who holds which job: claiming, signs of life, and what a holder may report. Each is one conditional statement.

A report counts only from the attempt that holds the lease (worker and number of the attempt): a worker that was slow,
asleep or cut off and comes back late finds that its word has no effect.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from bandstand.kernel.progress import CancelledError
from bandstand.webkit.jobs import rules
from bandstand.webkit.jobs.models import Job
from bandstand.webkit.jobs.progress import JobProgress, LeaseLostError
from bandstand.webkit.jobs.registry import JobKind

GONE = "The worker that had this job ended without a word, each time."

_CLAIM = """
UPDATE jobs_job
SET state = 'running', worker = %s, started_at = %s, attempts = attempts + 1,
    done_count = 0, total_count = NULL, message = '',
    lease_until = CASE name {leases} ELSE %s END
WHERE state = 'waiting' AND id = (
    SELECT id FROM jobs_job
    WHERE state = 'waiting' AND run_at <= %s AND name IN ({names}){queues}
    ORDER BY priority DESC, run_at, id
    LIMIT 1 {lock}
)
RETURNING id, name, payload, attempts
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One attempt at one job."""

    job_id: str
    name: str
    payload: dict[str, Any]  # JSON of any shape
    attempt: int
    worker: str


def claim(*, worker: str, kinds: Mapping[str, JobKind], queues: Collection[str], now: datetime) -> Claim | None:
    """Take the next due job for `worker` and return it; nothing when none is due.

    Only what this process has code for is taken, so that old and new versions can work side by side. No `queues` means
    all of them.
    """
    if not kinds:
        return None
    vendor, adapt = connection.vendor, connection.ops.adapt_datetimefield_value
    odd = {name: kind.lease for name, kind in kinds.items() if kind.lease != rules.LEASE} or {"": rules.LEASE}
    sql = _CLAIM.format(
        leases=" ".join(["WHEN %s THEN %s"] * len(odd)),
        names=", ".join(["%s"] * len(kinds)),
        queues=f" AND queue IN ({', '.join(['%s'] * len(queues))})" if queues else "",
        lock="FOR UPDATE SKIP LOCKED" if vendor == "postgresql" else "",
    )
    leases = [value for name, lease in odd.items() for value in (name, adapt(now + lease))]
    due = [adapt(now + rules.LEASE), adapt(now), *kinds, *queues]
    with connection.cursor() as cursor:
        cursor.execute(sql, [worker, adapt(now), *leases, *due])
        row = cursor.fetchone()
    if row is None:
        return None
    job_id, name, payload, attempt = row
    return Claim(job_id=job_id, name=name, payload=json.loads(payload), attempt=attempt, worker=worker)


def _held(claimed: Claim) -> QuerySet[Job]:
    return Job.objects.filter(
        pk=claimed.job_id, state=Job.State.RUNNING, worker=claimed.worker, attempts=claimed.attempt
    )


def beat(claimed: Claim, progress: JobProgress, *, lease_until: datetime) -> None:
    """Keep the lease until `lease_until` and write the progress down; make `progress` stop a job that is to end."""
    done, total, message = progress.facts
    kept = _held(claimed).update(lease_until=lease_until, done_count=done, total_count=total, message=message)
    if not kept:
        progress.stop(LeaseLostError(claimed.job_id))
    elif _held(claimed).filter(cancel_asked=True).exists():
        progress.stop(CancelledError())


def finish(claimed: Claim, progress: JobProgress, *, result: object, now: datetime) -> bool:
    """Write down that the job is done; return whether that counts."""
    done, total, message = progress.facts
    moved = _held(claimed).update(
        state=Job.State.DONE,
        lease_until=None,
        ended_at=now,
        done_count=done,
        total_count=total,
        message=message,
        result=result,
        error="",
        error_class="",
    )
    return bool(moved)


def try_again(claimed: Claim, error: Exception, *, run_at: datetime, now: datetime) -> bool:
    """Let the job wait until `run_at` after a failure, unless it is cancelled; return whether that counts."""
    moved = _cancel_if_asked(claimed, now=now) or _held(claimed).update(
        state=Job.State.WAITING, lease_until=None, run_at=run_at, error=rules.reason(error), error_class=_path(error)
    )
    return bool(moved)


def park(claimed: Claim, error: Exception, *, now: datetime) -> bool:
    """Put the job aside, with the reason; return whether that counts."""
    return _end(claimed, Job.State.PARKED, error, now=now)


def end_cancelled(claimed: Claim, error: Exception, *, now: datetime) -> bool:
    """Write down that the job stopped because somebody asked for it; return whether that counts."""
    return _end(claimed, Job.State.CANCELLED, error, now=now)


def _end(claimed: Claim, state: Job.State, error: Exception, *, now: datetime) -> bool:
    moved = _held(claimed).update(
        state=state, lease_until=None, ended_at=now, error=rules.reason(error), error_class=_path(error)
    )
    return bool(moved)


def _cancel_if_asked(claimed: Claim, *, now: datetime) -> int:
    asked = _held(claimed).filter(cancel_asked=True)
    return asked.update(state=Job.State.CANCELLED, lease_until=None, ended_at=now)


def release(claimed: Claim, *, now: datetime) -> bool:
    """Give the job back unfinished; the attempt is not counted. Return whether that counts."""
    moved = _cancel_if_asked(claimed, now=now) or _held(claimed).update(
        state=Job.State.WAITING, lease_until=None, run_at=now, attempts=claimed.attempt - 1
    )
    return bool(moved)


def sweep(*, kinds: Mapping[str, JobKind], now: datetime) -> int:
    """Bring back the jobs whose lease ran out; those that did so too often are parked. Return how many."""
    return _bring_back(Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=now), kinds=kinds, now=now)


def bring_back_from(worker: str, *, kinds: Mapping[str, JobKind], now: datetime) -> int:
    """Bring back what `worker` held, without waiting for the lease: whoever calls this knows that it is dead."""
    return _bring_back(Job.objects.filter(state=Job.State.RUNNING, worker=worker), kinds=kinds, now=now)


def _bring_back(lost: QuerySet[Job], *, kinds: Mapping[str, JobKind], now: datetime) -> int:
    count = 0
    for job in lost.only("pk", "name", "attempts", "lease_until", "cancel_asked"):
        tries = kinds[job.name].tries if job.name in kinds else rules.TRIES
        same = lost.filter(pk=job.pk, attempts=job.attempts)  # another may sweep, or its worker may wake up, meanwhile
        if job.cancel_asked:
            count += same.update(state=Job.State.CANCELLED, lease_until=None, ended_at=now)
        elif job.attempts >= tries:
            count += same.update(
                state=Job.State.PARKED,
                lease_until=None,
                ended_at=now,
                error=GONE,
                error_class=_path(LeaseLostError("")),
            )
        else:
            count += same.update(state=Job.State.WAITING, lease_until=None, run_at=now)
    return count


def _path(error: Exception) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"[:200]
