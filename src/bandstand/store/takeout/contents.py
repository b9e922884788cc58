"""Which files a title consists of in a wished format, and which of them are still to be made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from bandstand.kernel.units import Bytes
from bandstand.media.recipes import Recipe
from bandstand.store.assets import queries as assets
from bandstand.store.assets.models import Master
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.catalogue.models import Part
from bandstand.store.delivery import queries as delivery
from bandstand.store.delivery.models import Bundle, Deliverable
from bandstand.store.delivery.rules import distinct
from bandstand.store.receipts import keeping
from bandstand.store.receipts import rules as receipt_rules
from bandstand.store.takeout import rules
from bandstand.store.takeout.queries import Held, Title
from bandstand.webkit.files.manifests import Entry, Manifest, ManifestError
from bandstand.webkit.jobs import queries as jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One stored file of a title: its name in the title's folder, and where its bytes are."""

    name: str
    path: str
    size: Bytes
    crc32: int
    sha256: str
    grant_id: int
    recipe: str


def receipts(titles: Sequence[Title], holder_id: int, *, now: datetime) -> tuple[list[Kept], int]:
    """Return the signed receipts of all that somebody has paid, and how many are still to be signed.

    They are given by the right to the first title: whoever owns nothing any more finds them with their orders.
    """
    if not titles:
        return [], 0
    grant_id = min(title.first for title in titles)
    rows, left = keeping.kept(holder_id, now=now)
    found = [
        Kept(
            name=receipt_rules.file_name(row.order.number, ".receipt"),
            path=row.path,
            size=Bytes(row.size),
            crc32=row.crc32,
            sha256=row.sha256,
            grant_id=grant_id,
            recipe="",
        )
        for row in rows
    ]
    return found, left


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Something that is to be made: a release or a part in a format."""

    recipe: str
    release_id: int | None = None
    part_id: int | None = None
    percent: int = 0
    failed: str = ""  # why, when it was tried and given up

    @property
    def key(self) -> str:
        """The key of the job that makes it."""
        return delivery.making_key(self.recipe, release_id=self.release_id, part_id=self.part_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A title's files in a format, or in the best there is where that format makes no sense."""

    title: Title
    recipe: str  # the one that most of it comes in; empty when nothing can be made of it
    files: tuple[Kept, ...] = ()
    wishes: tuple[Wish, ...] = ()


@dataclass(slots=True)
class _Rows:
    """What is known about some titles, read at once."""

    parts: dict[int, list[Part]]  # by release, withdrawn ones too
    masters: dict[int, Master]
    bundles: dict[tuple[int, str], Bundle]
    files: dict[tuple[int, str], Deliverable]
    under_way: dict[str, int] = field(default_factory=dict)


def contents(titles: Sequence[Title], *, wish: Recipe) -> list[Content]:
    """Return what each title consists of. Seven queries, however many titles they are."""
    formats = delivery.formats()
    rows = _rows(titles)
    found = [_content(title, rows, wish, formats) for title in titles]
    keys = [one.key for content in found for one in content.wishes]
    failed = _failed(keys) if keys else {}
    if not failed:
        return found
    return [_told(content, failed) for content in found]


