"""A child that forks for every call and every program: each still has a process of its own.

At the first call it loads the decoders, which costs half a second of the processor, more than measuring a track of a
minute. It never sees foreign bytes itself; it ends by itself when it has nothing to do, and with the process that needs
it. Linux only; elsewhere every call and program has a launcher of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import BinaryIO, Self

USABLE = sys.platform.startswith("linux")
STARTING = 180.0  # seconds: loading on a very busy machine, and compiling kernels there for the first time
LONGEST_REQUEST = 64 * 1024  # bytes; a longer one goes to a child of its own


class Call:
    """A call that runs, with the same handles as a process: output, log, wait, kill."""

    def __init__(self, status: socket.socket, stdout: BinaryIO, stderr: BinaryIO) -> None:
        self.stdout, self.stderr = stdout, stderr
        self.returncode: int | None = None
        self._status = status

    def wait(self, timeout: float) -> int:
        """Return the exit status, as a process does; raises TimeoutExpired."""
        self._status.settimeout(timeout)
        try:
            told = self._status.recv(16)
        except TimeoutError as error:
            raise subprocess.TimeoutExpired("warm", timeout) from error
        self.returncode = int(told) if told else -9  # the warm child was killed, and this one with it
        return self.returncode

    def kill(self) -> None:
        """Have the child killed if it still runs: who forked it sees that nobody listens any more."""
        self._status.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self.stdout.close()
        self.stderr.close()


class Warm:
    """Starts the warm child when it is needed, and again when it is gone. Threads may share one."""

    def __init__(self, start: Callable[[int], subprocess.Popen[bytes]]) -> None:
        self._start = start  # takes the number of the socket that the child shall serve
        self._lock = threading.Lock()
        self._owner = 0
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, function: str, request: str, limits: dict[str, int]) -> Call | None:
        """Begin a call; none when there can't be one here."""
        return self._begin({"function": function, "request": request, "limits": limits})

    def run(self, argv: Sequence[str], cwd: str | None, limits: dict[str, int]) -> Call | None:
        """Begin a program in a fork, which becomes it; none when there can't be one here."""
        return self._begin({"argv": list(argv), "cwd": cwd, "limits": limits})

    def close(self) -> None:
        """End the warm child and what it runs."""
        with self._lock:
            self._drop()

    def _begin(self, told: Mapping[str, object]) -> Call | None:
        message = json.dumps(told).encode()
        if not USABLE or len(message) > LONGEST_REQUEST:
            return None
        for _ in range(2):  # it may have ended just now, for want of work
            begun = self._send(message)
            if begun is not None:
                return begun
        return None

    def _send(self, message: bytes) -> Call | None:
        ours, theirs = socket.socketpair()
        out_read, out_write = os.pipe()
        log_read, log_write = os.pipe()
        begun = Call(ours, os.fdopen(out_read, "rb", 0), os.fdopen(log_read, "rb", 0))
        asked = None
        try:
            with self._lock:
                asked = self._ready()
                socket.send_fds(asked, [message], [theirs.fileno(), out_write, log_write])
        except OSError:
            pass
        finally:
            theirs.close()  # first of all: from here on its end is ours
            os.close(out_write)
            os.close(log_write)
        with contextlib.suppress(OSError):
            ours.settimeout(STARTING)
            if ours.recv(1) == b"+":  # it was forked
                return begun
        begun.__exit__(None, None, None)
        with self._lock:
            if asked is self._control:  # else another thread has replaced it, and may have begun something there
                self._drop()
        return None

    def _ready(self) -> socket.socket:
        if self._owner != os.getpid():  # a fork of ours must not speak on its parent's socket
            self._control = self._process = None
        if self._control is None:
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = self._start(theirs.fileno())
            self._owner = os.getpid()
            atexit.register(self.close)
        return self._control

    def _drop(self) -> None:
        if self._owner != os.getpid() or self._control is None:
            return
        self._control.close()
        self._control = None
        atexit.unregister(self.close)
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
