"""Doing jobs, one at a time in each process."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections.abc import Collection, Mapping

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from bandstand.kernel.progress import CancelledError
from bandstand.webkit.jobs import leases, periodic, registry, rules, tasks
from bandstand.webkit.jobs.progress import JobProgress, LeaseLostError, ReleasedError
from bandstand.webkit.jobs.pulse import GRACE, Pulse, Stop
from bandstand.webkit.jobs.steady import chance, steadily

SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 1.0  # seconds between two looks at an empty queue
UPKEEP_EVERY = 5.0  # seconds

log = logging.getLogger(__name__)


def name_of(pid: int | None, token: str) -> str:
    """Return a worker's name, which tells people where it runs; `token` makes it one that no other has had."""
    return f"{socket.gethostname()[:60]}-{pid}-{token}"


def run(
    queues: Collection[str] = (),
    *,
    stop: Stop,
    name: str = "",
    grace: float = GRACE,
    until_empty: bool = False,
    parent: int | None = None,
) -> int:
    """Do due jobs from `queues` (none named: from all) until `stop` is set; return how many were begun.

    The job at hand is then finished; one that takes longer than `grace` seconds is given back at its next sign of
    progress. `until_empty` also ends when nothing is due; `parent` ends when that process is no longer its parent.
    """
    worker = Doer(name or name_of(os.getpid(), secrets.token_hex(4)), queues, registry.kinds())
    pulse = Pulse(worker.name, stop=stop, grace=grace, parent=parent)
    pulse.start()
    try:
        return _loop(worker, pulse, stop=stop, until_empty=until_empty)
    finally:
        pulse.end()
        connection.close()


def _loop(worker: Doer, pulse: Pulse, *, stop: Stop, until_empty: bool) -> int:
    begun, pause, upkeep_at = 0, SHORTEST_PAUSE, 0.0
    following: leases.Claim | None = None
    while not stop.is_set():
        try:
            if time.monotonic() >= upkeep_at:
                worker.upkeep()
                upkeep_at = time.monotonic() + UPKEEP_EVERY * (0.5 + chance())
            claimed, following = following or worker.claim(), None
            if claimed:
                begun, pause = begun + 1, SHORTEST_PAUSE
                following = worker.do(claimed, pulse, stop=stop)
                if (
                    connection.errors_occurred
                ):  # else it is kept: a new one for each job costs more than the job's own rows
                    connection.close_if_unusable_or_obsolete()
                continue
        except (
            DatabaseError,
            InterfaceError,
        ):  # restarted, unreachable, locked for long: the lease brings back the job
            log.exception("The worker lost the database.", extra={"worker": worker.name})
            connection.close()
        if until_empty:
            break
        stop.wait(pause)
        pause = min(pause * 1.6, LONGEST_PAUSE)
    if following:
        _give_back(following)
    return begun


class Doer:
    """What one worker can do, and how."""

    def __init__(self, name: str, queues: Collection[str], kinds: Mapping[str, registry.JobKind]) -> None:
        self.name, self.queues, self.kinds = name, queues, kinds

    def upkeep(self) -> None:
        """Bring back what dead workers held, and make the periodic jobs that are due."""
        now = timezone.now()
        back = steadily(lambda: leases.sweep(kinds=self.kinds, now=now))
        if back:
            log.warning("Leases ran out.", extra={"jobs": back})
        steadily(lambda: periodic.make_due(kinds=self.kinds, now=now))

    def claim(self) -> leases.Claim | None:
        """Take the next due job."""
        return steadily(self.claim_now)

    def claim_now(self) -> leases.Claim | None:
        """Take the next due job, within the transaction around this call if there is one."""
        return leases.claim(worker=self.name, kinds=self.kinds, queues=self.queues, now=timezone.now())

    def do(self, claimed: leases.Claim, pulse: Pulse | None = None, *, stop: Stop | None = None) -> leases.Claim | None:
        """Do one job and write down how it ended; return the next one, if it was taken in the same stroke.

        Without `stop`, or when it is set, no next one is taken.
        """
        kind = self.kinds[claimed.name]
        progress = JobProgress(claimed.job_id)
        if pulse:
            pulse.watch(claimed, progress, lease=kind.lease)
        following = None
        try:
            result = kind.run(now=timezone.now(), progress=progress, **claimed.payload)
        except Exception as error:  # noqa: BLE001  one of the four edges: no job may end its worker
            _after_failure(claimed, kind, error)
        else:
            following = self._after_success(claimed, progress, result, stop=stop)
        finally:
            if pulse:
                pulse.let_go()
        return following

    def _after_success(
        self, claimed: leases.Claim, progress: JobProgress, result: object, *, stop: Stop | None
    ) -> leases.Claim | None:
        kept = result if claimed.name == tasks.NAME else None

        def act() -> tuple[bool, leases.Claim | None]:
            with transaction.atomic():  # one commit for both: on a disk that really writes, commits are what costs
                heard = leases.finish(claimed, progress, result=kept, now=timezone.now())
                return heard, None if stop is None or stop.is_set() else self.claim_now()

        heard, following = steadily(act)
        if not heard:
            _log_lost(claimed)
        return following


def _give_back(claimed: leases.Claim) -> None:
    steadily(lambda: leases.release(claimed, now=timezone.now()))


def _after_failure(claimed: leases.Claim, kind: registry.JobKind, error: Exception) -> None:
    now = timezone.now()
    match error:
        case CancelledError():
            heard = steadily(lambda: leases.end_cancelled(claimed, error, now=now))
        case ReleasedError():
            heard = steadily(lambda: leases.release(claimed, now=now))
        case LeaseLostError():
            heard = False
        case _:
            again = rules.judge(error, attempt=claimed.attempt, tries=kind.tries) is rules.Verdict.AGAIN
            _log_failure(claimed, error, again=again)
            if again:
                run_at = now + rules.wait_before_next(claimed.attempt, chance=chance())
                heard = steadily(lambda: leases.try_again(claimed, error, run_at=run_at, now=now))
            else:
                heard = steadily(lambda: leases.park(claimed, error, now=now))
    if not heard:
        _log_lost(claimed)


def _log_failure(claimed: leases.Claim, error: Exception, *, again: bool) -> None:
    log.error(
        "Job %s failed: %s",
        claimed.name,
        rules.reason(error),
        exc_info=error,
        extra={"job": claimed.job_id, "attempt": claimed.attempt, "again": again},
    )


def _log_lost(claimed: leases.Claim) -> None:
    facts = {"job": claimed.job_id, "attempt": claimed.attempt}
    log.warning("Job %s was another worker's before it ended here.", claimed.name, extra=facts)
