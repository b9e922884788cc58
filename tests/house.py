"""A whole store for tests: its real processes on free ports, filled by real deliveries."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bandstand.demo import place, setup
from bandstand.demo.place import Place
from bandstand.demo.supervisor import Supervisor, everybody

SLUGS = {
    "northbound-signals",
    "ame-no-hi-no-kissaten",
    "living-room-1",
    "first-light",
    "slow-weather",
    "kuhlhaus",
    "iliostasio",
}


def free_ports(count: int = 3) -> int:
    """Return the first of `count` free ports in a row, below those that the system gives to whoever connects."""
    for first in range(20_000 + os.getpid() % 10_000, 32_700, 7):
        with contextlib.ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
        return first
    raise RuntimeError("no free ports")


@contextlib.contextmanager
def running(folder: Path, *, slugs: set[str], extra: dict[str, str] | None = None) -> Iterator[Place]:
    """Run a store on loopback with some of the demo's releases in it; everything ends with the block."""
    here = replace(place.open_place(folder, port=free_ports(), fresh=False), extra=extra or {})
    setup.prepare(here)
    house = Supervisor(here, [member for member in everybody(here) if member.name != "music"])
    try:
        house.start()
        fill(here, slugs)
        yield here
    finally:
        house.stop()


def fill(here: Place, slugs: set[str]) -> None:
    """Deliver demo releases into a store and take them in."""
    subprocess.run(
        [sys.executable, "-m", "bandstand.demo.fill", *sorted(slugs)],
        env=here.environment(),
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=240,
    )
