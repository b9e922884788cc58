"""Releases as cards: one prepared value for each, whatever list they stand in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bandstand.kernel.money import Money
from bandstand.store.assets import queries as assets
from bandstand.store.catalogue.models import Release
from bandstand.store.deals import queries as deals
from bandstand.store.deals.rules import Offer, Refusal, Rule
from bandstand.store.grants import queries as grants
from bandstand.store.shopfront import rules
from bandstand.store.shopfront.visits import Visit

WIDTHS = (240, 480, 960)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What `webkit/components/card.html` shows of a release."""

    title: str
    url: str
    artist: str
    src: str
    srcset: str
    palette: list[str]
    price: str = ""
    why: str = ""
    badge: str = ""
    badge_tone: str = ""
    badge_icon: str = ""
    note: str = ""
    play: None = None


def cards(releases: Sequence[Release], visit: Visit) -> list[Card]:
    """Return the cards of releases with what the visitor may do with each: three queries, one more for an account."""
    if not releases:
        return []
    ids = [release.pk for release in releases]
    offers = deals.release_offers(ids, storefront=visit.storefront, visitor=visit.visitor, now=visit.now)
    owned = grants.owned(visit.holder_id, release_ids=ids, part_ids=[]).releases
    return [_card(release, offers[release.pk], owned, visit) for release in releases]


def srcset(cover_sha256: str) -> str:
    """Return a cover's sizes for a browser to choose from."""
    return ", ".join(f"{assets.cover_url(cover_sha256, width)} {width}w" for width in WIDTHS) if cover_sha256 else ""


def price_text(price: Money) -> str:
    """Write a price; nothing to pay has a word of its own."""
    return str(price) if price else _("Free")


def offer_text(offer: Offer) -> str:
    """Write what an offer asks for."""
    return _("Name your price") if offer.open_price else price_text(offer.price)


def _mark(offer: Offer, visit: Visit) -> dict[str, str]:
    """Return the badge of what can be bought: for members, or ordered ahead."""
    if offer.available_at is not None:
        day = date_format(rules.local_day(offer.available_at, visit.zone), "l j F")
        return {"badge": day, "badge_tone": "accent", "badge_icon": "calendar"}
    return {"badge": _("Members"), "badge_icon": "member"} if offer.members_only else {}


def _card(release: Release, said: Offer | Refusal, owned: Collection[int], visit: Visit) -> Card:
    facts = {
        "title": release.title,
        "url": release.get_absolute_url(),
        "artist": release.artist_line,
        "src": assets.cover_url(release.cover_sha256, 480),
        "srcset": srcset(release.cover_sha256),
        "palette": release.palette,
    }
    return Card(**facts, **_state(release, said, owned, visit))  # type: ignore[arg-type]  # two dicts of its fields


def _state(release: Release, said: Offer | Refusal, owned: Collection[int], visit: Visit) -> dict[str, str]:
    if release.pk in owned:
        return {"badge": _("Yours"), "badge_tone": "good", "badge_icon": "check"}
    if isinstance(said, Offer):
        return {"price": offer_text(said), **_mark(said, visit)}
    if said.rule is Rule.MEMBERS_ONLY:
        return {"badge": _("Members"), "badge_icon": "member"}
    if said.rule is Rule.NOT_YET and said.changes_at is not None:
        day = date_format(rules.local_day(said.changes_at, visit.zone), "l j F")
        return {"badge": day, "badge_tone": "accent", "badge_icon": "calendar"}
    if said.rule is Rule.TERRITORY:
        return {"badge": _("Not sold here"), "badge_icon": "globe"}
    return {"why": _("Single tracks") if said.rule is Rule.NOT_SOLD_WHOLE else _("Not for sale")}
