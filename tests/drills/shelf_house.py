"""A store with pages and a file door, and one account that owns as much as is wished: real processes, real bytes.

`python -m tests.drills.shelf_house --purchases N --bytes N` fills the store of the environment and prints a token.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bandstand.demo import place, setup
from bandstand.demo.place import Place
from bandstand.demo.supervisor import Member, Supervisor, everybody

ROOT = Path(__file__).resolve().parents[2]
TRACKS = 3
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class House:
    """A running store and who owns things there."""

    place: Place
    token: str
    supervisor: Supervisor

    def member(self, name: str) -> Member:
        """One of its processes."""
        return next(member for member in self.supervisor.members if member.name == name)

    def run(self, code: str) -> str:
        """Run code inside the store, Django ready, and return what it printed."""
        return in_store(self.place, "-c", f"import django; django.setup()\n{code}")


@contextlib.contextmanager
def running(folder: Path, *, purchases: int, size: int, port: int) -> Iterator[House]:
    """Run a store on loopback with `purchases` releases of `size` bytes in all; everything ends with the block."""
    here = replace(place.open_place(folder, port=port, fresh=False), extra={"BANDSTAND_LOG_LEVEL": "WARNING"})
    setup.prepare(here)
    said = in_store(here, "-m", "tests.drills.shelf_house", "--purchases", str(purchases), "--bytes", str(size))
    house = Supervisor(here, [member for member in everybody(here) if member.name in ("pages", "files")])
    try:
        house.start()
        yield House(here, json.loads(said)["token"], house)
    finally:
        house.stop()


def in_store(here: Place, *arguments: str) -> str:
    """Run Python in a store's environment."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, *arguments],
        env=here.environment() | {"PYTHONPATH": paths},
        check=True,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        timeout=3600,
    )
    return done.stdout.decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--purchases", type=int, required=True)
    parser.add_argument("--bytes", type=int, required=True)
    options = parser.parse_args()
    import django

    django.setup()
    from bandstand.store.accounts.models import User
    from bandstand.store.pairing import services as pairing
    from tests.factories import NOW
    from tests.shelves import album, own, packed

    ben = User.objects.create_user("owner@example.org", "a quiet harbour", name="Ben", joined_at=NOW)
    each = options.bytes // (options.purchases * TRACKS)
    titles = ("Evening Ferry", "雨の日の喫茶店", "Тихий дом", "مساء الميناء", "Λιμάνι", "Kühlhaus")
    for number in range(options.purchases):
        release = album(f"{titles[number % len(titles)]} {number}", tracks=TRACKS, ready=False)
        packed(release, data=lambda: _noise(each))
        own(ben, release=release)
    _, token = pairing.issue(holder=ben, name="Drill", kind="device", now=NOW)
    print(json.dumps({"token": token}))


def _noise(size: int) -> bytes:
    """Bytes that no two files share and nothing squeezes."""
    block = os.urandom(min(size, _BLOCK))
    return (
        b"".join(block[at % len(block) :] + block[: at % len(block)] for at in range(0, size, len(block)))[:size]
        if block
        else b""
    )


if __name__ == "__main__":
    main()
