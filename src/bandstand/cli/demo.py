"""`bandstand demo`: a whole store on this computer, filled with music made by our own code."""

from __future__ import annotations

import signal
import time
import webbrowser
from datetime import UTC, datetime
from pathlib import Path

import click

from bandstand.demo import place, setup
from bandstand.demo.supervisor import Supervisor, everybody


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1024, 65533), help="The first of three.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Where the demo keeps its things.")
@click.option("--browser/--no-browser", default=True, help="Open the shop in a browser, when there is one.")
@click.option("--code", is_flag=True, help="Only say the code that the staff's sign-in asks for now.")
@click.option("--fresh", is_flag=True, help="Begin anew: forget what an earlier demo left.")
def demo(*, port: int, data: Path | None, browser: bool, code: bool, fresh: bool) -> None:
    """Start a demo store: pages, files, worker, a pretend payment gateway, and music."""
    began = time.monotonic()
    folder = data or place.usual_folder()
    here = place.open_place(folder, port=port, fresh=fresh and not code)
    if code:
        click.echo(setup.staff_code(here, now=datetime.now(UTC)))
        return
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    with place.locked(here.folder):
        click.echo("Setting up the store ...", err=True)
        setup.prepare(here)
        house = Supervisor(here, everybody(here))
        try:
            house.start()
            setup.wait_for_first_release(here, give_up=lambda: bool(stopping), keep_up=house.keep_up)
            _welcome(here, seconds=time.monotonic() - began)
            if browser and not stopping:
                _open(here.store_url)
            house.watch(lambda: bool(stopping))
        finally:
            click.echo("\nStopping ...", err=True)
            house.stop()


def _welcome(here: place.Place, *, seconds: float) -> None:
    click.echo(
        f"""
  The shop is open (after {seconds:.0f} seconds):

    Shop          {here.store_url}/
    Back office   {here.store_url}/backoffice/       {setup.STAFF}      {here.keys["staff_password"]}
                  then the code {setup.staff_code(here, now=datetime.now(UTC))}; it changes every half minute:
                  bandstand demo --code says the one of now, or give an app the key
                  {here.keys["staff_app"]}
    A listener    {here.store_url}/account/sign-in/  {setup.LISTENER}  {here.keys["listener_password"]}
    Mail          {here.folder / "mail"}
    Logs          {here.folder / "logs"}

  More music arrives while you look; it is made by our own code.
  No money moves: payments go to a pretend gateway on {here.gateway_url}.
  Press Ctrl-C to stop; everything is kept for the next start (--fresh begins anew).
"""
    )


def _open(url: str) -> None:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return  # a server, a container: the address is printed above
    webbrowser.open(url)
