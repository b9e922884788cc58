"""What a program is told about a shelf: one page of the manifest (docs/formats/takeout.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from bandstand.media.recipes import Recipe
from bandstand.store.accounts.models import User
from bandstand.store.delivery import queries as delivery
from bandstand.store.delivery.tickets import LIVES
from bandstand.store.takeout import contents, queries, rules, services
from bandstand.store.takeout.contents import Content, Kept
from bandstand.wire.v1.messages import File, Manifest, Pending, Title

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def manifest(*, holder: User, recipe: Recipe, after: int, limit: int, now: datetime) -> Manifest:
    """Return the titles behind the place `after`, and on the last page the receipts. Eight queries, however much is
    owned, and those that receipts take.
    """
    owned = queries.titles(holder.pk, now=now)
    shown, further = queries.page(owned, after=after, limit=limit)
    found = contents.contents(shown, wish=recipe)
    waiting = any(not wish.failed for content in found for wish in content.wishes)
    receipts, unsigned = ([], 0) if further else contents.receipts(owned, holder.pk, now=now)
    return Manifest(
        format=recipe.slug,
        formats=tuple(one.slug for one in delivery.formats()),
        titles_total=len(owned),
        links_until=(now + LIVES).replace(microsecond=0),
        ask_again=rules.ASK_AGAIN if waiting or unsigned else 0,
        next=further,
        titles=tuple(_title(content, holder, now) for content in found),
        receipts=tuple(_file(file, holder, now) for file in receipts),
        receipts_left=unsigned,
    )


def _title(content: Content, holder: User, now: datetime) -> Title:
    return Title(
        id=content.title.release_id,
        artist=content.title.artist,
        title=content.title.title,
        folder=content.title.folder,
        format=content.recipe,
        files=tuple(_file(file, holder, now) for file in content.files),
        pending=tuple(
            Pending(format=wish.recipe, percent=0 if wish.failed else wish.percent, failed=wish.failed)
            for wish in content.wishes
        ),
    )


def _file(file: Kept, holder: User, now: datetime) -> File:
    url = services.file_url(file, holder=holder, now=now)
    return File(name=file.name, size=file.size, sha256=file.sha256, url=url)


def etag(told: Manifest) -> str:
    """Return a weak ETag of a page: of all it says but its links and their end, which are new each time."""
    said = replace(
        told,
        links_until=_ANY_TIME,
        titles=tuple(replace(title, files=_unlinked(title.files)) for title in told.titles),
        receipts=_unlinked(told.receipts),
    )
    text = json.dumps(said.pack(), sort_keys=True)
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _unlinked(files: Iterable[File]) -> tuple[File, ...]:
    return tuple(replace(file, url="") for file in files)
