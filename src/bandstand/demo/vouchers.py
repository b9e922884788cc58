"""Codes to try in the demo: one that takes something off, and cards from a concert."""

from __future__ import annotations

from datetime import datetime, timedelta

from bandstand.store.catalogue import queries as catalogue
from bandstand.store.vouchers import queries, services
from bandstand.store.vouchers.models import Campaign
from bandstand.store.vouchers.rules import VoucherRefusedError

WELCOME = "WELCOME"
GIG = "Northbound tour"
CARDS = 24


def welcome(now: datetime) -> None:
    """Make the code that takes ten percent off; once."""
    try:
        queries.code_of(WELCOME)
    except VoucherRefusedError:
        services.make_with_codes(
            name="Welcome",
            kind=Campaign.Kind.PERCENT,
            percent=10,
            amount=None,
            release_ids=[],
            starts_at=now,
            ends_at=None,
            per_holder=1,
            word=WELCOME,
            count=10_000,
            by="demo",
            now=now,
        )


def gig(number: str, now: datetime) -> None:
    """Make cards for a release as soon as it is in the shop; once."""
    release = catalogue.releases_named([number]).get(number)
    if release is None or queries.campaign_named(GIG) is not None:
        return
    services.make_with_codes(
        name=GIG,
        kind=Campaign.Kind.TITLES,
        percent=None,
        amount=None,
        release_ids=[release.pk],
        starts_at=now,
        ends_at=now + timedelta(days=365),
        per_holder=None,
        word="",
        count=CARDS,
        by="demo",
        now=now,
    )
