"""`bandstand store ...`: the commands of those who run a store."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from bandstand.cli.main import LazyGroup

SETTINGS = "bandstand.config.store"


def load_django() -> None:
    """Load the store's settings and apps; commands call this, so that help needs neither."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django

    django.setup()


@click.group(
    cls=LazyGroup,
    lazy={
        "ingest": "bandstand.cli.ingest:ingest",
        "storefront": "bandstand.cli.storefront:storefront",
        "taxes": "bandstand.cli.taxes:taxes",
    },
)
def store() -> None:
    """Run a store: its pages, its files, its worker, its deliveries."""


@store.command()
def init() -> None:
    """Bring the database up to date, collect the static files, and set up what a new store needs. Safe to repeat."""
    load_django()
    from django.core.management import call_command

    from bandstand.store.accounts import services as accounts
    from bandstand.store.backoffice import roles
    from bandstand.store.deals import services as deals
    from bandstand.store.receipts import keys as receipt_keys

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    now = datetime.now(UTC)
    deals.set_up_store(now=now)
    roles.set_up()
    accounts.renew_seals()
    receipt_keys.ensure(now=now)
    click.echo("The store is ready.", err=True)


@store.command()
@click.argument("email")
@click.option("--password", envvar="BANDSTAND_STAFF_PASSWORD", help="Asked for when not given.")
@click.option("--role", type=click.Choice(["owner", "manager", "support", "none"]), default="owner", show_default=True)
@click.option("--app-secret", envvar="BANDSTAND_STAFF_APP_SECRET", help="Also set up an authenticator app, in base32.")
@click.option("--reset-factors", is_flag=True, help="Only remove the second factors, for somebody who lost them.")
def staff(email: str, password: str | None, role: str, app_secret: str | None, *, reset_factors: bool) -> None:
    """Make EMAIL one of the staff, or with `--role none` no longer one. Every change leaves an audit event."""
    load_django()
    from bandstand.cli import staff as commands

    now = datetime.now(UTC)
    if reset_factors:
        commands.reset_factors(email, now=now)
    elif role == "none":
        commands.take_role(email, now=now)
    else:
        commands.make(
            email,
            password or click.prompt("Password", hide_input=True, confirmation_prompt=True),
            role=role,
            app_secret=app_secret,
            now=now,
        )
    click.echo(email)


@store.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
def web(host: str, port: int, workers: int) -> None:
    """Serve the pages."""
    from bandstand.config import serving

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    serving.serve_pages("bandstand.config.store_wsgi:application", host=host, port=port, workers=workers)


@store.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def files(host: str, port: int, workers: int) -> None:
    """Serve previews, downloads and zips through the file door."""
    from bandstand.webkit.files import app

    app.serve(host, port, workers)


@store.command()
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64))
def worker(processes: int) -> None:
    """Do the jobs: previews, download formats, mails, reconciliation."""
    load_django()
    from bandstand.webkit.jobs import worker as jobs_worker

    jobs_worker.serve(processes=processes)


@store.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run a management command of Django (check, migrate, shell, ...)."""
    load_django()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["bandstand store manage", *arguments])
