"""Minimal rows for tests: what a test doesn't name is ordinary."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from bandstand.store.assets.models import Extra, Master, Rendition, Source
from bandstand.store.catalogue.models import Credit, Genre, Label, Part, Party, Release, Series
from bandstand.store.deals.models import Deal, PriceTier, Storefront
from bandstand.store.deals.services import set_up_store
from bandstand.store.vouchers.models import Campaign, Code
from bandstand.store.vouchers.rules import fold, new_text

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_numbers = count(1)


def make_storefront(**facts: Any) -> Storefront:
    """The store's own storefront (with its price tiers); with facts, one more of its own kind."""
    europe = set_up_store(now=NOW)
    if not facts:
        return europe
    number = next(_numbers)
    ordinary = {
        "slug": f"storefront-{number}",
        "name": f"Storefront {number}",
        "territories": ["DE"],
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
    }
    return Storefront.objects.create(**(ordinary | facts))


def make_label(name: str = "Harbour Light") -> Label:
    return Label.objects.get_or_create(name=name, defaults={"slug": name.lower().replace(" ", "-")})[0]


def make_party(name: str = "Mara Linde") -> Party:
    return Party.objects.get_or_create(slug=name.lower().replace(" ", "-"), defaults={"name": name, "sort_name": name})[
        0
    ]


def make_genre(name: str = "Ambient") -> Genre:
    return Genre.objects.get_or_create(name=name, defaults={"slug": name.lower().replace(" ", "-")})[0]


def make_series(slug: str = "living-room") -> Series:
    return Series.objects.get_or_create(slug=slug, defaults={"title": slug.replace("-", " ").title()})[0]


def make_release(*, tracks: int = 0, **facts: Any) -> Release:
    """A release by Mara Linde without a deal; `tracks` says how many parts (without masters) it gets."""
    number = next(_numbers)
    ordinary = {
        "slug": f"release-{number}",
        "kind": "album",
        "title": f"Release {number}",
        "artist_line": "Mara Linde",
        "number": f"TEST-{number:04}",
        "original_date": NOW.date(),
        "created_at": NOW,
        "updated_at": NOW,
    }
    if "label" not in facts:
        ordinary["label"] = make_label()
    release = Release.objects.create(**(ordinary | facts))
    Credit.objects.create(release=release, party=make_party(release.artist_line), billing="main", position=1)
    for place in range(1, tracks + 1):
        make_part(release=release, number=place)
    return release


def make_part(*, release: Release | None = None, **facts: Any) -> Part:
    """A part without a master; on the next free place of its release."""
    release = release or make_release()
    number = release.parts.count() + 1
    ordinary = {
        "number": number,
        "title": f"Track {number}",
        "artist_line": release.artist_line,
        "duration_ms": 180_000,
    }
    return Part.objects.create(release=release, **(ordinary | facts))


def make_deal(
    *, release: Release, release_tier: str | None = "album", track_tier: str | None = "track", **facts: Any
) -> Deal:
    """A deal worldwide, from ever to ever, for download and stream, at the ordinary prices."""
    make_storefront()
    ordinary = {"territories": ["ww"], "uses": ["download", "stream"], "source": "test"}
    return Deal.objects.create(
        release=release,
        release_tier=PriceTier.objects.get(slug=release_tier) if release_tier else None,
        track_tier=PriceTier.objects.get(slug=track_tier) if track_tier else None,
        **(ordinary | facts),
    )


def make_master(*, part: Part | None = None, **facts: Any) -> Master:
    """A row about a FLAC master whose file is not there; with `part`, also the source that ties both."""
    sha256 = hashlib.sha256(f"master {next(_numbers)}".encode()).hexdigest()
    ordinary = {
        "sha256": sha256,
        "size": 20_000_000,
        "crc32": 1,
        "path": f"masters/{sha256[:2]}/{sha256}.flac",
        "container": "flac",
        "codec": "flac",
        "rate": 44_100,
        "channels": 2,
        "bits": 16,
        "lossless": True,
        "frames": 7_938_000,
        "duration_ms": 180_000,
        "measured": {},
        "peaks": b"\x80\x7f" * 8,
        "stored_at": NOW,
    }
    master = Master.objects.create(**(ordinary | facts))
    if part is not None:
        Source.objects.create(part=part, master=master, file_name=f"{part.number:02} {part.title}.flac", since=NOW)
    return master


def make_extra(*, release: Release, **facts: Any) -> Extra:
    """A booklet that comes with a release; no file stands behind it."""
    sha256 = f"{next(_numbers):064x}"
    ordinary: dict[str, Any] = {
        "name": "Booklet.pdf",
        "position": release.extras.count(),
        "kind": "booklet",
        "media_type": "application/pdf",
        "pages": 8,
        "sha256": sha256,
        "size": 3_100_000,
        "crc32": 1,
        "path": f"extras/{sha256[:2]}/{sha256}.pdf",
        "since": NOW,
    }
    return Extra.objects.create(release=release, **(ordinary | facts))


def make_rendition(*, master: Master, **facts: Any) -> Rendition:
    """A row about a preview whose file is not there."""
    sha256 = hashlib.sha256(f"rendition {next(_numbers)}".encode()).hexdigest()
    ordinary = {
        "recipe": "preview",
        "recipe_version": 1,
        "encoder": "test",
        "path": f"renditions/{sha256[:2]}/{sha256}.mp3",
        "size": 480_000,
        "sha256": sha256,
        "crc32": 1,
        "duration_ms": 30_000,
        "made_at": NOW,
    }
    return Rendition.objects.create(master=master, **(ordinary | facts))


def make_campaign(*, kind: str = "percent", releases: Sequence[Release] = (), **facts: Any) -> Campaign:
    """A campaign of 10 percent, of 5 EUR, or of titles, that runs from ever to ever."""
    kinds: dict[str, dict[str, Any]] = {
        "percent": {"percent": 10},
        "amount": {"amount": 500, "currency": "EUR"},
        "titles": {},
    }
    worth = kinds[kind]
    ordinary = {"name": "Spring", "kind": kind, "starts_at": datetime(2020, 1, 1, tzinfo=UTC), "made_by": "test"}
    campaign = Campaign.objects.create(**(ordinary | {"made_at": NOW} | worth | facts))
    campaign.releases.set(releases)
    return campaign


def make_code(*, campaign: Campaign | None = None, word: str = "", **facts: Any) -> Code:
    """A code that works once; with a word, one of that name."""
    text = fold(word) if word else new_text()
    return Code.objects.create(campaign=campaign or make_campaign(), text=text, word=word, **facts)
