"""What a release's page tells of it besides price and tracks: facts, credits, and what machines read."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bandstand.store.accounts.links import absolute
from bandstand.store.assets import queries as assets
from bandstand.store.assets.models import Master
from bandstand.store.catalogue.models import Release
from bandstand.store.catalogue.queries import CreditLine, ReleasePage
from bandstand.store.deals.rules import Offer, Refusal
from bandstand.store.delivery import queries as delivery
from bandstand.store.shopfront import rules
from bandstand.store.shopfront.visits import Visit

Fact = tuple[str, str] | tuple[str, str, str]
Credits = list[tuple[str, list[tuple[str, str]]]]


def short_facts(release: Release) -> list[str]:
    """Return what is said about a release in one line."""
    facts = [release.get_kind_display()]
    if release.original_date:
        facts.append(date_format(release.original_date, "j F Y"))
    facts.append(release.label.name)
    return facts


def hero_facts(page: ReleasePage) -> list[str]:
    count, facts = len(page.tracks), short_facts(page.release)
    facts.append(_("1 track") if count == 1 else _("%(n)d tracks") % {"n": count})
    minutes = max(1, round(sum(track.part.duration_ms for track in page.tracks) / 60_000))
    facts.append(_("%(n)d min") % {"n": minutes})
    return facts


def facts(page: ReleasePage, masters: dict[int, Master], said: Offer | Refusal, visit: Visit) -> list[Fact]:
    release = page.release
    sounds = [
        rules.Sound(master.rate, master.bits, master.channels, master.lossless, master.measured.get("loudness"))
        for master in masters.values()
    ]
    formats = [
        recipe
        for recipe in delivery.formats()
        if any(recipe.applies(assets.facts_of(master)) for master in masters.values())
    ]
    facts: list[Fact] = [(_("Label"), release.label.name, release.label.get_absolute_url())]
    if release.genre:
        facts.append((_("Genre"), release.genre.name, release.genre.get_absolute_url()))
    if release.series:
        episode = f" {release.episode}" if release.episode else ""
        facts.append((_("Series"), f"{release.series.title}{episode}", release.series.get_absolute_url()))
    if release.original_date:
        facts.append((_("Released"), date_format(release.original_date, "j F Y")))
    facts.append((_("Formats"), ", ".join(delivery.label_of(recipe) for recipe in formats)))
    if sounds:
        facts.append((_("Quality"), rules.quality(sounds)))
        if measured := rules.loudness(sounds):
            facts.append((_("Loudness"), measured))
    facts.append((_("Number"), release.number))
    if release.gtin:
        facts.append((_("Barcode"), release.gtin))
    if isinstance(said, Offer) and said.ends_at is not None:
        facts.append((_("On sale until"), date_format(rules.local_day(said.ends_at, visit.zone), "j F Y")))
    return facts


def credit_lines(lines: list[CreditLine]) -> Credits:
    return [
        (f"{line.role[:1].upper()}{line.role[1:]}", [(party.name, party.get_absolute_url()) for party in line.parties])
        for line in lines
    ]


def machine_readable(page: ReleasePage, said: Offer | Refusal) -> SafeString:
    """Return what search engines read (schema.org MusicAlbum)."""
    release = page.release
    url = absolute(release.get_absolute_url())
    facts: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "MusicAlbum",
        "@id": url,
        "url": url,
        "name": release.title,
        "byArtist": [{"@type": "MusicGroup", "name": party.name} for party in page.billed]
        or {"@type": "MusicGroup", "name": release.artist_line},
        "image": assets.cover_url(release.cover_sha256, 1600),
        "numTracks": len(page.tracks),
        "track": [
            {
                "@type": "MusicRecording",
                "name": track.part.title,
                "position": track.part.number,
                "duration": rules.iso_duration(track.part.duration_ms),
                **({"isrcCode": track.part.isrc} if track.part.isrc else {}),
            }
            for track in page.tracks
        ],
    }
    if release.original_date:
        facts["datePublished"] = release.original_date.isoformat()
    if isinstance(said, Offer):
        facts["offers"] = {
            "@type": "Offer",
            "price": rules.decimal(said.price),
            "priceCurrency": said.price.currency,
            "availability": f"https://schema.org/{'PreOrder' if said.available_at else 'InStock'}",
            "url": url,
        }
    return rules.linked_data(facts)
