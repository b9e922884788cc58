"""Asking for work, and changing one's mind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice

from django.db import IntegrityError, transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from bandstand.kernel.errors import RefusedError
from bandstand.webkit.jobs import registry, rules
from bandstand.webkit.jobs.models import Job, new_id
from bandstand.webkit.prepared import PreparedInsert

BATCH = 500  # rows in one statement: a longer one would make other writers wait
_RESERVED = frozenset({"now", "progress"})  # what the worker passes in


class PayloadError(RefusedError):
    """A job's payload can't be kept as it is."""

    code = "jobs.payload"

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        super().__init__(f"The payload of {name} {problem}.", hint="Pass ids and plain values, not things.")


class JobNotParkedError(RefusedError):
    """Only a job that was put aside can be tried again."""

    code = "jobs.not_parked"

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__("This job is not put aside.", hint="Only a job that was put aside can be tried again.")


class JobAliveError(RefusedError):
    """The same work is asked for already."""

    code = "jobs.alive"

    def __init__(self, name: str, key: str) -> None:
        self.name, self.key = name, key
        super().__init__(f"Another {name} for {key} is waiting or running.", hint="Let that one finish.")


def enqueue(
    name: str,
    *,
    key: str,
    queue: str | None = None,
    priority: int = 0,
    run_at: datetime | None = None,
    **payload: object,
) -> str:
    """Ask for the job `name` once the transaction around this call is committed; return its id.

    While one with the same name and key waits or runs there is no second row, and the id is that one's.

    Raises
    ------
    UnknownJobError
        No installed app registered the name.
    PayloadError
        The payload is no plain JSON, or too long.
    """
    row = _row(name, key, payload, queue=queue, priority=priority, run_at=run_at, now=timezone.now())
    while not (
        written := _new.facts([row])
    ):  # there is one as a rule: again only when it ends between the two statements
        held = Job.objects.alive().filter(name=name, key=key).values_list("pk", flat=True).first()
        if held is not None:
            return held
    return str(written[0])


def enqueue_many(
    name: str, payloads: Iterable[tuple[str, Mapping[str, object]]], *, queue: str | None = None, priority: int = 0
) -> None:
    """Ask for the job `name` once for each (key, payload), as `enqueue` does, 500 rows at a time."""
    now = timezone.now()
    rows = (_row(name, key, payload, queue=queue, priority=priority, run_at=None, now=now) for key, payload in payloads)
    while batch := list(islice(rows, BATCH)):
        _new.facts(batch)


_new = PreparedInsert(Job, unless_there=True)


def forget(text: str) -> int:
    """Delete the jobs that have a text in what they were given or what they said; return how many.

    The text counts where it stands by itself: "ann@example.org" is not meant where "joann@example.org" is.
    For a person who is to be forgotten: a mail that still waits goes with the others. One that runs is left; it is
    deleted with all that ended (`jobs.tidy`).
    """
    written = json.dumps(text)[1:-1]  # as JSON columns hold it
    found = Job.objects.exclude(state=Job.State.RUNNING).annotate(said=Cast("payload", TextField()))
    inside = Q(said__icontains=text) | Q(said__icontains=written) | Q(error__icontains=text) | Q(key__icontains=text)
    either = f"{re.escape(text)}|{re.escape(written)}"
    alone = re.compile(rf"(?<![\w.+-])(?:{either})(?![\w-]|\.\w)", re.IGNORECASE)
    rows = found.filter(inside).values_list("pk", "said", "error", "key")
    keys = [pk for pk, *fields in rows if any(alone.search(field) for field in fields)]
    return Job.objects.filter(pk__in=keys).delete()[0]


def _row(
    name: str,
    key: str,
    payload: Mapping[str, object],
    *,
    queue: str | None,
    priority: int,
    run_at: datetime | None,
    now: datetime,
) -> dict[str, object]:
    kind = registry.kind(name)
    if taken := _RESERVED & payload.keys():
        raise PayloadError(name, f"uses the worker's own word {min(taken)!r}")
    try:
        text = json.dumps(payload, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PayloadError(name, f"is no JSON: {error}") from error
    if len(text) > rules.PAYLOAD_LENGTH:
        raise PayloadError(name, f"has {len(text)} characters; allowed: {rules.PAYLOAD_LENGTH}")
    return {
        "id": new_id(),
        "name": name,
        "key": key,
        "payload": payload,
        "queue": queue or kind.queue,
        "priority": priority,
        "run_at": run_at or now,
        "created_at": now,
    }


def cancel(job_id: str, *, now: datetime | None = None) -> None:
    """Take back a job that waits; ask the worker of one that runs to stop. Ended jobs stay as they are.

    Raises
    ------
    Job.DoesNotExist
        There is no such job.
    """
    if not Job.objects.filter(pk=job_id).exists():
        raise Job.DoesNotExist(job_id)
    # The wish first: wherever the job moves between the two statements, whoever moves it next sees the wish.
    Job.objects.alive().filter(pk=job_id).update(cancel_asked=True)
    waiting = Job.objects.filter(pk=job_id, state=Job.State.WAITING)
    waiting.update(state=Job.State.CANCELLED, ended_at=now or timezone.now())


def retry(job_id: str, *, now: datetime | None = None) -> None:
    """Let workers try a parked job again, as if it were new.

    Raises
    ------
    Job.DoesNotExist
        There is no such job.
    JobNotParkedError
        It is in another state.
    JobAliveError
        The same work was asked for again since, and is waiting or running.
    """
    job = Job.objects.get(pk=job_id)
    parked = Job.objects.filter(pk=job_id, state=Job.State.PARKED)
    try:
        with transaction.atomic():
            moved = parked.update(
                state=Job.State.WAITING,
                run_at=now or timezone.now(),
                attempts=0,
                ended_at=None,
                cancel_asked=False,
                done_count=0,
                error="",
                error_class="",
            )
    except IntegrityError as error:
        raise JobAliveError(job.name, job.key) from error
    if not moved:
        raise JobNotParkedError(job_id)
