"""Files and zips for sale are made, once, and kept; addresses for them are signed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.progress import Progress, silent
from bandstand.kernel.units import Bytes
from bandstand.licences.tickets import Kind
from bandstand.media import tags
from bandstand.media.digest import Digest
from bandstand.media.recipes import RECIPES, Recipe
from bandstand.store.accounts.links import absolute
from bandstand.store.assets import queries as assets
from bandstand.store.assets.models import Extra, Master, Rendition
from bandstand.store.assets.services import ensure_rendition, keep
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.catalogue.queries import ReleasePage, Track
from bandstand.store.delivery import facts, queries, rules, storage, tickets
from bandstand.store.delivery.facts import Gain, Level
from bandstand.store.delivery.models import Bundle, Deliverable
from bandstand.store.grants.models import Grant
from bandstand.webkit.files.manifests import Entry, Manifest
from bandstand.webkit.files.zips import layout
from bandstand.webkit.jobs import SOON, enqueue

ZIP = "application/zip"
SUMS = "SHA256SUMS"


class NoMasterError(RefusedError):
    """Nothing has been delivered for a part that a file could be made from."""

    code = "delivery.no_master"

    def __init__(self, title: str) -> None:
        self.title = title
        super().__init__(f"There is no master of {title}.", hint="Deliver the release again.")


class NothingToPackError(RefusedError):
    """A release has no track in this format."""

    code = "delivery.nothing_to_pack"

    def __init__(self, title: str, recipe: Recipe) -> None:
        self.title, self.recipe = title, recipe.slug
        super().__init__(f"No track of {title} comes as {recipe.title}.", hint="Choose another format.")


def deliverable(*, part_id: int, recipe: str, now: datetime, progress: Progress = silent) -> Deliverable:
    """Return the file of a part in a format, with all its tags and cover; made now when it isn't there.

    The sound is encoded once; other facts give another file from the same rendition. Progress counts percent.

    Raises
    ------
    NoMasterError
        Nothing was delivered for the part.
    RecipeDoesNotApplyError, BandstandError
        What `assets.ensure_rendition` raises.
    """
    part = catalogue.parts([part_id])[part_id]
    page = catalogue.release_by_slug(part.release.slug, with_withdrawn_parts=True)
    track = next(track for track in page.tracks if track.part.pk == part_id)
    master = assets.source_of([part_id]).get(part_id)
    if master is None:
        raise NoMasterError(part.title)
    masters = assets.source_of([other.part.pk for other in page.tracks if other.part.withdrawn_at is None])
    return _deliverable(page, track, master, _gain_of(masters.values()), RECIPES.get(recipe), now, progress)


def bundle(*, release_id: int, recipe: str, now: datetime, progress: Progress = silent) -> Bundle:
    """Return the zip of a release in a format: a manifest of its files, cover, credits and hashes.

    Progress counts 100 for each track.

    Raises
    ------
    NothingToPackError
        The format makes no sense for any of its tracks.
    NoMasterError, BandstandError
        What `deliverable` raises.
    """
    how = RECIPES.get(recipe)
    release = catalogue.releases([release_id])[release_id]
    page = catalogue.release_by_slug(release.slug)
    masters = assets.source_of([track.part.pk for track in page.tracks])
    for track in page.tracks:
        if track.part.pk not in masters:
            raise NoMasterError(track.part.title)
    chosen = [track for track in page.tracks if how.applies(assets.facts_of(masters[track.part.pk]))]
    if not chosen:
        raise NothingToPackError(release.title, how)
    album = _gain_of(masters.values())
    files = [_deliverable(page, track, masters[track.part.pk], album, how, now, progress) for track in chosen]
    manifest = Manifest(entries=tuple(_entries(page, files)), modified=release.created_at)
    key, _ = storage.store_bytes(manifest.pack(), area=storage.MANIFESTS, suffix=".json")
    name = rules.zip_name(artist=release.artist_line, title=release.title, fmt=queries.label_of(how))
    return _bundle_row(release_id, recipe, manifest, key, name, now)


def formats_of(part_ids: list[int]) -> list[Recipe]:
    """Return the formats that make sense for at least one of these parts, the best first. One query."""
    masters = [assets.facts_of(master) for master in assets.source_of(part_ids).values()]
    return [recipe for recipe in queries.formats() if any(recipe.applies(master) for master in masters)]


def part_ids_of(release_id: int) -> list[int]:
    """Return the parts of a release that its zip has. One query."""
    return [part.pk for part in catalogue.live_parts([release_id])[release_id]]


@transaction.atomic
def ask_for(*, recipe: str, release_id: int | None = None, part_id: int | None = None) -> str:
    """Have a format made that isn't there yet; return the key of its progress. Asking twice is one job."""
    key = queries.making_key(recipe, release_id=release_id, part_id=part_id)
    enqueue("delivery.make", key=key, priority=SOON, recipe=recipe, release_id=release_id, part_id=part_id)
    return key


def file_ticket(*, grant: Grant, holder: str, file: Deliverable, now: datetime) -> str:
    """Return an address that fetches one file, for 24 hours, while the grant holds."""
    return tickets.download_url(
        kind=Kind.FILE, path=file.path, name=file.name, media_type=RECIPES.get(file.recipe).media_type,
        etag=file.sha256, size=file.size, grant_id=grant.pk, holder=holder, now=now,
    )  # fmt: skip


def extra_ticket(*, grant: Grant, holder: str, extra: Extra, now: datetime) -> str:
    """Return an address that fetches a booklet, picture or text, for 24 hours, while the grant holds."""
    return tickets.download_url(
        kind=Kind.FILE, path=extra.path, name=rules.safe_name(extra.name), media_type=extra.media_type,
        etag=extra.sha256, size=extra.size, grant_id=grant.pk, holder=holder, now=now,
    )  # fmt: skip


