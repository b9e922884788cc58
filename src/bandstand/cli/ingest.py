"""`bandstand store ingest`: take delivered folders in."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bandstand.store.ingest.rules.report import Outcome
    from bandstand.store.ingest.services import Fingerprint

SETTLED = 5.0  # seconds without a change, after which a watched folder counts as complete
POLL = 1.0


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
@click.option(
    "--watch", is_flag=True, help="Keep running; take in each delivery once it is complete, and again when it changes."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per delivery, with every check and measurement.")
@click.pass_context
def ingest(context: click.Context, folders: tuple[Path, ...], *, dry_run: bool, watch: bool, as_json: bool) -> None:
    """Take in FOLDERS: each is one delivery (audio, cover, release.toml), or holds many of them.

    Ends with 0 when all of them are in the store, with 1 when one was refused.
    """
    from bandstand.cli.store import load_django

    load_django()
    if watch:
        _watch(folders, dry_run=dry_run, as_json=as_json)
        return
    from bandstand.store.ingest import services

    deliveries = [delivery for folder in folders for delivery in services.deliveries_in(folder)]
    refused = 0
    for delivery in deliveries:
        outcome = _take_in(delivery, dry_run=dry_run)
        _tell(outcome, as_json=as_json)
        refused += outcome.state == "refused"
    context.exit(1 if refused else 0)


def _take_in(delivery: Path, *, dry_run: bool) -> Outcome:
    from bandstand.store.ingest import services

    with click.progressbar(length=max(services.work_of(delivery), 1), label=delivery.name[:40], file=sys.stderr) as bar:
        outcome = services.take_in(delivery, now=datetime.now(UTC), dry_run=dry_run, progress=bar.update)
        bar.finish()
    return outcome


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(outcome.report(), ensure_ascii=False))
        return
    would = "would be " if outcome.dry_run and outcome.state == "applied" else ""
    what = f" ({outcome.title})" if outcome.title else ""
    click.echo(f"{outcome.folder}: {would}{outcome.state}{what}")
    for reason in outcome.reasons:
        click.echo(f"  refused: {reason} [{reason.rule}]")
    for remark in outcome.remarks:
        click.echo(f"  look at: {remark} [{remark.rule}]")


def _watch(folders: tuple[Path, ...], *, dry_run: bool, as_json: bool) -> None:
    """Take in deliveries as they settle, until a signal says stop; the one under way is finished first."""
    from bandstand.kernel.errors import InputError, OutsideError

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    click.echo(f"Watching {', '.join(folder.name for folder in folders)}.", err=True)
    seen: dict[Path, tuple[Fingerprint, float]] = {}
    done: dict[Path, Fingerprint] = {}
    while not stop.is_set():
        for delivery in _settled(folders, seen, done):
            if stop.is_set():
                break
            now = seen[delivery][0]
            try:
                _tell(_take_in(delivery, dry_run=dry_run), as_json=as_json)
            except (InputError, OutsideError) as error:  # gone meanwhile, or the database is busy: it is tried again
                click.echo(f"{delivery.name}: {error}", err=True)
                seen.pop(delivery, None)
                continue
            sys.stdout.flush()
            done[delivery] = now
        stop.wait(POLL)


def _settled(
    folders: tuple[Path, ...], seen: dict[Path, tuple[Fingerprint, float]], done: dict[Path, Fingerprint]
) -> list[Path]:
    """Return the deliveries that have not changed for a while and are not taken in as they are now."""
    from bandstand.store.ingest import services

    found = [delivery for folder in folders for delivery in _deliveries(folder)]
    clock = time.monotonic()
    ready = []
    for delivery in found:
        mark = services.fingerprint(delivery)
        if delivery not in seen or seen[delivery][0] != mark:
            seen[delivery] = (mark, clock)
        elif clock - seen[delivery][1] >= SETTLED and done.get(delivery) != mark:
            ready.append(delivery)
    return ready


def _deliveries(folder: Path) -> list[Path]:
    """Return the deliveries that are there now; an empty folder has none yet."""
    from bandstand.store.ingest import services

    try:
        return [delivery for delivery in services.deliveries_in(folder) if services.is_delivery(delivery)]
    except OSError:  # removed while we looked
        return []
