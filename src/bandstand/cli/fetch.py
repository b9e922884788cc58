"""`bandstand fetch STORE --to DIR`: a folder that holds all one owns, and stays so."""

from __future__ import annotations

import io
import json
import platform
import sys
import time
from pathlib import Path

import click

from bandstand.cli import credentials
from bandstand.kernel.errors import RefusedError
from bandstand.kernel.units import size as size_text
from bandstand.wire.errors import BusyError, SignedOutError, UnreachableError
from bandstand.wire.fetching.plan import Plan
from bandstand.wire.fetching.pull import StoppedError
from bandstand.wire.fetching.run import IncompleteError, Outcome, Run, left_over
from bandstand.wire.v1.client import NotYetError, Store, shown

_SLOWER = 5  # seconds more between two questions when the store asks for it (RFC 8628, section 3.5)
_LIST = 20  # names of a kind that are shown without --json


class NoAnswerError(RefusedError):
    """Nobody let the program in."""

    code = "fetch.no_answer"

    def __init__(self) -> None:
        super().__init__("The code's time is over and nobody has let this program in.", hint="Run the same again.")


@click.command()
@click.argument("store")
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder.")
@click.option("--format", "wish", default="flac", show_default=True, help="What the files are wished as.")
@click.option("--jobs", default=4, show_default=True, type=click.IntRange(1, 32), help="Files at the same time.")
@click.option("--json", "as_json", is_flag=True, help="Tell the result as JSON.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be fetched.")
@click.option("--check", is_flag=True, help="Read every file again and tell which are not as the store has them.")
@click.option("--replace", is_flag=True, help="Also replace files that you changed or put there.")
@click.option("--no-wait", is_flag=True, help="Don't wait for what the store is still making.")
@click.option("--sign-in", is_flag=True, help="Sign in again.")
def fetch(
    *,
    store: str,
    folder: Path,
    wish: str,
    jobs: int,
    as_json: bool,
    dry_run: bool,
    check: bool,
    replace: bool,
    no_wait: bool,
    sign_in: bool,
) -> None:
    """Fetch all you own at STORE into a folder: only what is missing, checked, and resumed where it was cut off."""
    file = credentials.usual_file()
    known = Store(store)
    known.token = "" if sign_in else credentials.token_for(known.url, file=file)
    if not known.token:
        known.token = _pair(known)
        credentials.keep(known.url, known.token, file=file)
    run = Run(known, folder, wish, jobs=jobs, replace=replace, report=_Meter().show)
    try:
        if check:
            _tell_check(run, as_json=as_json)
        elif dry_run:
            _tell_plan(run.look(), as_json=as_json)
        else:
            _keep_up(run, no_wait=no_wait, as_json=as_json)
    except (KeyboardInterrupt, StoppedError):
        _say("\nRun the same again: it goes on where it stopped.")
        raise click.Abort from None
    except SignedOutError:
        if credentials.token_for(known.url, file=file) == known.token and not sign_in:
            credentials.keep(known.url, "", file=file)
        raise


def _pair(store: Store) -> str:
    """Sign in by a code that the person types in a browser; return the token."""
    code = store.ask_to_pair(f"bandstand fetch on {platform.node()[:40] or 'a computer'}")
    address = shown(code.verification_uri_complete or code.verification_uri)
    _say(
        f"Open {shown(code.verification_uri)}\nand type the code:  {shown(code.user_code)}\n\n"
        f"{_qr(address)}\n{address}\n"
    )
    interval, deadline = code.interval, time.monotonic() + code.expires_in
    while time.monotonic() < deadline:
        time.sleep(interval)
        try:
            token = store.redeem(code.device_code).access_token
        except NotYetError as error:
            interval += _SLOWER if error.slower else 0
        except BusyError as error:
            time.sleep(error.wait)
        except UnreachableError:
            interval = min(interval * 2, 60)  # RFC 8628, section 3.5
        else:
            _say("Signed in.")
            return token
    raise NoAnswerError


def _qr(address: str) -> str:
    import segno

    drawn = io.StringIO()
    segno.make(address, error="l").terminal(drawn, border=2, compact=True)
    return drawn.getvalue()


