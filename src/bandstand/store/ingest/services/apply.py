"""Last two stages: files into the store, outside any transaction; then everything else in one transaction."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, OperationalError, transaction

from bandstand.kernel.errors import OutsideError
from bandstand.kernel.progress import Progress
from bandstand.media.digest import Digest
from bandstand.store.assets import services as assets
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.catalogue import services as catalogue_services
from bandstand.store.catalogue.rules import ReleaseFacts
from bandstand.store.deals import services as deals
from bandstand.store.ingest import queries
from bandstand.store.ingest.models import Delivery
from bandstand.store.ingest.rules.places import Place
from bandstand.store.ingest.rules.report import Outcome, State
from bandstand.store.ingest.rules.resolve import Delivered, Resolved
from bandstand.store.ingest.services.collect import Collected
from bandstand.store.ingest.services.read import Cover, Extra
from bandstand.webkit.jobs import enqueue

ATTEMPTS = 6
FIRST_WAIT = 0.05  # seconds; doubled each time
PREVIEW_PRIORITY = 5
QUALITY_PRIORITY = -5  # staff reads it later; buyers wait for the rest


class DeliveryBusyError(OutsideError):
    """Others kept writing the same release."""

    code = "ingest.busy"

    def __init__(self, folder: str) -> None:
        self.folder = folder
        super().__init__(f"{folder} could not be written: others write the same.", hint="Try it again in a moment.")


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store keeps of a delivery's files."""

    masters: Mapping[str, int]  # by the name of the audio file
    release: ReleaseFacts  # with its cover
    extras: Sequence[assets.StoredExtra] = ()


def store(
    found: Collected,
    digests: Mapping[str, Digest],
    delivered: list[Delivered],
    cover: Cover | None,
    extras: list[Extra],
    resolved: Resolved,
    *,
    now: datetime,
    progress: Progress,
) -> Stored:
    """Keep masters, cover and extras; progress counts bytes.

    Raises
    ------
    ChangedWhileReadError
        A file is no longer what was checked.
    """
    paths = {entry.name: entry.path for entry in found.audio}
    release = resolved.release
    if cover is not None:
        kept = assets.store_cover(source=cover.source, now=now)
        release = replace(release, cover_sha256=kept.sha256, palette=kept.palette)
    masters = {}
    for one in delivered:
        master = assets.store_master(
            path=paths[one.file],
            examination=one.examination,
            now=now,
            expected=digests[one.file],
            progress=progress,
        )
        masters[one.file] = master.pk
    kept_extras = [
        assets.store_extra(
            path=extra.entry.path,
            name=extra.name,
            facts=extra.facts,
            expected=digests[extra.entry.name],
            progress=progress,
        )
        for extra in extras
    ]
    return Stored(masters, release, kept_extras)


def apply(outcome: Outcome, stored: Stored, resolved: Resolved, *, now: datetime) -> Outcome:
    """Write release, sources, deals, delivery and jobs: all of it, or nothing.

    Raises
    ------
    ReleaseConflictError
        The release clashes with another one.
    UnknownTierError
        The store has no price tier of that name.
    DeliveryBusyError
        Others wrote the same at the same time, again and again.
    """
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return _write(outcome, stored, resolved, now)
        except (
            IntegrityError,
            OperationalError,
        ) as error:  # another worker was first, or the database asks to try again
            if attempt == ATTEMPTS - 1:
                raise DeliveryBusyError(outcome.folder) from error
            time.sleep(FIRST_WAIT * 2**attempt * (0.5 + random.random()))  # noqa: S311 - jitter
    raise AssertionError("the last attempt returns or raises")


def try_out(resolved: Resolved, *, now: datetime) -> None:
    """Find out whether a release would be taken, and leave no trace. Errors are those of `apply`."""
    with transaction.atomic():
        release = catalogue_services.put_release(facts=resolved.release, now=now)
        deals.replace_deals(release_id=release.pk, deals=resolved.deals, source="", now=now)
        transaction.set_rollback(True)


def _write(outcome: Outcome, stored: Stored, resolved: Resolved, now: datetime) -> Outcome:
    release = catalogue_services.put_release(facts=stored.release, now=now)
    before = queries.latest_applied(release.pk)
    if before is not None and before.digest == outcome.digest:  # somebody took the same folder in meanwhile
        return replace(outcome, state=State.UNCHANGED, release_id=release.pk, slug=release.slug, title=str(release))
    parts = {Place(part.disc, part.number): part for part in catalogue.live_parts([release.pk])[release.pk]}
    sources = {parts[place].pk: (stored.masters[file], file) for place, file in resolved.files.items()}
    assets.set_sources(masters=sources, now=now)
    assets.set_extras(release_id=release.pk, extras=stored.extras, now=now)
    source = f"{release.label}: delivery “{outcome.folder[:80]}” of {now:%Y-%m-%d}"
    deals.replace_deals(release_id=release.pk, deals=resolved.deals, source=source, now=now)
    result = replace(outcome, state=State.APPLIED, release_id=release.pk, slug=release.slug, title=str(release))
    Delivery.objects.create(
        folder=result.folder, digest=result.digest, state=result.state, release=release, report=result.report(), at=now
    )
    for part in parts.values():
        key = f"{part.pk}-{sources[part.pk][0]}-{part.preview_start_ms}"
        enqueue("ingest.preview", key=key, priority=PREVIEW_PRIORITY, part_id=part.pk)
    for master_id in {master_id for master_id, _ in sources.values()}:
        enqueue("quality.examine", key=str(master_id), priority=QUALITY_PRIORITY, master_id=master_id)
    enqueue("delivery.prepare", key=f"release:{release.pk}:{result.digest[:16]}", release_id=release.pk)
    return result
