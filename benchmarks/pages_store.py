"""A store as `bench_pages` needs it: 2,000 releases of ten tracks, 400 accounts, and one listener who has 300 things.

Run inside a store's environment: `python benchmarks/pages_store.py fill` makes the rows and prints the addresses and
cookies as JSON; `... count` reads them from stdin and prints how many queries each page asks.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import django
from django.db import connection, models, transaction

RELEASES, TRACKS, ARTISTS, LABELS, GENRES, SESSIONS, COMING = 2_000, 10, 250, 40, 24, 60, 40
ACCOUNTS, EACH = 400, 12  # other listeners, and what each of them has
WHOLE, SINGLE = 270, 30  # what the listener has: releases, tracks
ALSO = {"mp3-v0": 3, "opus-160": 10}  # beside FLAC: every third thing, every tenth
ROLES = ("composer", "piano", "double bass", "mixing engineer", "mastering engineer", "producer")
WORDS = ("Harbour", "Evening", "Slow", "Weather", "Ferry", "Lantern", "Signal", "Copper", "Field", "Glass", "Winter")
NOW = datetime.now(UTC).replace(microsecond=0)
Row = TypeVar("Row", bound=models.Model)


def fill() -> dict[str, object]:
    """Make everything; return the addresses of the pages and the cookies of the listener."""
    with transaction.atomic():
        parties = make_catalogue()
        buyer = make_accounts()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")  # as autovacuum does a minute after
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(buyer)
    from bandstand.store.catalogue.models import Release
    from bandstand.store.grants.models import Grant

    grant = Grant.objects.filter(holder=buyer, release__isnull=False).order_by("-pk")[100]
    last = -(-(WHOLE + SINGLE) // 48)
    release = Release.objects.exclude(kind="session").order_by("pk")[RELEASES // 2]
    return {
        "cookies": {name: morsel.value for name, morsel in client.cookies.items()},
        "pages": {
            "front page": ["/", False],
            "release": [release.get_absolute_url(), False],
            "release, signed in": [release.get_absolute_url(), True],
            "artist": [parties[7].get_absolute_url(), False],
            "all releases, first page": ["/releases/", False],
            "shelf, first page": ["/shelf/", True],
            "shelf, last page": [f"/shelf/?page={last}", True],
            "one title on the shelf": [f"/shelf/{grant.pk}/", True],
        },
    }


def make_catalogue() -> Sequence[models.Model]:
    """Make artists, labels, releases with tracks, credits, masters, previews and deals; return the artists."""
    from bandstand.store.catalogue.models import Credit, Genre, Label, Part, Party, Release, Series
    from bandstand.store.deals.models import Deal, PriceTier
    from bandstand.store.deals.services import set_up_store

    set_up_store(now=NOW)
    chance = random.Random(1)
    parties = many(
        Party(name=f"{chance.choice(WORDS)} {n}", sort_name=f"{n:04}", slug=f"artist-{n}") for n in range(ARTISTS)
    )
    labels = many(Label(name=f"Label {n}", slug=f"label-{n}") for n in range(LABELS))
    genres = many(Genre(name=f"Genre {n}", slug=f"genre-{n}") for n in range(GENRES))
    series = Series.objects.create(slug="living-room", title="Living Room", about="One room, one evening.")
    releases = many(
        Release(
            slug=f"title-{n}", kind="session" if n < SESSIONS else "album", title=f"{chance.choice(WORDS)} {n}",
            artist_line=parties[n % ARTISTS].name, label=labels[n % LABELS], genre=genres[n % GENRES],
            series=series if n < SESSIONS else None, episode=n + 1 if n < SESSIONS else None, number=f"BENCH-{n:05}",
            gtin=f"40{n:011}", language="en", description="Recorded in a week of rain. " * 12,
            copyright="2026 Label", phonogram="2026 Label", cover_sha256=digest("cover", n),
            original_date=(NOW - timedelta(days=RELEASES - n)).date(), palette=["#284b63", "#d9d9d9", "#3c6e71"],
            duration_ms=TRACKS * 215_000, created_at=NOW, updated_at=NOW,
        )
        for n in range(RELEASES)
    )  # fmt: skip
    parts = many(
        Part(
            release=release, number=place, title=f"{chance.choice(WORDS)} {chance.choice(WORDS)}",
            artist_line=release.artist_line, isrc=f"DEB0226{release.pk % 100_000:05}",
            duration_ms=215_000 + place * 777, lyrics="Slack water\n" * 30 if place % 4 == 0 else "",
        )
        for release in releases
        for place in range(1, TRACKS + 1)
    )  # fmt: skip
    said = [
        Credit(release=release, party=parties[n % ARTISTS], billing="main", position=1)
        for n, release in enumerate(releases)
    ]
    for n, part in enumerate(parts):
        roles = enumerate(chance.sample(ROLES, 2))
        said += [
            Credit(
                release_id=part.release_id, part=part, party=parties[(n * 7 + at) % ARTISTS], billing="contributor",
                role=role, position=at + 1,
            )
            for at, role in roles
        ]  # fmt: skip
    many(said)
    tiers = {tier.slug: tier for tier in PriceTier.objects.all()}
    many(
        Deal(
            release=release, territories=["ww"], uses=["download", "stream"], release_tier=tiers["album"],
            track_tier=tiers["track"], members_only=n < SESSIONS, source="delivery:bench",
            start_day=(NOW + timedelta(days=9)).date() if n >= RELEASES - COMING else release.original_date,
        )
        for n, release in enumerate(releases)
    )  # fmt: skip
    make_sound(parts)
    return parties


def make_sound(parts: Sequence[models.Model]) -> None:
    """Make the rows of masters and previews; there are no files behind them."""
    from bandstand.store.assets.models import Master, Rendition, Source

    measured = {"loudness": -14.2, "loudness_range": 6.1, "true_peak": -1.0, "bandwidth": 21_000, "effective_bits": 24}
    masters = many(
        Master(
            sha256=digest("master", n), size=41_000_000, crc32=n, path=f"masters/{n}.flac", container="flac",
            codec="flac", rate=44_100, channels=2, bits=24, lossless=True, frames=9_481_500, duration_ms=215_000,
            measured=measured, peaks=b"\x80\x7f" * 800, stored_at=NOW,
        )
        for n in range(len(parts))
    )  # fmt: skip
    many(
        Source(part=part, master=master, file_name="track.flac", since=NOW)
        for part, master in zip(parts, masters, strict=True)
    )
    many(
        Rendition(
            master=master, recipe="preview", recipe_version=1, encoder="bench", path=f"renditions/{n}.mp3",
            size=480_000, sha256=digest("preview", n), crc32=n, duration_ms=30_000, made_at=NOW,
        )
        for n, master in enumerate(masters)
    )  # fmt: skip


def make_accounts() -> models.Model:
    """Make listeners with their shelves; return the one who has most."""
    from bandstand.store.accounts.models import User
    from bandstand.store.catalogue.models import Part, Release
    from bandstand.store.grants.models import Grant

    users = many(
        User(email=f"listener{n}@example.org", name=f"Listener {n}", password="!", joined_at=NOW, claimed_at=NOW)
        for n in range(ACCOUNTS + 1)
    )
    chance, ids = random.Random(2), list(Release.objects.values_list("pk", flat=True))
    buyer, *others = users
    held = chance.sample(ids, WHOLE + SINGLE)
    whole, single = held[:WHOLE], [Part.objects.filter(release_id=pk).first() for pk in held[WHOLE:]]
    grants = [Grant(release_id=pk, holder=buyer) for pk in whole] + [Grant(part=part, holder=buyer) for part in single]
    grants += [Grant(release_id=pk, holder=user) for user in others for pk in chance.sample(ids, EACH)]
    for n, grant in enumerate(grants):
        grant.use, grant.source, grant.starts_at = "own", f"order:{n}", NOW - timedelta(hours=n)
    many(grants)
    make_files(whole, [part for part in single if part is not None])
    return buyer


def make_files(whole: Sequence[int], single: Sequence[models.Model]) -> None:
    """Make the rows of files and zips of what the listener has."""
    from bandstand.store.assets.models import Rendition, Source
    from bandstand.store.catalogue.models import Part
    from bandstand.store.delivery.models import Bundle, Deliverable

    parts = [*Part.objects.filter(release_id__in=whole), *single]
    masters = dict(Source.objects.filter(part__in=parts).values_list("part_id", "master_id"))
    place = {pk: n for n, pk in enumerate([*whole, *(part.release_id for part in single)])}
    wanted = [
        (part, recipe)
        for recipe, step in ({"flac": 1} | ALSO).items()
        for part in parts
        if place[part.release_id] % step == 0
    ]
    renditions = many(
        Rendition(
            master_id=masters[part.pk], recipe=recipe, recipe_version=1, encoder="bench", size=30_000_000,
            path=f"renditions/{n}.{recipe}", sha256=digest(recipe, n), crc32=n, duration_ms=215_000, made_at=NOW,
        )
        for n, (part, recipe) in enumerate(wanted)
    )  # fmt: skip
    many(
        Deliverable(
            part=part, rendition=rendition, recipe=recipe, facts_digest=digest("facts", n), path=f"deliverables/{n}",
            name=f"{part.number:02} {part.title}.{recipe}", size=30_400_000, sha256=digest("file", n), crc32=n,
            made_at=NOW,
        )
        for n, ((part, recipe), rendition) in enumerate(zip(wanted, renditions, strict=True))
    )  # fmt: skip
    many(
        Bundle(
            release_id=pk, recipe=recipe, manifest_sha256=digest("zip", n), path=f"manifests/{n}.json", made_at=NOW,
            name=f"Title {n}.zip", size=304_000_000,
        )
        for recipe, step in ({"flac": 1} | ALSO).items()
        for n, pk in enumerate(whole)
        if n % step == 0
    )  # fmt: skip


def many(rows: Iterator[Row] | Sequence[Row]) -> list[Row]:
    """Insert rows of one kind."""
    made = list(rows)
    return list(type(made[0]).objects.bulk_create(made, batch_size=500))


def digest(*words: object) -> str:
    """Return something that looks like a SHA-256."""
    return hashlib.sha256(repr(words).encode()).hexdigest()


def count(told: dict[str, dict]) -> dict[str, int]:
    """Return how many queries each page asks, once what a process keeps is there."""
    from django.conf import settings
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["localhost"]
    found = {}
    for name, (path, signed_in) in told["pages"].items():
        client = Client(SERVER_NAME="localhost")
        client.cookies.load(told["cookies"] if signed_in else {})
        assert client.get(path).status_code == 200
        with CaptureQueriesContext(connection) as caught:
            client.get(path)
        found[name] = len(caught)
        if "--show" in sys.argv:
            for query in caught.captured_queries:
                print(f"{name}: {query['sql'][:400]}", file=sys.stderr)
    return found


if __name__ == "__main__":
    django.setup()
    print(json.dumps(fill() if sys.argv[1] == "fill" else count(json.load(sys.stdin))))
