"""Worker processes: `serve` is a parent that keeps as many as asked for alive, `run` is the life of one.

The parent does no jobs itself, so that nothing a job does can end it.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import select
import signal
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from multiprocessing.process import BaseProcess
from types import FrameType

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from bandstand.webkit.jobs import doing, leases, registry
from bandstand.webkit.jobs.doing import run
from bandstand.webkit.jobs.models import Worker
from bandstand.webkit.jobs.pulse import GRACE
from bandstand.webkit.jobs.steady import steadily

__all__ = ["run", "serve"]

LOOK_EVERY = 0.5  # seconds
HEALTHY_AFTER = 10.0  # seconds: one that dies sooner is started again only after a pause
LONGEST_PAUSE = 30.0

log = logging.getLogger(__name__)


class SignalStop:
    """A wish to end that a signal handler may set: it takes no lock, which the interrupted code might hold."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._asked = False

    def set(self) -> None:
        """End, please."""
        self._asked = True
        with suppress(BlockingIOError):
            os.write(self._write, b"!")

    def is_set(self) -> bool:
        """Say whether somebody asked."""
        return self._asked

    def wait(self, timeout: float, /) -> object:
        """Sleep until somebody asks, or `timeout` seconds."""
        return self._asked or select.select([self._read], [], [], timeout)[0]

    def on(self, *signals: signal.Signals) -> None:
        """Set when one of `signals` comes."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.set()

        for number in signals:
            signal.signal(number, handle)


class Seat:
    """One place in the crew, and the process that fills it."""

    def __init__(self, number: int, queues: Collection[str], grace: float) -> None:
        self.number, self.queues, self.grace = number, tuple(queues), grace
        self.name = ""
        self.process: BaseProcess | None = None
        self.began_at = self.start_at = 0.0
        self.pause = LOOK_EVERY

    def fill(self) -> None:
        """Start a worker when there is none and its time has come."""
        if self.process is None and time.monotonic() >= self.start_at:
            self.name = f"{doing.new_name()}-{self.number}"
            self.process = multiprocessing.get_context("spawn").Process(
                target=_work, args=(self.name, self.queues, self.grace), name=self.name
            )
            self.process.start()
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
    stop = SignalStop()
    stop.on(signal.SIGTERM, signal.SIGINT)
    kinds = registry.kinds()
    seats = [Seat(number, queues, grace) for number in range(processes)]
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


def _work(name: str, queues: Collection[str], grace: float) -> None:
    """Be one worker: the child's whole life."""
    import django

    django.setup()
    stop = SignalStop()
    stop.on(signal.SIGTERM, signal.SIGINT)
    run(queues, stop=stop, name=name, grace=grace, parent=os.getppid())
