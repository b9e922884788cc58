"""Extras: booklets, pictures and texts that come with a release, stored once by what they contain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from bandstand.kernel.progress import Progress, silent
from bandstand.media.digest import Digest
from bandstand.media.extras import ExtraFacts
from bandstand.store.assets import rules
from bandstand.store.assets.models import Extra
from bandstand.store.assets.services import keep


@dataclass(frozen=True, slots=True)
class StoredExtra:
    """One file that is kept, and what it is called."""

    name: str
    facts: ExtraFacts
    found: Digest

    @property
    def key(self) -> str:
        """Where it stands."""
        return rules.extra_key(self.found.sha256, self.facts.suffix)


def store_extra(
    *, path: Path, name: str, facts: ExtraFacts, expected: Digest, progress: Progress = silent
) -> StoredExtra:
    """Copy an examined file into the store; the same bytes are stored once. Progress counts bytes.

    Raises
    ------
    ChangedWhileReadError
        The file is another one than `expected` by now; nothing is stored.
    """
    kept = StoredExtra(name, facts, expected)
    whole = not Extra.objects.filter(path=kept.key).exclude(fault="").exists()
    if whole and keep.is_kept(kept.key):
        progress(expected.size)
        return kept
    with keep.staging() as folder:
        copy, _ = keep.copy_in(path, folder, expected=expected, progress=progress)
        keep.settle(copy, kept.key)
    Extra.objects.filter(path=kept.key).exclude(fault="").update(fault="")
    return kept


@transaction.atomic
def set_extras(*, release_id: int, extras: Sequence[StoredExtra], now: datetime) -> bool:
    """Make these what comes with a release, in this order; replaced ones are kept. Return whether anything changed."""
    live = {extra.name: extra for extra in Extra.objects.filter(release_id=release_id, replaced_at=None)}
    same = {
        extra.name
        for at, extra in enumerate(extras)
        if (row := live.get(extra.name)) and (row.path, row.position) == (extra.key, at)
    }
    over = [row.pk for name, row in live.items() if name not in same]
    if over:
        Extra.objects.filter(pk__in=over, replaced_at=None).update(replaced_at=now)
    new = [
        Extra(
            release_id=release_id,
            position=at,
            name=extra.name,
            kind=extra.facts.kind,
            media_type=extra.facts.media_type,
            pages=extra.facts.pages,
            sha256=extra.found.sha256,
            size=extra.found.size,
            crc32=extra.found.crc32,
            path=extra.key,
            since=now,
        )
        for at, extra in enumerate(extras)
        if extra.name not in same
    ]
    Extra.objects.bulk_create(new)
    return bool(over or new)
