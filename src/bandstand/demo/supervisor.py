"""Starts the processes of a demo, waits until they answer, restarts one that dies, and ends them all together."""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bandstand.demo.place import Place
from bandstand.kernel.errors import SetupError

RESTARTS = 5  # of one process; one that dies more often has a reason its log tells
PATIENCE = 60.0  # seconds until every process answers
GRACE = 10.0  # seconds a process has to end by itself


class PortTakenError(SetupError):
    """Somebody else listens on a port the demo needs."""

    code = "demo.port"

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(f"Port {port} is in use.", hint="Choose another with --port; the demo takes three in a row.")


class ProcessDiedError(SetupError):
    """A process of the demo does not stay up."""

    code = "demo.died"

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        super().__init__(f"The {name} process does not stay up.", hint=f"Its log is {log}.")


@dataclass
class Member:
    """One process of the demo."""

    name: str
    command: list[str]
    health: str = ""  # an address that answers 200 when it is up
    ends: bool = False  # whether it has a task that is done at some time
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0

    @property
    def finished(self) -> bool:
        """Whether its task is done."""
        return self.ends and self.process is not None and self.process.poll() == 0


@dataclass
class Supervisor:
    """The processes of one demo."""

    place: Place
    members: list[Member]

    def start(self) -> None:
        """Start every process and wait until all answer."""
        for port in range(self.place.port, self.place.port + 3):
            _check_free(port)
        for member in self.members:
            self._spawn(member)
        deadline = time.monotonic() + PATIENCE
        for member in self.members:
            while member.health and not _answers(member.health):
                self.keep_up()
                if time.monotonic() > deadline:
                    raise ProcessDiedError(member.name, self._log(member))
                time.sleep(0.05)

    def keep_up(self) -> None:
        """Start again what has ended; give up on what ends again and again."""
        for member in self.members:
            if member.process is None or member.process.poll() is None or member.finished:
                continue
            member.restarts += 1
            if member.restarts > RESTARTS:
                raise ProcessDiedError(member.name, self._log(member))
            self._spawn(member)

    def watch(self, stopped: Callable[[], bool]) -> None:
        """Keep the processes up until `stopped` says so."""
        while not stopped():
            self.keep_up()
            time.sleep(0.2)

    def stop(self) -> None:
        """End every process: ask first, insist after ten seconds."""
        running = [member.process for member in self.members if member.process and member.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _spawn(self, member: Member) -> None:
        log = self._log(member)
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as output:
            member.process = subprocess.Popen(
                member.command,
                env=self.place.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the supervisor only, which ends the others in order
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads yet
            )

    def _log(self, member: Member) -> Path:
        return self.place.folder / "logs" / f"{member.name}.log"


def run_once(place: Place, *arguments: str, extra: dict[str, str] | None = None) -> None:
    """Run one `bandstand` command in the demo's environment and wait for it.

    Raises
    ------
    ProcessDiedError
        It failed.
    """
    log = place.folder / "logs" / "setup.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as output:
        done = subprocess.run(
            [*_program(), *arguments],
            env=place.environment() | (extra or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise ProcessDiedError(" ".join(arguments), log)


def everybody(place: Place) -> list[Member]:
    """Return the processes of a whole demo, in the order in which they start."""
    program = _program()
    gateway = [sys.executable, "-m", "bandstand.demo.gateway", "--port", str(place.port + 2)]
    gateway += ["--webhook", f"{place.store_url}/webhooks/pretend/", "--state", str(place.folder / "gateway.db")]
    return [
        Member("pages", [*program, "store", "web", "--port", str(place.port)], f"{place.store_url}/healthz"),
        Member("files", [*program, "store", "files", "--port", str(place.port + 1)], f"{place.files_url}/healthz"),
        Member("gateway", gateway, f"{place.gateway_url}/healthz"),
        Member("worker", [*program, "store", "worker"]),
        Member("music", [sys.executable, "-m", "bandstand.demo.fill"], ends=True),
    ]


def _program() -> list[str]:
    return [sys.executable, "-m", "bandstand.cli"]


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTakenError(port) from error


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - an address on loopback we made
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: even kill -9 of the supervisor leaves nothing behind
