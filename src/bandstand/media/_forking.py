"""The warm child's own loop: take a call, fork, tell how it ended. One thread, no foreign bytes; see `_warm`."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Protocol

from bandstand.media import _launch

IDLE = 30.0  # seconds without work, after which it ends
MOST_FILES = 1024
Main = Callable[[str, str], None]


class Load(Protocol):
    """Loads what a function needs; `first`: nothing was loaded before."""

    def __call__(self, function: str, /, *, first: bool) -> None: ...


def serve(number: int, main: Main, load: Load) -> None:
    """Fork for each message on a socket until that is closed, or nothing comes for a while.

    `load` is called before the first fork for each function; who only runs programs never waits for it.
    """
    import_module("resource")  # which every fork sets its limits with
    _launch.die_with_parent(on=False)  # by the socket we learn that: the thread that started us may end before
    with socket.socket(fileno=number) as control, selectors.DefaultSelector() as selector:
        _Loop(control, selector, main, load).run()


class _Loop:
    def __init__(self, control: socket.socket, selector: selectors.BaseSelector, main: Main, load: Load) -> None:
        self._control, self._selector, self._main = control, selector, main
        self._load, self._loaded = load, set[str]()
        self._running: dict[int, socket.socket] = {}  # who is told how a process ended
        self._ended, bell = socket.socketpair()
        for end in (self._ended, bell):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(bell.fileno(), warn_on_full_buffer=False)
        self._bell = bell
        selector.register(control, selectors.EVENT_READ)
        selector.register(self._ended, selectors.EVENT_READ)

    def run(self) -> None:
        while True:
            events = self._selector.select(None if self._running else IDLE)
            if not events and not self._running:
                return
            for key, _ in events:
                if key.fileobj is self._control:
                    if not self._take():
                        self._end()
                        return
                elif key.fileobj is self._ended:
                    self._collect()
                elif key.data in self._running:  # nobody listens any more; else it ended in this very moment
                    self._kill(key.data)
                    self._selector.unregister(key.fileobj)

    def _take(self) -> bool:
        """Take a message and fork; False: there will be no more."""
        try:
            message, handles, _, _ = socket.recv_fds(self._control, 256 * 1024, 3)
        except OSError:
            return False
        if not message:
            return False
        status = socket.socket(fileno=handles[0])
        told, here = json.loads(message), os.getpid()
        if "function" in told and told["function"] not in self._loaded:
            with contextlib.suppress(Exception):  # the fork will meet it too, and tell its caller
                self._load(told["function"], first=not self._loaded)
            self._loaded.add(told["function"])
            gc.collect()
            gc.freeze()  # so that forks share these pages
        pid = os.fork()
        if pid == 0:
            _work(self._main, told, handles, parent=here)
        for handle in handles[1:]:
            os.close(handle)
        self._running[pid] = status
        self._selector.register(status, selectors.EVENT_READ, pid)
        with contextlib.suppress(OSError):
            status.send(b"+")
        return True

    def _collect(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._ended.recv(4096):
                pass
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            told = self._running.pop(pid)
            _kill_group(pid)  # what it may have started
            with contextlib.suppress(KeyError):
                self._selector.unregister(told)
            with told, contextlib.suppress(OSError):
                told.send(str(os.waitstatus_to_exitcode(status)).encode())

    def _kill(self, pid: int) -> None:
        if pid in self._running:  # not collected yet, so the number is still its own
            _kill_group(pid)
            os.kill(pid, signal.SIGKILL)

    def _end(self) -> None:
        for pid in list(self._running):
            self._kill(pid)
        while self._running:
            pid, _ = os.waitpid(-1, 0)
            self._running.pop(pid, None)


def _work(main: Main, told: dict[str, object], handles: list[int], *, parent: int) -> None:
    """Be the child: only its own output and log stay open, and its own limits hold."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.dup2(handles[1], 1)
        os.dup2(handles[2], 2)
        os.closerange(3, MOST_FILES)
        _launch.die_with_parent(on=True)
        if os.getppid() != parent:  # it died before we asked to die with it
            return
        limits = told["limits"]
        assert isinstance(limits, dict)
        _launch.limit(limits)
        argv = told.get("argv")
        if isinstance(argv, list):
            os.chdir(str(told["cwd"] or "."))
            os.execv(argv[0], argv)  # noqa: S606 - no shell is the point
        main(str(told["function"]), str(told["request"]))
        sys.stdout.flush()
        status = 0
    except BaseException:  # noqa: BLE001 - the fork must not return into the loop
        with contextlib.suppress(Exception):
            traceback.print_exc()
            sys.stderr.flush()
    finally:
        os._exit(status)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