def _rows(titles: Sequence[Title]) -> _Rows:
    release_ids = [title.release_id for title in titles]
    parts = catalogue.all_parts(release_ids)
    part_ids = [part.pk for found in parts.values() for part in found]
    return _Rows(
        parts=parts,
        masters=assets.source_of(part_ids),
        bundles=delivery.ready_bundles(release_ids),
        files=delivery.ready_files(part_ids),
        under_way=delivery.under_way(),
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where a title's files come from: its bundle in a format, and single parts in theirs."""

    recipe: str  # of the bundle; empty without one
    bundle: Bundle | None
    singles: tuple[tuple[Held, int, str], ...]  # the grant, the part and its format


def _plan(title: Title, rows: _Rows, wish: Recipe, formats: Sequence[Recipe]) -> _Plan:
    recipe, single = "", [(held, held.part_id) for held in title.held if held.part_id is not None]
    if (whole := title.whole) is not None:
        parts = rows.parts[title.release_id]
        recipe, inside = _of_bundle(parts, rows, wish, formats)
        single += [(whole, part.pk) for part in parts if part.pk not in inside and _covers(whole, part)]
    chosen = [(held, part_id, _chosen(rows.masters.get(part_id), wish, formats)) for held, part_id in single]
    singles = tuple((held, part_id, one.slug) for held, part_id, one in chosen if one is not None)
    return _Plan(recipe, rows.bundles.get((title.release_id, recipe)) if recipe else None, singles)


def _content(title: Title, rows: _Rows, wish: Recipe, formats: Sequence[Recipe]) -> Content:
    plan = _plan(title, rows, wish, formats)
    files: list[Kept] = []
    wishes: list[Wish] = []
    if plan.recipe and title.whole is not None:
        files += _from_bundle(title.whole, plan.bundle, plan.recipe)
        if not files:
            wishes.append(_wish(rows, plan.recipe, release_id=title.release_id))
    for held, part_id, recipe in plan.singles:
        row = rows.files.get((part_id, recipe))
        if row is None:
            wishes.append(_wish(rows, recipe, part_id=part_id))
        else:
            files.append(_from_file(held, row))
    names = distinct(file.name for file in files)
    named = tuple(replace(file, name=name) for file, name in zip(files, names, strict=True))
    recipe = plan.recipe or next((slug for _, _, slug in plan.singles), "")
    return Content(title=title, recipe=recipe, files=named, wishes=tuple(wishes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How much a whole shelf is in one format, and how many of its titles are ready."""

    recipe: Recipe
    size: Bytes  # of what is ready
    ready: int
    titles: int
    given_up: int = 0  # of which something was tried and can't be made; the bundle names them
    making: bool = False  # whether something of it is being made, or waits for that, now

    @property
    def left(self) -> int:
        """How many titles are still to be made."""
        return self.titles - self.ready - self.given_up


def totals(titles: Sequence[Title]) -> list[Total]:
    """Return how much a shelf is in each format. Eight queries, however much it is; no manifest is read."""
    formats, rows, lost = delivery.formats(), _rows(titles), _given_up()
    found = []
    for wish in formats:
        size = ready = given_up = 0
        making = False
        for title in titles:
            plan = _plan(title, rows, wish, formats)
            made: dict[str, Bundle | Deliverable | None] = {
                delivery.making_key(recipe, part_id=part_id): rows.files.get((part_id, recipe))
                for _, part_id, recipe in plan.singles
            }
            if plan.recipe:
                made[delivery.making_key(plan.recipe, release_id=title.release_id)] = plan.bundle
            size += sum(row.size for row in made.values() if row is not None)
            missing = {key for key, row in made.items() if row is None}
            ready += not missing
            given_up += bool(missing) and missing <= lost
            making = making or not missing.isdisjoint(rows.under_way)
        counted = {"ready": ready, "titles": len(titles), "given_up": given_up}
        found.append(Total(recipe=wish, size=Bytes(size), making=making, **counted))
    return found


def _of_bundle(parts: list[Part], rows: _Rows, wish: Recipe, formats: Sequence[Recipe]) -> tuple[str, set[int]]:
    """Return the format in which a release's bundle is given, and the parts that are in it.

    A bundle in a format has those of its parts for which the format makes sense.
    """
    live = {
        part.pk: assets.facts_of(rows.masters[part.pk])
        for part in parts
        if part.withdrawn_at is None and part.pk in rows.masters
    }
    for recipe in (wish, *formats):
        inside = {pk for pk, facts in live.items() if recipe.applies(facts)}
        if inside:
            return recipe.slug, inside
    return "", set()


def _covers(whole: Held, part: Part) -> bool:
    return part.withdrawn_at is None or part.withdrawn_at > whole.starts_at


def _chosen(master: Master | None, wish: Recipe, formats: Sequence[Recipe]) -> Recipe | None:
    return rules.choose(assets.facts_of(master), wish, formats) if master is not None else None


def _from_bundle(held: Held, row: Bundle | None, recipe: str) -> list[Kept]:
    if row is None:
        return []
    return [
        Kept(
            name=entry.name.partition("/")[2] or entry.name,
            path=entry.path,
            size=entry.size,
            crc32=entry.crc32,
            sha256=entry.sha256,
            grant_id=held.grant_id,
            recipe=recipe,
        )
        for entry in _entries(row.path)
    ]


def _entries(path: str) -> tuple[Entry, ...]:
    """Return what a stored manifest lists; nothing when it is lost, so that it is made again."""
    try:
        return _read(path)
    except (OSError, ManifestError):
        return ()


@lru_cache(maxsize=512)
def _read(path: str) -> tuple[Entry, ...]:
    """Read a manifest once: its key is its hash, so it never changes."""
    return Manifest.read(assets.place(path).read_bytes()).entries


def _from_file(held: Held, row: Deliverable) -> Kept:
    return Kept(
        name=row.name,
        path=row.path,
        size=Bytes(row.size),
        crc32=row.crc32,
        sha256=row.sha256,
        grant_id=held.grant_id,
        recipe=row.recipe,
    )


def _wish(rows: _Rows, recipe: str, *, release_id: int | None = None, part_id: int | None = None) -> Wish:
    key = delivery.making_key(recipe, release_id=release_id, part_id=part_id)
    percent = rows.under_way.get(key, 0)
    return Wish(recipe=recipe, release_id=release_id, part_id=part_id, percent=percent)


def _failed(keys: list[str]) -> dict[str, str]:
    """Return why those of the wishes failed that nobody works on any more."""
    alive = set(jobs.alive(name="delivery.make").values_list("key", flat=True))
    tried = jobs.parked().filter(name="delivery.make", key__in=keys).values_list("key", "error")
    return {key: error.strip().rpartition("\n")[2][:200] or "?" for key, error in tried if key not in alive}


def _given_up() -> set[str]:
    """Return the keys of what was tried and put aside, and nobody works on any more."""
    tried = set(jobs.parked().filter(name="delivery.make").values_list("key", flat=True))
    return tried - set(jobs.alive(name="delivery.make").values_list("key", flat=True)) if tried else tried


def _told(content: Content, failed: dict[str, str]) -> Content:
    wishes = tuple(replace(wish, failed=failed.get(wish.key, "")) for wish in content.wishes)
    return replace(content, wishes=wishes)


def wishes_of(found: Iterable[Content]) -> Iterator[Wish]:
    """Yield what is to be made and has not failed."""
    return (one for content in found for one in content.wishes if not one.failed)
