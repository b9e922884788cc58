"""Fills the demo store the way every store is filled: folders are delivered and taken in, one release after another.

Runs as a process of its own beside the store, so that the shop is open while its shelves fill up:
`python -m bandstand.demo.fill [SLUG...]`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import django
from django.conf import settings
from django.db import close_old_connections

STATE = "filling.json"  # {"shown": releases in the shop, "of": releases in all, "today": ISO date of the deliveries}
ON_TOUR = "northbound-signals"  # the release that cards are made for
log = logging.getLogger(__name__)


def main() -> None:
    """Deliver and take in what the shop does not have yet."""
    django.setup()
    from bandstand.demo import vouchers

    _make_storefronts()
    _make_listener()
    vouchers.welcome(datetime.now(UTC))
    fill(Path(settings.DATA), today=datetime.now(UTC).date(), only=set(sys.argv[1:]))


def fill(data: Path, *, today: date, only: set[str]) -> None:
    """Make every demo release that is missing under `data`, and the dated ones again when their date has passed.

    `only` names the releases that are wanted; empty means all.
    """
    from bandstand.demo import catalogue, deliver

    state = data / STATE
    slugs = [release.slug for release in catalogue.RELEASES if not only or release.slug in only]
    known = json.loads(state.read_text(encoding="utf-8")) if state.exists() else {"done": [], "today": None}
    done = set(known["done"])
    if known["today"] and date.fromisoformat(known["today"]) != today:
        done -= {release.slug for release in catalogue.RELEASES if release.is_dated}
    _tell(state, done, slugs, today)
    with ThreadPoolExecutor(1) as desk:  # takes one in while the next is being made
        pending: Future[None] | None = None
        for slug in slugs:
            if slug in done:
                continue
            folders = deliver.deliver(data / "deliveries", today=today, only={slug})
            if pending:
                pending.result()
            pending = desk.submit(_take_in, folders, slug, done, state, slugs, today)
        if pending:
            pending.result()


def _take_in(folders: list[Path], slug: str, done: set[str], state: Path, slugs: list[str], today: date) -> None:
    from bandstand.store.ingest import services as ingest

    close_old_connections()
    for folder in folders:
        outcome = ingest.take_in(folder, now=datetime.now(UTC))
        log.info("%s: %s", folder.name, outcome.state)
    if slug == ON_TOUR:
        _print_cards()
    done.add(slug)
    _tell(state, done, slugs, today)


def _print_cards() -> None:
    from bandstand.demo import catalogue, vouchers

    number = next(release.number for release in catalogue.RELEASES if release.slug == ON_TOUR)
    vouchers.gig(number, datetime.now(UTC))


def _tell(state: Path, done: set[str], slugs: list[str], today: date) -> None:
    part = state.with_suffix(".part")
    facts = {"shown": len(done), "of": len(slugs), "done": sorted(done), "today": today.isoformat()}
    part.write_text(json.dumps(facts), encoding="utf-8")
    part.replace(state)


def _make_storefronts() -> None:
    """Open two more shops: one that shows prices without tax, and one whose currency has no cents."""
    from bandstand.store.deals import services as deals

    deals.make_storefront(
        slug="world",
        name="Rest of the world",
        territories=["US", "CA", "GB", "CH", "NO", "IS", "AU", "NZ", "KR", "SG", "ZA"],
        currency="USD",
        tax_included=False,
        time_zone="America/New_York",
    )
    deals.make_storefront(
        slug="japan", name="Japan", territories=["JP"], currency="JPY", tax_included=True, time_zone="Asia/Tokyo"
    )


def _make_listener() -> None:
    from bandstand.demo.place import MARK
    from bandstand.demo.setup import LISTENER
    from bandstand.store.accounts import services as accounts

    keys = json.loads((Path(settings.DATA) / MARK).read_text(encoding="utf-8"))
    now = datetime.now(UTC)
    accounts.claim(user=accounts.guest_for(email=LISTENER, now=now), password=keys["listener_password"], now=now)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bandstand.config.store")
    main()
