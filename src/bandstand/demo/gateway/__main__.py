"""Run the gateway until it is told to end."""

from __future__ import annotations

import os
from pathlib import Path

import click

from bandstand.demo.gateway import Timing, serve


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), required=True)
@click.option("--webhook", required=True, help="Where the store hears events.")
@click.option(
    "--state", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A file that keeps everything."
)
@click.option(
    "--hang", type=float, default=30.0, show_default=True, help="Seconds that a page hangs before it gives up."
)
@click.option("--late", type=float, default=20.0, show_default=True, help="Seconds after which a late event is sent.")
def main(port: int, webhook: str, state: Path, hang: float, late: float) -> None:
    """Play the outside payment world on loopback. The key that the store shares stands in BANDSTAND_PRETEND_KEY."""
    key = os.environ.get("BANDSTAND_PRETEND_KEY", "")
    if not key:
        raise click.UsageError("BANDSTAND_PRETEND_KEY is not set.")
    serve(port, webhook, key, state, timing=Timing(hang=hang, late=late))


if __name__ == "__main__":
    main()
