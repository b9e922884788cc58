"""Upkeep: orphans of crashes go, and every stored file is compared with its hash once a week."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path, PurePosixPath

from django.db.models import F, Model, Q

from bandstand.kernel.progress import Progress, silent
from bandstand.media.digest import digest
from bandstand.store.assets import rules
from bandstand.store.assets.models import Extra, Master, Rendition
from bandstand.store.assets.queries import place
from bandstand.store.assets.services import keep
from bandstand.store.catalogue import queries as catalogue

log = logging.getLogger(__name__)
BATCH = 500
SLICE = 2_000  # rows


def sweep(*, now: datetime, progress: Progress = silent) -> int:
    """Remove what crashes left: staged files, and kept ones that no row names, older than a day. Return how many."""
    gone = 0
    for left in _old(place(rules.STAGING).glob("*"), now):
        _remove(left)
        gone += 1
        progress(1)
    for pattern, named in _AREAS:
        candidates = _old(place("").glob(pattern), now)
        while batch := list(islice(candidates, BATCH)):
            known = named([_key(path) for path in batch])
            for path in batch:
                if _key(path) not in known:
                    gone += _take_away(path, named, now)
            progress(len(batch))
    return gone


def scrub(
    *,
    now: datetime,
    progress: Progress = silent,
    most: int = rules.CHECK_BYTES,
    models: Sequence[type[Model]] = (Master, Extra, Rendition),
) -> list[str]:
    """Compare the files that were not looked at for a week with their hashes, about `most` bytes of them.

    Returns the keys of those that are missing or changed; their rows say so too. Progress counts bytes.

    Parameters
    ----------
    models
        Whose rows name the files: by `path`, with `size`, `checked_at` and `fault`. Apps above pass their own.
    """
    due = Q(checked_at=None) | Q(checked_at__lt=now - rules.CHECK_AGE)
    bad: list[str] = []
    for model in models:
        manager = model._default_manager  # noqa: SLF001 - Django's documented way for a model class
        rows = manager.filter(due).order_by(F("checked_at").asc(nulls_first=True), "pk")
        for pk, key, size in rows.values_list("pk", "path", "size")[:SLICE]:
            if most <= 0:
                return bad
            fault = _fault(key, progress)
            manager.filter(pk=pk).update(checked_at=now, fault=fault)
            if fault:
                log.error("A stored file is not what it was: %s is %s", key, fault)
                bad.append(key)
            most -= size
    return bad


def _fault(key: str, progress: Progress) -> str:
    """Compare a file with its key, which ends in its hash."""
    try:
        return "" if digest(place(key), progress=progress).sha256 == PurePosixPath(key).stem else "changed"
    except FileNotFoundError:
        return "missing"


def _named_masters(keys: list[str]) -> set[str]:
    return set(Master.objects.filter(path__in=keys).values_list("path", flat=True))


def _named_extras(keys: list[str]) -> set[str]:
    return set(Extra.objects.filter(path__in=keys).values_list("path", flat=True))


def _named_renditions(keys: list[str]) -> set[str]:
    return set(Rendition.objects.filter(path__in=keys).values_list("path", flat=True))


def _named_covers(keys: list[str]) -> set[str]:
    used = catalogue.covers_in_use([key.rpartition("/")[2] for key in keys])
    return {f"public/covers/{sha256}" for sha256 in used}


Named = Callable[[list[str]], set[str]]
_AREAS: tuple[tuple[str, Named], ...] = (
    ("masters/??/*", _named_masters),
    ("extras/??/*", _named_extras),
    ("renditions/??/*", _named_renditions),
    ("public/covers/*", _named_covers),
)


def _take_away(path: Path, named: Named, now: datetime) -> int:
    """Remove an orphan unless somebody came to need it: whoever does touches it first (`keep.is_kept`)."""
    key = _key(path)
    with keep.staging() as folder:
        aside = folder / path.name
        try:
            path.rename(aside)
        except FileNotFoundError:
            return 0
        if key in named([key]) or not _is_old(aside, now):
            aside.rename(path)
            return 0
    return 1


def _old(paths: Iterator[Path], now: datetime) -> Iterator[Path]:
    return (path for path in paths if _is_old(path, now))


def _is_old(path: Path, now: datetime) -> bool:
    try:
        changed = path.stat().st_mtime
    except FileNotFoundError:
        return False
    return now - datetime.fromtimestamp(changed, UTC) > rules.ORPHAN_AGE


def _key(path: Path) -> str:
    return path.relative_to(place("")).as_posix()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
