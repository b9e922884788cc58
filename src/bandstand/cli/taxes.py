"""`bandstand store taxes`: what accountants ask for."""

from __future__ import annotations

import csv
import sys
from datetime import datetime, timedelta
from zoneinfo import available_timezones

import click

from bandstand.cli.store import load_django

HEAD = ("country", "rate_percent", "currency", "net", "tax", "refunded_net", "refunded_tax")
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.option("--from", "first", type=DAY, required=True, help="The first day.")
@click.option("--to", "last", type=DAY, required=True, help="The last day, which counts as well.")
@click.option("--zone", default="UTC", show_default=True, help="The time zone in which days begin.")
def taxes(first: datetime, last: datetime, zone: str) -> None:
    """Write net and tax by country, rate and currency as CSV: sales when paid, refunds when done."""
    load_django()
    from bandstand.kernel.clock import local_midnight
    from bandstand.store.orders import queries
    from bandstand.store.taxes.rules import percent

    if zone not in available_timezones():
        raise click.BadParameter("is no time zone; such as Europe/Berlin", param_hint="--zone")
    if last < first:
        raise click.BadParameter("is before the first day", param_hint="--to")
    begin, end = local_midnight(first.date(), zone), local_midnight(last.date() + timedelta(days=1), zone)
    sink = csv.writer(sys.stdout, lineterminator="\n")
    sink.writerow(HEAD)
    for row in queries.tax_report(begin=begin, end=end):
        amounts = (row.net, row.tax, row.refunded_net, row.refunded_tax)
        rate = percent(row.rate).removesuffix(" %")
        sink.writerow([row.country, rate, row.net.currency, *(amount.plain for amount in amounts)])
