"""Files for sale are compared with their hashes once a week; what is wanting is made again."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import PurePosixPath

from bandstand.kernel.progress import Progress, silent
from bandstand.media.digest import digest
from bandstand.store.assets import queries as assets
from bandstand.store.assets import rules
from bandstand.store.assets import services as asset_services
from bandstand.store.delivery import queries, services, storage
from bandstand.store.delivery.models import Bundle, Deliverable
from bandstand.webkit.files.manifests import Manifest

log = logging.getLogger(__name__)
SMALL = (".txt", ".jpg", ".sha256")  # beside the sound: no row names them, the manifest does


def scrub(*, now: datetime, progress: Progress = silent, most: int = rules.CHECK_BYTES) -> list[str]:
    """Check about `most` bytes of what was not looked at for a week; have made again what is wanting.

    Returns the keys of what is missing or changed. Progress counts bytes.
    """
    bad = asset_services.scrub(now=now, progress=progress, most=most, models=(Deliverable, Bundle))
    for packed in Bundle.objects.filter(checked_at=now, fault=""):
        if lost := _small_faults(packed):
            Bundle.objects.filter(pk=packed.pk).update(fault="changed")
            log.error("Files of a bundle are not what they were: %s", ", ".join(lost))
            bad += lost
    if bad:
        _ask_again(now)
    return bad


def _small_faults(packed: Bundle) -> list[str]:
    manifest = Manifest.read(assets.place(packed.path).read_bytes())
    small = [entry for entry in manifest.entries if _is_small(entry.path)]
    return [entry.path for entry in small if not _is_whole(entry.path, entry.sha256)]


def _is_small(key: str) -> bool:
    return key.startswith(f"{storage.FILES}/") and PurePosixPath(key).suffix in SMALL


def _is_whole(key: str, sha256: str) -> bool:
    try:
        return digest(assets.place(key)).sha256 == sha256
    except FileNotFoundError:
        return False


def _ask_again(now: datetime) -> None:
    """Have those made again that are given today; an old file that only its hash names can't be."""
    for file in Deliverable.objects.filter(checked_at=now).exclude(fault=""):
        if queries.file(file.part_id, file.recipe) == file:
            services.ask_for(recipe=file.recipe, part_id=file.part_id)
    for packed in Bundle.objects.filter(checked_at=now).exclude(fault=""):
        if queries.bundle(packed.release_id, packed.recipe) == packed:
            services.ask_for(recipe=packed.recipe, release_id=packed.release_id)
