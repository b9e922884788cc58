"""A store's database of its own, and processes that race on it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.integration.jobs.shop import throwaway_postgres

ROOT = Path(__file__).resolve().parents[3]
TABLES = """
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
settings.MIGRATION_MODULES = {config.label: None for config in apps.get_app_configs()}
call_command("migrate", run_syncdb=True, verbosity=0)
"""


class Racers:
    """Processes of one store, ready to begin at the same moment."""

    def __init__(self, env: dict[str, str], count: int) -> None:
        command = [sys.executable, "-m", "tests.integration.money.racer"]
        self.processes = [
            subprocess.Popen(command, env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(count)
        ]
        for process in self.processes:
            assert self._answer(process) == {"result": "ready"}

    def one(self, code: str, **names: object) -> object:
        """Run code in the first process and return its `result`."""
        self._tell(self.processes[0], code, names, at=0)
        said = self._answer(self.processes[0])
        assert "error" not in said, said["trace"]
        return said["result"]

    def all(self, code: str, **names: object) -> list[dict]:
        """Run code in all processes at once (each knows its `place`) and return what each said."""
        at = time.time() + 0.05
        for place, process in enumerate(self.processes):
            self._tell(process, code, {**names, "place": place}, at=at)
        return [self._answer(process) for process in self.processes]

    def close(self) -> None:
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            process.stdout.close()
            process.wait(20)

    def _tell(self, process, code, names, *, at):
        process.stdin.write(json.dumps({"code": code, "names": names, "at": at}) + "\n")
        process.stdin.flush()

    def _answer(self, process):
        line = process.stdout.readline()
        assert line, "a racer ended"
        return json.loads(line)


def environment(url: str, folder: Path) -> dict[str, str]:
    """Return the environment of every process of this store."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BANDSTAND_")} | {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "BANDSTAND_DATABASE_URL": url,
        "BANDSTAND_DATA": str(folder),
        "BANDSTAND_MANUAL_ACCOUNT": "IBAN DE02 1203 0000 0000 2020 51",
    }


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Make an empty database of `kind` (sqlite, postgres), thrown away in the end."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'store.db'}"
    else:
        with throwaway_postgres() as url:
            yield url


@contextlib.contextmanager
def racers(kind: str, folder: Path, *, count: int = 8) -> Iterator[Racers]:
    """Make a store's database with all its tables, and processes on it."""
    with database(kind, folder) as url:
        opened = Racers(environment(url, folder), count)
        try:
            opened.one(TABLES)
            yield opened
        finally:
            opened.close()
