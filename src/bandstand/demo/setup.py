"""What a demo does before its processes start, and how it knows that there is something to see."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import bandstand
from bandstand.demo import fill
from bandstand.demo.place import Place
from bandstand.demo.supervisor import run_once
from bandstand.store.accounts import codes

STAFF = "ada@demo.example"
LISTENER = "ben@demo.example"


def prepare(place: Place) -> None:
    """Bring database, static files and staff account up to date; a start with nothing new skips all of it."""
    stamp = place.folder / "prepared"
    wanted = f"{bandstand.__version__} {_newest_file()}"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    run_once(place, "store", "init")
    secrets = {
        "BANDSTAND_STAFF_PASSWORD": place.keys["staff_password"],
        "BANDSTAND_STAFF_APP_SECRET": place.keys["staff_app"],
    }
    run_once(place, "store", "staff", STAFF, extra=secrets)
    stamp.write_text(wanted, encoding="utf-8")


def staff_code(place: Place, *, now: datetime) -> str:
    """Return what the staff's authenticator app would show now."""
    return codes.code_at(place.keys["staff_app"], codes.step_of(now))


def wait_for_first_release(place: Place, *, give_up: Callable[[], bool], keep_up: Callable[[], None]) -> None:
    """Return as soon as the shop has something to show."""
    state = place.folder / fill.STATE
    while not give_up():
        keep_up()
        if state.exists() and json.loads(state.read_text(encoding="utf-8"))["shown"] > 0:
            return
        time.sleep(0.1)


def _newest_file() -> int:
    package = Path(bandstand.__file__).parent
    return max(path.stat().st_mtime_ns for path in package.rglob("*") if path.suffix not in {".pyc", ""})
