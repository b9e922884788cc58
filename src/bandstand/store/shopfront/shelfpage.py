"""The shelf: what a listener has, and every file of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bandstand.kernel.units import size as size_text
from bandstand.media.recipes import Recipe
from bandstand.store.assets import queries as assets
from bandstand.store.assets.models import Master
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.catalogue.models import Part, Release
from bandstand.store.delivery import access
from bandstand.store.delivery import queries as delivery
from bandstand.store.delivery.models import Bundle, Deliverable
from bandstand.store.grants.models import Grant
from bandstand.store.shopfront import rules
from bandstand.store.shopfront.cards import srcset
from bandstand.store.shopfront.formats import extra_text
from bandstand.store.shopfront.visits import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One format of one thing: where to fetch it, and how large it is when it has been made."""

    grant: Grant
    slug: str
    label: str
    size: str  # empty: it is made when it is asked for
    percent: int | None = None  # of what is being made now

    @property
    def url(self) -> str:
        """Where it is fetched."""
        return _url(self.grant, self.slug)

    @property
    def state(self) -> str:
        """Its size, or when it will have one."""
        if self.size:
            return self.size
        return _("made on first wish") if self.percent is None else _("being made, %(n)d %%") % {"n": self.percent}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing on the shelf."""

    title: str
    artist: str
    src: str
    srcset: str
    url: str
    page_url: str
    is_track: bool
    release_title: str
    comes_on: str  # it was ordered ahead, and is not here yet
    ways: list[Way]
    fetch_url: str  # takes one of the ways by its slug, and remembers it
    chosen: str  # the slug of the way that the listener took last, or of the best one


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a thing in one format."""

    place: str
    title: str
    url: str
    name: str
    size: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """All files of a thing in one format."""

    label: str
    title: str
    way: Way
    files: list[File]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A file that was given before, and still is: by its hash."""

    title: str
    label: str
    url: str
    size: str
    day: str
    other_sound: bool  # or it only says something else about it


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A booklet, a picture or a text that comes with a release."""

    name: str
    what: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that the page of one thing shows."""

    item: Item
    release: Release
    formats: list[Format]
    extras: list[Beside]
    earlier: list[Earlier]


def items(grants: Sequence[Grant], visit: Visit, *, preferred: str = "") -> list[Item]:
    """Return what is on a shelf: five queries, however much it is. `preferred` is the slug of a format."""
    whole = [grant.release_id for grant in grants if grant.release_id is not None]
    singles = [grant.part_id for grant in grants if grant.part_id is not None]
    sounds, sounds_alone = assets.sounds_of_releases(whole), assets.sounds_of_parts(singles)
    bundles, files = delivery.ready_bundles(whole), delivery.ready_files(singles)
    formats, under_way = delivery.formats(), delivery.under_way()
    found = []
    for grant in grants:
        facts = sounds.get(grant.release_id, []) if grant.release_id else sounds_alone.get(grant.part_id or 0, [])
        recipes = [recipe for recipe in formats if any(recipe.applies(fact) for fact in facts)]
        ways = [_way(grant, recipe, _made(grant, recipe, bundles, files), under_way) for recipe in recipes]
        found.append(_item(grant, ways, visit, preferred))
    return found


def view(grant: Grant, visit: Visit, *, preferred: str = "") -> View:
    """Return the page of one thing on the shelf, with every file in every format; `preferred` as in `items`."""
    release = grant.release or (grant.part.release if grant.part else None)
    if release is None:
        raise ValueError("A grant is of one release or part.")
    if grant.starts_at > visit.now:
        return View(item=_item(grant, [], visit, preferred), release=release, formats=[], extras=[], earlier=[])
    parts = [part for part in catalogue.all_parts([release.pk])[release.pk] if access.covers(grant, part)]
    ids = [part.pk for part in parts]
    masters, made = assets.source_of(ids), delivery.all_files(ids)
    facts = {part_id: assets.facts_of(master) for part_id, master in masters.items()}
    files, bundles = delivery.latest(made), delivery.ready_bundles([release.pk])
    under_way, several = delivery.under_way(), len({part.disc for part in parts}) > 1
    formats = []
    for recipe in delivery.formats():
        rows = [
            _file(grant, part, recipe, files.get((part.pk, recipe.slug)), several=several)
            for part in parts
            if part.pk in facts and recipe.applies(facts[part.pk])
        ]
        if rows:
            way = _way(grant, recipe, _made(grant, recipe, bundles, files), under_way)
            formats.append(Format(label=delivery.label_of(recipe), title=recipe.title, way=way, files=rows))
    return View(
        item=_item(grant, [shown.way for shown in formats], visit, preferred),
        release=release,
        formats=formats,
        extras=_extras(grant),
        earlier=_earlier(grant, parts, made, masters, visit),
    )


def way_to(grant: Grant, slug: str) -> str | None:
    """Return where a thing is fetched in a format; None where there is no such format."""
    if slug not in {recipe.slug for recipe in delivery.known_formats()}:
        return None
    return _url(grant, slug)


def _extras(grant: Grant) -> list[Beside]:
    if grant.release_id is None:
        return []
    return [
        Beside(
            name=extra.name,
            what=extra_text(extra),
            url=reverse("delivery:extra", args=[grant.pk, extra.sha256]),
        )
        for extra in assets.extras_of([grant.release_id]).get(grant.release_id, [])
    ]


def _earlier(
    grant: Grant, parts: Sequence[Part], made: Sequence[Deliverable], masters: dict[int, Master], visit: Visit
) -> list[Earlier]:
    """Return the files that are no longer the ones of their format, the latest first.

    So are those of a format that isn't made any more, as lossless ones of a track that came anew as a lossy master.
    """
    titles = {part.pk: part.title for part in parts}
    labels = {recipe.slug: delivery.label_of(recipe) for recipe in delivery.known_formats()}
    now = {
        (part_id, recipe.slug)
        for part_id, master in masters.items()
        for recipe in delivery.known_formats()
        if recipe.applies(assets.facts_of(master))
    }
    given: set[tuple[int, str]] = set()
    found = []
    for file in made:
        key = (file.part_id, file.recipe)
        is_latest = key not in given
        given.add(key)
        if is_latest and key in now:
            continue
        master = masters.get(file.part_id)
        found.append(
            Earlier(
                title=titles[file.part_id],
                label=labels.get(file.recipe, file.recipe),
                url=reverse("delivery:hash", args=[grant.pk, file.sha256]),
                size=size_text(file.size),
                day=date_format(rules.local_day(file.made_at, visit.zone), "j F Y"),
                other_sound=master is None or file.rendition.master_id != master.pk,
            )
        )
    return found


def _made(
    grant: Grant,
    recipe: Recipe,
    bundles: dict[tuple[int, str], Bundle],
    files: dict[tuple[int, str], Deliverable],
) -> Bundle | Deliverable | None:
    if grant.release_id is not None:
        return bundles.get((grant.release_id, recipe.slug))
    return files.get((grant.part_id or 0, recipe.slug))


def _way(grant: Grant, recipe: Recipe, made: Bundle | Deliverable | None, under_way: dict[str, int]) -> Way:
    key = delivery.making_key(recipe.slug, release_id=grant.release_id, part_id=grant.part_id)
    return Way(
        grant=grant,
        slug=recipe.slug,
        label=delivery.label_of(recipe),
        size=size_text(made.size) if made else "",
        percent=None if made else under_way.get(key),
    )


def _url(grant: Grant, slug: str) -> str:
    if grant.release_id is not None:
        return reverse("delivery:zip", args=[grant.pk, slug])
    return reverse("delivery:file", args=[grant.pk, slug, grant.part_id])


def _file(grant: Grant, part: Part, recipe: Recipe, file: Deliverable | None, *, several: bool) -> File:
    return File(
        place=f"{part.disc}-{part.number:02}" if several else f"{part.number:02}",
        title=part.title,
        url=reverse("delivery:file", args=[grant.pk, recipe.slug, part.pk]),
        name=file.name if file else "",
        size=size_text(file.size) if file else "",
        sha256=file.sha256 if file else "",
    )


def _item(grant: Grant, ways: list[Way], visit: Visit, preferred: str) -> Item:
    thing: Release | Part | None = grant.release or grant.part
    if thing is None:
        raise ValueError("A grant is of one release or part.")
    release = thing.release if isinstance(thing, Part) else thing
    comes_on = ""
    if grant.starts_at > visit.now:
        comes_on = date_format(rules.local_day(grant.starts_at, visit.zone), "l j F Y")
    return Item(
        title=thing.title,
        artist=thing.artist_line,
        src=assets.cover_url(release.cover_sha256, 240),
        srcset=srcset(release.cover_sha256),
        url=reverse("shopfront:shelf_item", args=[grant.pk]),
        page_url=release.get_absolute_url(),
        is_track=isinstance(thing, Part),
        release_title=release.title,
        comes_on=comes_on,
        ways=[] if comes_on else ways,
        fetch_url=reverse("shopfront:shelf_fetch", args=[grant.pk]),
        chosen=next((way.slug for way in ways if way.slug == preferred), ways[0].slug if ways else ""),
    )
