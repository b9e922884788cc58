"""Shelves with real files: small or large ones, stored as deliveries store theirs."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from itertools import count

from bandstand.kernel.units import Bytes
from bandstand.store.delivery import rules, storage
from bandstand.store.delivery.models import Bundle, Deliverable
from bandstand.store.grants import services as grants
from bandstand.webkit.files.manifests import Entry, Manifest
from bandstand.webkit.files.zips import layout
from tests.factories import NOW, make_master, make_release, make_rendition

BOUGHT = datetime(2025, 1, 6, 12, tzinfo=UTC)  # long ago by any clock
_numbers = count(1)


def stored_file(part, recipe="flac", *, data=None):
    """A file for sale with bytes of its own, and its row."""
    data = data if data is not None else f"sound {next(_numbers)} ".encode() * 50
    suffix = "." + recipe.partition("-")[0]
    key, digest = storage.store_bytes(data, area=storage.FILES, suffix=suffix)
    rendition = make_rendition(master=part.sources.get().master, recipe=recipe, recipe_version=next(_numbers))
    return Deliverable.objects.create(
        part=part, rendition=rendition, recipe=recipe, facts_digest=hashlib.sha256(key.encode()).hexdigest(),
        name=f"{part.number:02} {part.title}{suffix}", path=key, size=digest.size, sha256=digest.sha256,
        crc32=digest.crc32, made_at=NOW,
    )  # fmt: skip


def packed(release, recipe="flac", *, parts=None, data=None):
    """A release's zip with its files and credits, as `delivery` makes it; `data()` gives a track's bytes."""
    chosen = list(release.parts.order_by("number")) if parts is None else parts
    files = [stored_file(part, recipe, data=data() if data else None) for part in chosen]
    rows = [(file.name, file.path, file.size, file.crc32, file.sha256) for file in files]
    key, text = storage.store_bytes(f"credits of {release.pk}".encode(), area=storage.FILES, suffix=".txt")
    rows.append(("credits.txt", key, text.size, text.crc32, text.sha256))
    folder = rules.folder_name(artist=release.artist_line, title=release.title)
    manifest = Manifest(
        entries=tuple(
            Entry(name=f"{folder}/{name}", path=path, size=Bytes(size), crc32=crc32, sha256=sha256)
            for name, path, size, crc32, sha256 in rows
        ),
        modified=NOW,
    )
    key, _ = storage.store_bytes(manifest.pack(), area=storage.MANIFESTS, suffix=".json")
    return Bundle.objects.create(
        release=release, recipe=recipe, manifest_sha256=manifest.etag, path=key, name=f"{folder}.zip",
        size=layout(manifest).size, made_at=NOW,
    )  # fmt: skip


def album(title="Evening Ferry", *, tracks=2, lossless=True, recipe="flac", ready=True, **facts):
    """A release with masters; `ready` says that its zip is made."""
    release = make_release(title=title, tracks=tracks, **facts)
    for part in release.parts.all():
        codec = {} if lossless else {"container": "mp3", "codec": "mp3", "lossless": False, "bits": None}
        make_master(part=part, **codec)
    if ready:
        packed(release, recipe)
    return release


def own(holder, *, release=None, part=None, now=BOUGHT):
    number = next(_numbers)
    return grants.give(
        holder_id=holder.pk,
        release_id=release.pk if release else None,
        part_id=part.pk if part else None,
        source=f"order:T{number}",
        now=now,
    )
