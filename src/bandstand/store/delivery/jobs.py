"""Making what buyers fetch."""

from __future__ import annotations

from datetime import datetime, timedelta

from bandstand.kernel.progress import Progress, silent
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.delivery import queries, services, upkeep
from bandstand.store.grants import queries as grants
from bandstand.webkit.jobs import job
from bandstand.webkit.jobs.progress import JobProgress

LOSSLESS = "flac"
USUAL = "mp3-v0"  # what most players take; made when somebody has bought
LEASE = timedelta(minutes=10)
PERCENT = 100


@job("delivery.prepare", lease=LEASE)
def prepare(
    *,
    now: datetime,
    progress: Progress,
    release_id: int | None = None,
    grant_id: int | None = None,
    recipe: str = "",
) -> None:
    """See to what is always ready: the FLAC files and zip of a published release, and for a grant the format that its
    holder prefers; `recipe` where they have said none, else the usual MP3.

    Where a master is not lossless there is no FLAC, and the MP3 comes in its place. Of a release that was delivered
    anew, all that had been made before is made again, so that nobody is given the old sound or title.
    """
    if grant_id is None:
        _make_release(release_id or 0, now, progress)
        return
    grant = grants.live_grant(grant_id)
    parts = services.part_ids_of(grant.release_id) if grant.release_id is not None else [grant.part_id or 0]
    preferred = grant.holder.preferred_format or recipe or USUAL
    for slug in _applying(parts, list(dict.fromkeys([LOSSLESS, preferred]))):  # under the keys that the shelf looks at
        services.ask_for(recipe=slug, release_id=grant.release_id, part_id=grant.part_id)


@job("delivery.make", lease=LEASE)
def make(
    *, now: datetime, progress: Progress, recipe: str, release_id: int | None = None, part_id: int | None = None
) -> None:
    """Make one format of a release or a part on somebody's wish.

    Each is made twice: the second time finds it there, unless the release was delivered anew meanwhile.
    """
    if release_id is not None:
        _expect(progress, len(catalogue.live_parts([release_id])[release_id]))
        for watched in (progress, silent):
            services.bundle(release_id=release_id, recipe=recipe, now=now, progress=watched)
    elif part_id is not None:
        _expect(progress, 1)
        for watched in (progress, silent):
            services.deliverable(part_id=part_id, recipe=recipe, now=now, progress=watched)


@job("delivery.scrub", every=timedelta(hours=1))
def scrub(*, now: datetime, progress: Progress) -> None:
    """Compare a slice of the files for sale with their hashes."""
    upkeep.scrub(now=now, progress=progress)


def _make_release(release_id: int, now: datetime, progress: Progress) -> None:
    part_ids = services.part_ids_of(release_id)
    packed = sorted(recipe for _, recipe in queries.ready_bundles([release_id]))
    recipes = _applying(part_ids, list(dict.fromkeys([LOSSLESS, *packed])))
    for part_id, recipe in queries.ready_files(part_ids):
        if recipe not in recipes and recipe in _applying([part_id], [recipe]):
            services.ask_for(recipe=recipe, part_id=part_id)
    _expect(progress, len(recipes) * len(part_ids))
    for recipe in recipes:
        services.bundle(release_id=release_id, recipe=recipe, now=now, progress=progress)


def _applying(part_ids: list[int], wanted: list[str]) -> list[str]:
    possible = {recipe.slug for recipe in services.formats_of(part_ids)}
    return [slug for slug in wanted if slug in possible] or [USUAL]


def _expect(progress: Progress, tracks: int) -> None:
    if isinstance(progress, JobProgress):
        progress.expect(tracks * PERCENT)
