"""kill -9 at random moments of intake: after each, every release is in one of its delivered states, whole, or absent.

`python -m tests.crash.intake --kills 50 --database sqlite|postgres [--seed N]`

Each round changes every delivery and adds one; intake runs in a process of its own, which is killed and started again
until the round is through. PostgreSQL is the one at 127.0.0.1:5432, in a database made for this and dropped afterwards.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.crash.checks import State

SERVER = "postgresql://postgres@127.0.0.1:5432"
FIRST, LAST = 2, 5  # deliveries in the first round, and at most
TRACKS = 2
DEADLINE = 120.0  # seconds for one run of intake


def main() -> None:
    """Run the experiment and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        take_all_in(options.work)
        return
    with tempfile.TemporaryDirectory(prefix="bandstand-crash-") as folder:
        data = Path(folder)
        name = f"bandstand_crash_{os.getpid()}"
        os.environ["BANDSTAND_DATA"] = str(data)
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        if options.database == "postgres":
            os.environ["BANDSTAND_DATABASE_URL"] = f"{SERVER}/{name}"
            on_server(f"CREATE DATABASE {name}")
        try:
            Experiment(data, options.kills, random.Random(options.seed)).run(options.database, options.seed)
        finally:
            if options.database == "postgres":
                on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def take_all_in(deliveries: Path) -> None:
    """What is killed: take in every delivery, then make every preview."""
    import django

    django.setup()
    from datetime import UTC, datetime

    from bandstand.store.catalogue.models import Part
    from bandstand.store.ingest import services

    print("ready", flush=True)
    for delivery in services.deliveries_in(deliveries):
        outcome = services.take_in(delivery, now=datetime.now(UTC))
        if outcome.state == "refused":
            raise SystemExit(f"{outcome.folder}: {[str(reason) for reason in outcome.reasons]}")
    for part in Part.objects.values_list("pk", flat=True):
        services.make_preview(part_id=part, now=datetime.now(UTC))


def on_server(statement: str) -> None:
    """Run one statement on the PostgreSQL server."""
    import psycopg

    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as connection:
        connection.execute(statement)


class Experiment:
    """One run over one database."""

    def __init__(self, data: Path, kills: int, chance: random.Random) -> None:
        self.deliveries, self.wanted, self.chance = data / "deliveries", kills, chance
        self.kills = self.runs = self.rounds = self.checks = 0
        self.span = 10.0  # how long one run works, as last measured
        self.delivered: dict[str, list[State]] = {}

    def run(self, database: str, seed: int) -> None:
        """Kill as often as wanted, check after each, end with a run that nobody kills."""
        from tests.crash.checks import check, set_up, sweep_and_check

        set_up()
        began = time.monotonic()
        while self.kills < self.wanted:
            self.rounds += 1
            self._deliver()
            while self.kills < self.wanted and self._run(kill=True):
                self.checks += check(self.delivered, complete=False)
            if self.kills < self.wanted:
                self.checks += check(self.delivered, complete=True)
        self._run(kill=False)
        self.checks += check(self.delivered, complete=True)
        left = sweep_and_check(self.delivered)
        print(
            f"{database}: {self.kills} kills in {self.runs} runs of {self.rounds} rounds, {self.checks} facts checked, "
            f"{len(self.delivered)} releases whole, {left} leftovers swept, {time.monotonic() - began:.0f} s, "
            f"seed {seed}"
        )

    def _deliver(self) -> None:
        """Change every delivery, and add one (in the first round: several)."""
        from tests.crash.checks import deliver

        more = FIRST if self.rounds == 1 else 1
        for number in range(1, min(len(self.delivered) + more, LAST) + 1):
            state = deliver(self.deliveries, number=number, version=self.rounds, tracks=TRACKS)
            self.delivered.setdefault(state.number, []).append(state)

    def _run(self, *, kill: bool) -> bool:
        """Run intake once; return whether it was killed."""
        self.runs += 1
        command = [sys.executable, "-m", "tests.crash.intake", "--work", str(self.deliveries)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PGAPPNAME": "bandstand-intake"}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n", "intake did not start"
            began = time.monotonic()
            try:
                status = process.wait(self.chance.uniform(0, self.span) if kill else DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                assert kill, "intake did not end"
                self.kills += 1
                return True
            assert status == 0, f"intake ended with {status}"
            self.span = max(time.monotonic() - began, 0.5)
            return False
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


if __name__ == "__main__":
    main()
