"""Worker processes: `serve` is a parent that keeps as many as asked for alive, `run` is the life of one.

The parent does no jobs itself, so that nothing a job does can end it.
"""

from __future__ import annotations

import logging
import multiprocessing
import secrets
import signal
import time
from collections.abc import Collection, Mapping
from multiprocessing.process import BaseProcess

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from bandstand.webkit.jobs import child, doing, leases, registry
from bandstand.webkit.jobs.doing import run
from bandstand.webkit.jobs.models import Worker
from bandstand.webkit.jobs.pulse import GRACE
from bandstand.webkit.jobs.steady import steadily

__all__ = ["run", "serve"]

LOOK_EVERY = 0.5  # seconds
HEALTHY_AFTER = 10.0  # seconds: one that dies sooner is started again only after a pause
LONGEST_PAUSE = 5.0

log = logging.getLogger(__name__)


class Seat:
    """One place in the crew, and the process that fills it."""

    def __init__(self, queues: Collection[str], grace: float) -> None:
        self.queues, self.grace = tuple(queues), grace
        self.name = ""
        self.process: BaseProcess | None = None
        self.began_at = self.start_at = 0.0
        self.pause = LOOK_EVERY

    def fill(self) -> None:
        """Start a worker when there is none and its time has come."""
        if self.process is None and time.monotonic() >= self.start_at:
            token = secrets.token_hex(4)
            self.process = multiprocessing.get_context("spawn").Process(
                target=child.work, args=(token, self.queues, self.grace), name="worker"
            )
            self.process.start()
            self.name = doing.name_of(self.process.pid, token)
            self.began_at = time.monotonic()

    def clear(self) -> bool:
        """Empty the seat when its worker has ended; return whether it just did."""
        if self.process is None or self.process.is_alive():
            return False
        self.process.join()
        lived = time.monotonic() - self.began_at
        self.pause = LOOK_EVERY if lived >= HEALTHY_AFTER else min(self.pause * 2, LONGEST_PAUSE)
        self.start_at = time.monotonic() + (0 if lived >= HEALTHY_AFTER else self.pause)
        log.warning("A worker ended.", extra={"worker": self.name, "exit": self.process.exitcode})
        self.process = None
        return True


def serve(*, processes: int = 1, queues: Collection[str] = (), grace: float = GRACE) -> None:
    """Keep `processes` workers alive until SIGTERM or SIGINT; then let each finish or give back its job."""
    stop = child.SignalStop()
    stop.on(signal.SIGTERM, signal.SIGINT)
    kinds = registry.kinds()
    seats = [Seat(queues, grace) for _ in range(processes)]
    connection.close()  # the children have their own
    while not stop.is_set():
        for seat in seats:
            if seat.clear():
                _bring_back(seat.name, kinds)
            seat.fill()
        stop.wait(LOOK_EVERY)
    _dismiss([seat.process for seat in seats if seat.process], grace=grace)


def _bring_back(name: str, kinds: Mapping[str, registry.JobKind]) -> None:
    """Bring back at once what a dead worker held; when the database does not answer, its lease does that later."""
    try:
        steadily(lambda: leases.bring_back_from(name, kinds=kinds, now=timezone.now()))
        Worker.objects.filter(name=name).delete()
    except (DatabaseError, InterfaceError):
        log.warning("The dead worker's job waits for its lease.", exc_info=True, extra={"worker": name})
    finally:
        connection.close()


def _dismiss(crew: list[BaseProcess], *, grace: float) -> None:
    """Ask all to end; kill who has not after `grace` and ten seconds: their leases bring the jobs back."""
    for process in crew:
        process.terminate()
    deadline = time.monotonic() + grace + 10
    for process in crew:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()
