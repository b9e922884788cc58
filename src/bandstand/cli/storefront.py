"""`bandstand store storefront`: one more regional shop."""

from __future__ import annotations

import click

from bandstand.cli.store import load_django


@click.command()
@click.argument("slug")
@click.option("--name", required=True, help="As visitors read it.")
@click.option("--currency", required=True, help="ISO 4217, such as USD.")
@click.option("--countries", required=True, help="ISO 3166-1 codes, separated by commas; the first stands for it.")
@click.option("--time-zone", required=True, help="IANA name: a release day begins at its midnight.")
@click.option("--tax-included/--tax-on-top", default=True, show_default=True, help="How prices are shown.")
def storefront(slug: str, name: str, currency: str, countries: str, time_zone: str, *, tax_included: bool) -> None:
    """Make the storefront SLUG. One that is there stays as it is."""
    load_django()
    from bandstand.store.deals import services as deals

    made = deals.make_storefront(
        slug=slug,
        name=name,
        territories=[code.strip().upper() for code in countries.split(",") if code.strip()],
        currency=currency.upper(),
        tax_included=tax_included,
        time_zone=time_zone,
    )
    click.echo(made.slug)
