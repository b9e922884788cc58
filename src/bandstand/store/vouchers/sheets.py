"""Codes on paper: what stands on each card of a sheet, and a campaign's codes as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe

from bandstand.store.assets import queries as assets
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.deals import queries as deals
from bandstand.store.vouchers import queries
from bandstand.store.vouchers.models import Campaign, Code

PER_PAGE = 400  # cards: fifty sheets of paper
ON_PAPER = 8  # cards on one sheet of A4
MOST_TITLES = 3  # on a card; the others are counted
_RISKY = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet take a cell for a formula


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What all cards of a campaign say."""

    titles: list[tuple[str, str]]  # title, artist
    more: int  # titles that do not fit
    cover: str
    until: str  # the last day, empty without an end
    where: str  # the address to redeem at, as people type it
    store: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One code on paper."""

    code: str
    link: str
    qr: SafeString


def face(campaign: Campaign) -> Face:
    """Return what all cards of a campaign say."""
    release_ids = queries.titles_of(campaign.pk)
    found = catalogue.releases(release_ids)
    releases = [found[pk] for pk in release_ids if pk in found]
    zone = ZoneInfo(deals.storefront().time_zone)
    last = campaign.ends_at - timedelta(seconds=1) if campaign.ends_at else None
    where = redeem_url().partition("://")[2]
    return Face(
        titles=[(release.title, release.artist_line) for release in releases[:MOST_TITLES]],
        more=max(0, len(releases) - MOST_TITLES),
        cover=assets.cover_url(releases[0].cover_sha256, 480) if releases else "",
        until=date_format(last.astimezone(zone), "j F Y") if last else "",
        where=where.rstrip("/"),
        store=settings.STORE_NAME,
    )


def cards(codes: Iterable[Code]) -> list[Card]:
    """Return codes with their QR codes as SVG."""
    return [Card(code=code.shown, link=link, qr=qr(link)) for code in codes for link in [link_of(code)]]


def papers(found: Sequence[Card]) -> Iterator[Sequence[Card]]:
    """Return cards by sheets of paper."""
    return (found[at : at + ON_PAPER] for at in range(0, len(found), ON_PAPER))


def redeem_url() -> str:
    """Return the address to redeem at."""
    return f"{settings.STORE_URL}{reverse('shopfront:redeem')}"


def link_of(code: Code) -> str:
    """Return the address that a telephone opens: the form, filled in; nothing is redeemed by looking."""
    return f"{redeem_url()}?code={quote(code.shown)}"


def qr(link: str) -> SafeString:
    """Return a QR code as SVG to stand in a page: medium correction, for paper gets folded."""
    svg = segno.make(link, error="m", micro=False).svg_inline(omitsize=True, border=4, svgclass=None, lineclass=None)
    return mark_safe(svg)  # noqa: S308  (drawn by segno of a link of ours)


def table(campaign: Campaign) -> str:
    """Return a campaign's codes as CSV; no cell is a formula, whatever somebody called something."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["campaign", "code", "batch", "uses", "used", "stopped", "orders", "link"])
    uses = queries.uses_of(campaign.pk)
    for code in queries.codes_of(campaign.pk):
        orders = " ".join(row.order_number for row in uses.get(code.pk, []))
        stopped = code.stopped_at.isoformat() if code.stopped_at else ""
        facts = [campaign.name, code.shown, code.batch, code.uses, code.used, stopped, orders, link_of(code)]
        rows.writerow([harmless(str(fact)) for fact in facts])
    return text.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.lstrip().startswith(_RISKY) or cell.startswith(_RISKY) else cell
