"""The life of one worker process, which imports this before Django has its apps: it may import nothing of ours."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from types import FrameType


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


def work(token: str, queues: tuple[str, ...], grace: float) -> None:
    """Do jobs until asked to end, or until the parent is gone."""
    import django

    stop = SignalStop()
    stop.on(signal.SIGTERM, signal.SIGINT)
    django.setup()

    from bandstand.webkit.jobs import doing

    doing.run(queues, stop=stop, name=doing.name_of(os.getpid(), token), grace=grace, parent=os.getppid())
