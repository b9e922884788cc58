"""Which files and zips are ready to be fetched, and how far the others are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Count, Max, Q

from bandstand.media import encoders
from bandstand.media.recipes import RECIPES, Kind, Recipe
from bandstand.store.delivery.models import Bundle, Deliverable
from bandstand.webkit.jobs import queries as jobs

ORDER = (  # as listeners choose: the best first, the smallest last
    "flac", "alac", "wav", "aiff", "mp3-v0", "mp3-320", "aac-256", "vorbis-q6", "opus-160", "atrac3-lp2", "atrac3-105",
    "atrac3-lp4",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Making:
    """How far the work on a format is. `failed` tells why it stopped."""

    percent: int
    failed: str = ""


def known_formats() -> list[Recipe]:
    """Return all formats, the best first, also those that can't be made here but may have been."""
    found = [recipe for recipe in RECIPES if recipe.kind is Kind.DOWNLOAD]
    return sorted(
        found, key=lambda recipe: (ORDER.index(recipe.slug) if recipe.slug in ORDER else len(ORDER), recipe.slug)
    )


def formats() -> list[Recipe]:
    """Return the formats for sale, the best first: those that the ffmpeg at hand has the encoder for."""
    return [recipe for recipe in known_formats() if _can_be_made(recipe)]


def _can_be_made(recipe: Recipe) -> bool:
    try:
        return encoders.has(recipe.needs)
    except encoders.EncoderMissingError:  # workers will say so; a page shows what needs nothing special
        return False


def label_of(recipe: Recipe) -> str:
    """Return a format's name as file names have it: "FLAC", "MP3 V0"."""
    return recipe.title.partition(",")[0]


def ready_bundles(release_ids: Collection[int]) -> dict[tuple[int, str], Bundle]:
    """Return the latest zip of each release and recipe. One query."""
    return _latest(Bundle.objects.filter(release_id__in=list(release_ids)).order_by("made_at", "pk"), "release_id")


def ready_files(part_ids: Collection[int]) -> dict[tuple[int, str], Deliverable]:
    """Return the latest file of each part and recipe. One query."""
    return _latest(Deliverable.objects.filter(part_id__in=list(part_ids)).order_by("made_at", "pk"), "part_id")


def latest(files: Sequence[Deliverable]) -> dict[tuple[int, str], Deliverable]:
    """Return the same of all files at hand, given the latest first."""
    return _latest(reversed(files), "part_id")


def all_files(part_ids: Collection[int]) -> list[Deliverable]:
    """Return every file that was ever made of these parts, each with its rendition, the latest first. One query."""
    rows = Deliverable.objects.filter(part_id__in=list(part_ids)).select_related("rendition")
    return list(rows.order_by("-made_at", "-pk"))


def bundle(release_id: int, recipe: str) -> Bundle | None:
    """Return the zip that is given for a release and recipe, when there is one."""
    return ready_bundles([release_id]).get((release_id, recipe))


def file(part_id: int, recipe: str) -> Deliverable | None:
    """Return the file that is given for a part and recipe, when there is one."""
    return ready_files([part_id]).get((part_id, recipe))


def by_sha256(sha256: str) -> list[Deliverable]:
    """Return the files of a hash, with their parts: an old one stays fetchable. Two parts may have the same bytes."""
    return list(Deliverable.objects.filter(sha256=sha256).select_related("part").order_by("pk"))


def making_key(recipe: str, *, release_id: int | None = None, part_id: int | None = None) -> str:
    """Return the key of the job that makes a format of one release or part."""
    return f"release:{release_id}:{recipe}" if release_id is not None else f"part:{part_id}:{recipe}"


def making(key: str) -> Making | None:
    """Return how far the work under `key` is; None when nobody asked for it."""
    job = jobs.by_key(name="delivery.make", key=key)
    if job is None:
        return None
    if job.state == job.State.PARKED:
        return Making(0, failed=job.error)
    if job.state == job.State.CANCELLED:
        return None
    return Making(_percent(job.done_count, job.total_count))


Row = TypeVar("Row", Bundle, Deliverable)


def under_way() -> dict[str, int]:
    """Return how many percent of each format that is being made now are done, by its key. One query."""
    published = Q(name="delivery.prepare", key__startswith="release:")  # others are for one grant
    rows = jobs.alive().filter(Q(name="delivery.make") | published).order_by("-name")  # what is wished counts last
    return {
        key if name == "delivery.make" else making_key(ORDER[0], release_id=payload["release_id"]): _percent(
            done, total
        )
        for name, key, payload, done, total in rows.values_list("name", "key", "payload", "done_count", "total_count")
    }


def _percent(done: int, total: int | None) -> int:
    return min(100, 100 * done // total) if total else 0


def _latest(rows: Iterable[Row], of: str) -> dict[tuple[int, str], Row]:
    return {(getattr(row, of), row.recipe): row for row in rows}


def made_of(
    release_ids: Collection[int], part_ids: Collection[int]
) -> dict[tuple[int | None, int | None], list[tuple[int, int, int]]]:
    """Return, by (release, None) and (None, part), how many files were ever made of each part, and the latest: another
    answer says that there is another file. One query.
    """
    wanted = Q(part__release_id__in=list(release_ids)) | Q(part_id__in=list(part_ids))
    rows = Deliverable.objects.filter(wanted).values_list("part_id", "part__release_id").order_by("part_id")
    found: dict[tuple[int | None, int | None], list[tuple[int, int, int]]] = {}
    for part_id, release_id, count, latest in rows.annotate(count=Count("pk"), latest=Max("pk")):
        for thing in ((release_id, None), (None, part_id)):
            found.setdefault(thing, []).append((part_id, count, latest))
    return found


def files_of(release_ids: Collection[int], part_ids: Collection[int]) -> list[Deliverable]:
    """Return every file ever made of these releases and parts, in the order of their tracks. One query."""
    wanted = Q(part__release_id__in=list(release_ids)) | Q(part_id__in=list(part_ids))
    return list(
        Deliverable.objects.filter(wanted)
        .select_related("part")
        .order_by("part__release_id", "part__disc", "part__number", "recipe", "pk")
    )