def zip_ticket(*, grant: Grant, holder: str, packed: Bundle, now: datetime) -> str:
    """Return an address that fetches a release as one zip, for 24 hours, while the grant holds."""
    return tickets.download_url(
        kind=Kind.ZIP, path=packed.path, name=packed.name, media_type=ZIP,
        etag=packed.manifest_sha256, size=packed.size, grant_id=grant.pk, holder=holder, now=now,
    )  # fmt: skip


def _deliverable(
    page: ReleasePage, track: Track, master: Master, album: Gain, recipe: Recipe, now: datetime, progress: Progress
) -> Deliverable:
    rendition = _rendition(master, recipe, now, progress)
    release, part = page.release, track.part
    url = absolute(release.get_absolute_url())
    said = facts.tags_of(page, track, url=url, own=_gain_of([master]), album=album)
    facts_digest = facts.digest_of(said, cover_sha256=release.cover_sha256)
    known = Deliverable.objects.filter(part=part, rendition=rendition, facts_digest=facts_digest)
    found = known.first()
    if found is not None and not found.fault and keep.is_kept(found.path):
        known.update(made_at=now)
        return found
    with keep.staging() as folder:
        made = folder / f"made{recipe.suffix}"
        digest = tags.retag(assets.place(rendition.path), made, said, picture=_cover(release.cover_sha256))
        wanting = found is not None and found.fault != ""
        key = storage.store(made, digest, area=storage.FILES, suffix=recipe.suffix, anew=wanting)
    name = rules.track_name(
        disc=part.disc,
        number=part.number,
        title=part.title,
        extension=recipe.suffix.lstrip("."),
        discs=facts.discs_of(page),
    )
    stored = {"path": key, "size": digest.size, "sha256": digest.sha256, "crc32": digest.crc32}
    return _file_row(part.pk, rendition.pk, facts_digest, stored, name, recipe, now)


def _rendition(master: Master, recipe: Recipe, now: datetime, progress: Progress) -> Rendition:
    """Return the sound of a master in a format; progress counts 100 in all, also when it was there."""
    told = 0

    def tell(percent: int) -> None:
        nonlocal told
        told += percent
        progress(percent)

    rendition = ensure_rendition(master_id=master.pk, recipe=recipe.slug, now=now, progress=tell)
    progress(max(0, 100 - told))
    return rendition


def _file_row(
    part_id: int, rendition_id: int, digest: str, stored: dict[str, object], name: str, recipe: Recipe, now: datetime
) -> Deliverable:
    row, created = Deliverable.objects.get_or_create(
        part_id=part_id,
        rendition_id=rendition_id,
        facts_digest=digest,
        defaults={**stored, "name": name, "recipe": recipe.slug, "made_at": now},
    )
    if not created:  # another worker was quicker, or the row's file was lost and is made again
        Deliverable.objects.filter(pk=row.pk).update(**stored, name=name, made_at=now, fault="")
        row.refresh_from_db()
    return row


def _bundle_row(release_id: int, recipe: str, manifest: Manifest, key: str, name: str, now: datetime) -> Bundle:
    row, created = Bundle.objects.get_or_create(
        release_id=release_id,
        recipe=recipe,
        manifest_sha256=manifest.etag,
        defaults={"path": key, "name": name, "size": layout(manifest).size, "made_at": now},
    )
    if not created:
        Bundle.objects.filter(pk=row.pk).update(name=name, made_at=now, fault="")
        row.refresh_from_db()
    return row


def _entries(page: ReleasePage, files: list[Deliverable]) -> list[Entry]:
    """Return what is in the zip: a folder with the files, cover, credits, extras, and the hashes of them all."""
    release = page.release
    text = facts.credits_text(page, url=absolute(release.get_absolute_url())).encode()
    small = {"credits.txt": storage.store_bytes(text, area=storage.FILES, suffix=".txt")}
    if (cover := _cover(release.cover_sha256)) is not None:
        small["cover.jpg"] = storage.store_bytes(cover, area=storage.FILES, suffix=".jpg")
    extras = assets.extras_of([release.pk]).get(release.pk, [])
    rows: list[tuple[str, str, Deliverable | Extra | Digest]] = [(file.name, file.path, file) for file in files]
    rows += [(name, key, found) for name, (key, found) in sorted(small.items())]
    rows += [(rules.safe_name(extra.name), extra.path, extra) for extra in extras]
    _, *names = rules.distinct([SUMS, *(name for name, _, _ in rows)])  # what a label sends takes no place of ours
    sums = rules.sums_text([(one.sha256, name) for name, (_, _, one) in zip(names, rows, strict=True)]).encode()
    key, found = storage.store_bytes(sums, area=storage.FILES, suffix=".sha256")
    names, rows = [*names, SUMS], [*rows, (SUMS, key, found)]
    folder = rules.folder_name(artist=release.artist_line, title=release.title)
    return [
        Entry(name=f"{folder}/{name}", path=path, size=Bytes(one.size), crc32=one.crc32, sha256=one.sha256)
        for name, (_, path, one) in zip(names, rows, strict=True)
    ]


def _cover(sha256: str) -> bytes | None:
    path = assets.embedded_cover(sha256)
    return path.read_bytes() if path is not None else None


def _gain_of(masters: Iterable[Master]) -> Gain:
    """Return what ReplayGain says of masters together, or of one."""
    return facts.gain_of(
        Level(master.measured.get("loudness"), master.measured.get("true_peak"), master.duration_ms)
        for master in masters
    )
