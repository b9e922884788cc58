"""`bandstand convert SOURCE... --to FORMAT --out DIR`, and `bandstand inspect FILE`."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import click

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.units import clock_time
from bandstand.kernel.units import size as size_text
from bandstand.media import convert as converting
from bandstand.media.convert import EFFORTS, Inspected, Result, State


class SomeLeftError(RefusedError):
    """Not all was made."""

    code = "convert.some_left"

    def __init__(self, failed: int, locked: int) -> None:
        self.failed, self.locked = failed, locked
        parts = [f"{count} {what}" for count, what in ((failed, "not made"), (locked, "locked")) if count]
        super().__init__(f"Some files are left: {', '.join(parts)}.")


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--to", "wish", required=True, metavar="FORMAT", help="lp2, 105, lp4, mp3, flac, wav, aac, opus, ...")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder for all.")
@click.option("--quality", default="balanced", show_default=True, type=click.Choice(EFFORTS), help="Of ATRAC3.")
@click.option("--force", is_flag=True, help="Also replace files that are there.")
@click.option("--jobs", type=click.IntRange(1, 32), help="Files at the same time; as many as processors by default.")
@click.option("--json", "as_json", is_flag=True, help="Tell the result as one JSON object for each file.")
def convert(
    *, sources: tuple[Path, ...], wish: str, out: Path, quality: str, force: bool, jobs: int | None, as_json: bool
) -> None:
    """Convert SOURCES, files and folders, into another format: tags and cover are kept, what is there stays."""
    recipe = converting.target_named(wish)
    meter, counted = _Meter(), Counter[State]()
    run = converting.convert(sources, out, recipe, effort=quality, force=force, jobs=jobs, heard=meter.show)
    try:
        with closing(run):
            for result in run:
                counted[result.state] += 1
                _tell(result, as_json=as_json)
    except KeyboardInterrupt:
        _say("\nRun the same again: it makes what is missing.")
        raise click.Abort from None
    meter.end()
    if not as_json:
        _say(f"{counted[State.MADE]} made, {counted[State.KEPT]} were there.")
    if counted[State.FAILED] or counted[State.LOCKED]:
        raise SomeLeftError(counted[State.FAILED], counted[State.LOCKED])


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Tell it as one JSON object.")
def inspect(*, file: Path, as_json: bool) -> None:
    """Tell what FILE is: container, codec, length, tags, protection. Nothing is decoded."""
    found = converting.inspect(file)
    if as_json:
        click.echo(json.dumps(found.told(), indent=1))  # plain ASCII: nothing in it is obeyed by a terminal
        return
    for label, value in _lines(found):
        if value:
            click.echo(f"{label:<14}{value}")


def _tell(result: Result, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result.told()))  # plain ASCII, as above
    elif result.state is State.MADE:
        click.echo(_plain(result.target))
    elif result.state is not State.KEPT:
        _say(f"{result.state}: {_plain(result.source)}: {_plain(result.reason)}")
    for note in result.notes if not as_json else ():
        _say(f"note: {_plain(result.source)}: {_plain(note)}")


def _lines(found: Inspected) -> list[tuple[str, str]]:
    sound, said = found.sound, found.tags
    pairs = {f"{name}": value for name, value in found.told().items() if name == "tags"}["tags"]
    assert isinstance(pairs, dict)
    picture = said.picture
    told = [
        ("container", found.container.value),
        ("codec", f"{sound.codec} {sound.mode}".strip()),
        ("rate", f"{sound.rate} Hz" if sound.rate else ""),
        ("channels", str(sound.channels or "")),
        ("bits", str(sound.bits or "")),
        ("bit rate", f"{sound.bit_rate / 1000:.0f} kbit/s" if sound.bit_rate else ""),
        ("duration", clock_time(sound.duration_ms) if sound.duration_ms is not None else ""),
        ("samples", str(sound.samples or "")),
        ("frames", f"{sound.frames} of {sound.frame_bytes or '?'} bytes" if sound.frames else ""),
        ("protection", f"locked: {sound.locked}" if sound.locked else "none"),
        ("damage", "the end is missing" if sound.cut else ""),
    ]
    told += [(name.replace("_", " "), _text(value)) for name, value in pairs.items()]
    told.append(("cover", f"{picture.mime}, {size_text(len(picture.data))}" if picture is not None else ""))
    return [*told, ("tags", _plain(found.tags_fault))]


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(" ".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in value)
    return str(value).replace("\n", " / ")


class _Meter:
    """One line of progress on a terminal, one every ten seconds elsewhere."""

    def __init__(self) -> None:
        self._told, self._live, self._shown = 0.0, sys.stderr.isatty(), False

    def show(self, done: float, total: float) -> None:
        """Tell how much sound is done."""
        now = time.monotonic()
        if now - self._told < (0.5 if self._live else 10.0):
            return
        self._told, self._shown = now, True
        line = f"{clock_time(round(done * 1000))} of {clock_time(round(total * 1000))}"
        click.echo(f"\r\x1b[K{line}" if self._live else line, err=True, nl=not self._live)

    def end(self) -> None:
        """Leave the line of progress."""
        if self._live and self._shown:
            click.echo("\r\x1b[K", err=True, nl=False)


def _plain(said: Path | str) -> str:
    """Return a path or a sentence as a terminal shows it without obeying anything in it."""
    return "".join(char if char.isprintable() else "?" for char in str(said))


def _say(text: str) -> None:
    click.echo(text, err=True)