def _keep_up(run: Run, *, no_wait: bool, as_json: bool) -> None:
    """Fetch until all is there that the store can make."""
    total = Outcome(Plan())
    while True:
        outcome = run.fetch()
        outcome.fetched, outcome.received = outcome.fetched + total.fetched, outcome.received + total.received
        total = outcome
        if no_wait or not outcome.plan.ask_again or outcome.failed:
            break
        busy = f"making {outcome.plan.making} more titles" if outcome.plan.making else "signing receipts"
        _say(f"The store is {busy}; looking again in {outcome.plan.ask_again} s.")
        time.sleep(outcome.plan.ask_again)
    _tell(total, as_json=as_json)
    if (left := left_over(total)) is not None:
        raise left


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    plan = outcome.plan
    if as_json:
        _print_json(
            {
                "complete": outcome.complete,
                "files": len(plan.wanted),
                "receipts": plan.receipts,
                "size": plan.size,
                "fetched": outcome.fetched,
                "received": outcome.received,
                "kept": len(plan.kept),
                "changed": [str(one.path) for one in plan.changed],
                "failed": outcome.failed,
                "unsafe": plan.unsafe,
                "not_made": plan.failed,
                "making": plan.making,
            }
        )
        return
    for label, some in (
        ("Changed by you, left alone", [str(one.path) for one in plan.changed]),
        ("Not fetched", [f"{shown(name)}: {shown(why)}" for name, why in outcome.failed.items()]),
        ("Not safe to write", [shown(name) for name in plan.unsafe]),
        ("Not made by the store", [shown(name) for name in plan.failed]),
    ):
        _list(label, some)
    click.echo(f"{len(plan.wanted)} files, {size_text(plan.size)}; {outcome.fetched} fetched now.")


def _tell_plan(plan: Plan, *, as_json: bool) -> None:
    if as_json:
        rows = [{"path": str(one.path), "size": one.size, "sha256": one.sha256} for one in plan.fetch]
        changed = [str(one.path) for one in plan.changed]
        _print_json({"fetch": rows, "size": plan.missing, "kept": len(plan.kept), "changed": changed})
        return
    for one in plan.fetch:
        click.echo(f"{size_text(one.size):>10}  {one.path}")
    _list("Changed by you, would be left alone", [str(one.path) for one in plan.changed])
    _say(f"{len(plan.fetch)} files, {size_text(plan.missing)}, would be fetched; {len(plan.kept)} are there.")


def _tell_check(run: Run, *, as_json: bool) -> None:
    plan, bad = run.check()
    if as_json:
        _print_json({"files": len(plan.wanted), "bad": bad})
    else:
        for name in bad:
            click.echo(name)
        _say(f"{len(plan.wanted) - len(bad)} of {len(plan.wanted)} files are as the store has them.")
    if bad:
        raise IncompleteError(f"{len(bad)} files are missing or are not as the store has them.")


class _Meter:
    """One line of progress on a terminal, one every ten seconds elsewhere."""

    def __init__(self) -> None:
        self._told, self._live = 0.0, sys.stderr.isatty()

    def show(self, run: Run) -> None:
        """Tell how far a run is."""
        now = time.monotonic()
        if now - self._told < (0.5 if self._live else 10.0):
            return
        self._told, outcome = now, run.outcome
        line = f"{outcome.fetched} of {len(run.plan.fetch)} files, {size_text(outcome.received)}"
        line += f" of {size_text(run.plan.missing)}" if run.plan.missing else ""
        click.echo(f"\r\x1b[K{line}" if self._live else line, err=True, nl=not self._live)


def _list(label: str, some: list[str]) -> None:
    if some:
        rest = [f"  and {len(some) - _LIST} more"] if len(some) > _LIST else []
        _say("\n".join([f"{label}:", *(f"  {name}" for name in some[:_LIST]), *rest]))


def _print_json(said: dict[str, object]) -> None:
    """Print JSON in which even a foreign name is plain ASCII: what a terminal would obey stands escaped."""
    click.echo(json.dumps(said, indent=1))


def _say(text: str) -> None:
    click.echo(text, err=True)
