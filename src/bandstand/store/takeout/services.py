"""All that somebody owns is asked for, frozen as one bundle, and addressed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath

from django.conf import settings
from django.db import transaction

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.progress import Progress, silent
from bandstand.kernel.units import Bytes
from bandstand.licences import tickets as signed
from bandstand.licences.tickets import Kind, Purpose, Ticket
from bandstand.media.recipes import RECIPES, Recipe
from bandstand.store.accounts.models import User
from bandstand.store.assets.queries import place
from bandstand.store.delivery import queries as delivery
from bandstand.store.delivery import services as making
from bandstand.store.delivery import storage, tickets
from bandstand.store.delivery.rules import safe_name
from bandstand.store.receipts import keeping
from bandstand.store.takeout import contents, queries, rules
from bandstand.store.takeout.contents import Content, Kept
from bandstand.store.takeout.models import Takeout
from bandstand.webkit.files import headers, tars, zips
from bandstand.webkit.files.manifests import MAX_ENTRIES, Entry, Manifest
from bandstand.webkit.jobs import SOON, enqueue
from bandstand.wire.v1.messages import RECEIPTS

MEDIA_TYPES = {Takeout.Kind.ZIP: "application/zip", Takeout.Kind.TAR: "application/x-tar"}
_LAYOUTS = {Takeout.Kind.ZIP: zips.layout, Takeout.Kind.TAR: tars.layout}
_MISSING = "Not in this bundle.txt"


class UnknownFormatError(RefusedError):
    """There is no such format."""

    code = "takeout.format"
    status = 404

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        names = ", ".join(recipe.slug for recipe in delivery.formats())
        super().__init__("There is no such format.", hint=f"These are there: {names}.")


class NothingOwnedError(RefusedError):
    """There is nothing to give."""

    code = "takeout.nothing"
    status = 404

    def __init__(self) -> None:
        super().__init__("There is nothing on this shelf.", hint="What you buy comes here and stays here.")


class StillMakingError(RefusedError):
    """Some of it is being made, so the whole can't be given yet."""

    code = "takeout.making"
    status = 503

    def __init__(self, left: int, titles: int) -> None:
        self.left, self.retry_after = left, rules.ASK_AGAIN
        super().__init__(
            f"{left} of {titles} titles are still being made in this format.",
            hint="Come back in a while, or take FLAC, which is always ready.",
        )


class ReceiptsLeftError(StillMakingError):
    """So many orders were never taken along that their receipts take more than one request to sign."""

    code = "takeout.receipts"

    def __init__(self, left: int) -> None:
        super().__init__(left, left)
        self.sentence = f"{left} receipts are still to be signed."
        self.hint = "Ask again: each time more of them are there."


class TooLargeError(RefusedError):
    """More files than one bundle holds."""

    code = "takeout.too_large"

    def __init__(self, files: int) -> None:
        self.files = files
        super().__init__(
            f"These are {files} files; one bundle holds {MAX_ENTRIES}.",
            hint="Use `bandstand fetch`: it takes any number of files.",
        )


def format_of(slug: str) -> Recipe:
    """Return a format for sale by its name.

    Raises
    ------
    UnknownFormatError
        There is none.
    """
    found = next((recipe for recipe in delivery.formats() if recipe.slug == slug), None)
    if found is None:
        raise UnknownFormatError(slug)
    return found


@transaction.atomic
def ask(*, holder_id: int, recipe: str) -> None:
    """Have all of a shelf made in a format, as far as it isn't. Asking twice is one job."""
    enqueue("takeout.ask", key=queries.ask_key(holder_id, recipe), priority=SOON, holder_id=holder_id, recipe=recipe)


def ask_each(*, holder_id: int, recipe: str, now: datetime, progress: Progress = silent) -> int:
    """Ask for each thing of a shelf that is not there in a format; return how many these are."""
    found = contents.contents(queries.titles(holder_id, now=now), wish=RECIPES.get(recipe))
    asked = 0
    for wish in contents.wishes_of(found):
        making.ask_for(recipe=wish.recipe, release_id=wish.release_id, part_id=wish.part_id)
        asked += 1
        progress(1)
    return asked


