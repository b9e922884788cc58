"""The command `bandstand`. A group's module is imported when the group is called, so that help is instant."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping

import click

from bandstand import __version__
from bandstand.kernel.errors import BandstandError, InputError, OutsideError, RefusedError, SetupError

EXIT_CODES: tuple[tuple[type[BandstandError], int], ...] = (
    (RefusedError, 1),
    (InputError, 65),  # EX_DATAERR of sysexits.h, as the next two
    (OutsideError, 69),
    (SetupError, 78),
)


class LazyGroup(click.Group):
    """A group that knows where its commands are and imports one only to run it or to show its help."""

    def __init__(self, *args: object, lazy: Mapping[str, str] | None = None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type] # click's own parameters, passed through
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self.lazy])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _, name = self.lazy[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(
    cls=LazyGroup,
    lazy={
        "store": "bandstand.cli.store:store",
        "demo": "bandstand.cli.demo:demo",
        "fetch": "bandstand.cli.fetch:fetch",
        "verify": "bandstand.cli.verify:verify",
        "convert": "bandstand.cli.convert:convert",
        "inspect": "bandstand.cli.convert:inspect",
    },
)
@click.version_option(__version__, prog_name="bandstand")
def bandstand() -> None:
    """Run a media store, or try one."""


def main() -> None:
    """Run the command line; an error becomes one sentence, its way out, and an exit code."""
    try:
        bandstand.main(standalone_mode=False)
    except BandstandError as error:
        click.echo(f"{error.sentence}\n{error.hint}".strip(), err=True)
        sys.exit(next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1))
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
