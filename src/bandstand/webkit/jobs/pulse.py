"""The worker's signs of life, from a thread with a database connection of its own, which ends with the process."""

from __future__ import annotations

import logging
import os
import time
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Protocol

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from bandstand.webkit.jobs import leases, steady
from bandstand.webkit.jobs.models import Worker
from bandstand.webkit.jobs.progress import JobProgress, ReleasedError

TICK = 1.0  # seconds: how fine progress is written down, and how soon a cancelled job stops
PRESENCE_EVERY = 20.0  # seconds
GRACE = 20.0  # seconds that a job may still take once its worker was asked to end

log = logging.getLogger(__name__)


class Stop(Protocol):
    """A wish to end; `threading.Event` is one."""

    def set(self) -> None: ...
    def is_set(self) -> bool: ...
    def wait(self, timeout: float, /) -> object: ...


class Pulse:
    """Keeps the lease of the job that its worker does, and says that the worker is there."""

    def __init__(self, worker: str, *, stop: Stop, grace: float = GRACE, parent: int | None = None) -> None:
        self.worker, self.grace = worker, grace
        self._stop, self._parent = stop, parent
        self._lock = Lock()
        self._held: tuple[leases.Claim, JobProgress, timedelta] | None = None
        self._ended = Event()
        self._last_beat = self._last_presence = -PRESENCE_EVERY
        self._written: tuple[int, int | None, str] = (0, None, "")
        self._ending_since: float | None = None
        self._thread = Thread(target=self._run, name=f"pulse of {worker}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """End, and say that the worker is gone."""
        self._ended.set()
        self._thread.join(timeout=30)

    def watch(self, claimed: leases.Claim, progress: JobProgress, *, lease: timedelta) -> None:
        """Keep this job's lease from now on."""
        with self._lock:
            self._held = claimed, progress, lease
            self._last_beat, self._written = time.monotonic(), progress.facts

    def let_go(self) -> None:
        """Stop keeping the job's lease: it has ended."""
        with self._lock:
            self._held = None

    def _run(self) -> None:
        try:
            while not self._ended.wait(self._wait()):
                try:
                    self._tick(timezone.now())
                except (DatabaseError, InterfaceError):  # the next tick tries again; the lease has room for that
                    log.warning("A sign of life could not be written.", exc_info=True)
                    connection.close()
            self._say_goodbye()
        finally:
            connection.close()

    def _wait(self) -> float:
        with self._lock:
            lease = self._held[2].total_seconds() if self._held else TICK * 3
        return min(TICK, lease / 3)

    def _tick(self, now: datetime) -> None:
        if self._parent is not None and os.getppid() != self._parent:
            self._stop.set()  # nobody would start this worker again, or end it
        if time.monotonic() - self._last_presence >= PRESENCE_EVERY:
            Worker.objects.update_or_create(
                name=self.worker, defaults={"seen_at": now}, create_defaults={"started_at": now, "seen_at": now}
            )
            self._last_presence = time.monotonic()
        with self._lock:
            held = self._held
        if held:
            self._hold(*held, now=now)

    def _hold(self, claimed: leases.Claim, progress: JobProgress, lease: timedelta, *, now: datetime) -> None:
        if self._stop.is_set():
            self._ending_since = self._ending_since or time.monotonic()
            if time.monotonic() - self._ending_since >= self.grace:
                progress.stop(ReleasedError(claimed.job_id))
        due = time.monotonic() - self._last_beat >= lease.total_seconds() / 3
        if due or progress.facts != self._written:
            self._last_beat, self._written = time.monotonic(), progress.facts
            leases.beat(claimed, progress, lease_until=now + lease)

    def _say_goodbye(self) -> None:
        try:
            steady.steadily(lambda: Worker.objects.filter(name=self.worker).delete())
        except (DatabaseError, InterfaceError):
            log.warning("A goodbye could not be written.", exc_info=True)