def freeze(*, holder: User, recipe: Recipe, kind: str, now: datetime) -> Takeout:
    """Write down all that somebody owns now, as one bundle whose bytes never change.

    Raises
    ------
    NothingOwnedError, StillMakingError, TooLargeError
        There is nothing, not yet all, or too much.
    """
    titles = queries.titles(holder.pk, now=now)
    found = contents.contents(titles, wish=recipe)
    if left := sum(1 for content in found if any(not wish.failed for wish in content.wishes)):
        ask(holder_id=holder.pk, recipe=recipe.slug)
        raise StillMakingError(left, len(titles))
    if not any(content.files for content in found):
        raise NothingOwnedError
    receipts, unsigned = contents.receipts(titles, holder.pk, now=now)
    if unsigned:
        raise ReceiptsLeftError(unsigned)
    entries = _entries(found, receipts)
    if len(entries) > MAX_ENTRIES:
        raise TooLargeError(len(entries))
    bought = (held.starts_at for title in titles for held in title.held)
    manifest = Manifest(entries=tuple(entries), modified=rules.modified(bought, now=now))
    key, _ = storage.store_bytes(manifest.pack(), area=storage.MANIFESTS, suffix=".json")
    row, created = Takeout.objects.get_or_create(
        holder=holder,
        recipe=recipe.slug,
        kind=kind,
        manifest_sha256=manifest.etag,
        defaults={
            "path": key,
            "name": safe_name(f"{_top()} - everything ({delivery.label_of(recipe)}).{kind}"),
            "size": _LAYOUTS[Takeout.Kind(kind)](manifest).size,
            "titles": len(titles),
            "grants": sorted(held.grant_id for title in titles for held in title.held),
            "made_at": now,
            "asked_at": now,
        },
    )
    if not created:
        Takeout.objects.filter(pk=row.pk).update(asked_at=now)
    return row


def _top() -> str:
    return safe_name(settings.STORE_NAME, limit=100)


def _entries(found: Sequence[Content], receipts: Sequence[Kept]) -> list[Entry]:
    """Return the bundle's files: a folder for each title, one of receipts, and a note of what could not be made."""
    top = _top()
    rows = [(content.title.folder, file) for content in found for file in content.files]
    rows += [(RECEIPTS, file) for file in receipts]
    entries = [
        Entry(
            name=f"{top}/{folder}/{file.name}",
            path=file.path,
            size=file.size,
            crc32=file.crc32,
            sha256=file.sha256,
        )
        for folder, file in rows
    ]
    missing = [content for content in found if content.wishes or not content.files]
    if missing:
        lines = [f"{content.title.folder}: {_why(content)}" for content in missing]
        key, note = storage.store_bytes(("\n".join(lines) + "\n").encode(), area=storage.FILES, suffix=".txt")
        entries.append(Entry(name=f"{top}/{_MISSING}", path=key, size=note.size, crc32=note.crc32, sha256=note.sha256))
    return entries


def _why(content: Content) -> str:
    failed = next((wish.failed for wish in content.wishes if wish.failed), "")
    return f"could not be made ({failed})" if failed else "there is nothing to make it from"


def stream_url(row: Takeout, *, holder: User, now: datetime) -> str:
    """Return an address of a frozen bundle: for a week, while everything in it is owned."""
    starts = int(now.timestamp())
    return tickets.address(
        Ticket(
            purpose=Purpose.TAKEOUT,
            kind=Kind(row.kind),
            path=row.path,
            name=row.name,
            media_type=MEDIA_TYPES[Takeout.Kind(row.kind)],
            etag=row.manifest_sha256,
            size=Bytes(row.size),
            grant=row.pk,
            holder=str(holder.public_id),
            starts=starts,
            expires=starts + int(rules.STREAM_LIVES.total_seconds()),
            nonce=secrets.token_bytes(signed.NONCE),
        )
    )


def file_url(file: Kept, *, holder: User, now: datetime) -> str:
    """Return an address of one file, for a day, while its grant holds."""
    return tickets.download_url(
        kind=Kind.FILE, path=file.path, name=PurePosixPath(file.name).name, media_type=headers.media_type(file.path),
        etag=file.sha256, size=file.size, grant_id=file.grant_id, holder=str(holder.public_id), now=now,
    )  # fmt: skip


def erase(*, holder_id: int, now: datetime) -> None:
    """Forget somebody's bundles; what they bought is in the grants."""
    _forget(list(Takeout.objects.filter(holder_id=holder_id)))


def forget(*, now: datetime) -> int:
    """Forget the bundles that nobody has asked for in a long time, and receipts that others have replaced; return how
    many. They can be made again.
    """
    rows = list(Takeout.objects.filter(asked_at__lt=now - rules.KEPT)[:500])
    _forget(rows)
    holders = set(Takeout.objects.values_list("holder_id", flat=True))
    return len(rows) + keeping.forget(before=now - rules.KEPT, keep=holders)


def _forget(rows: list[Takeout]) -> None:
    for row in rows:
        row.delete()
        if not Takeout.objects.filter(path=row.path).exists():
            place(row.path).unlink(missing_ok=True)
