"""Releases as deliveries write them: created or brought up to date, row by row, and only where something differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from django.db import models, transaction

from bandstand.kernel.errors import RefusedError
from bandstand.store.catalogue import rules
from bandstand.store.catalogue.models import Credit, Genre, Label, Part, Party, Release, Series
from bandstand.store.catalogue.rules import Billed, Contributor, PartFacts, ReleaseFacts

Named = TypeVar("Named", Party, Label, Genre)


class ReleaseConflictError(RefusedError):
    """A delivery names a release by two marks that belong to two releases, or takes another one's mark."""

    code = "catalogue.conflict"

    def __init__(self, sentence: str, *, hint: str) -> None:
        super().__init__(sentence, hint=hint)


@transaction.atomic
def put_release(*, facts: ReleaseFacts, now: datetime) -> Release:
    """Create the release or bring it up to date, with parts, credits, parties, label, genre and series.

    It is recognised by GTIN, then by house number; its parts by ISRC, then by disc and number. Parts that are no longer
    delivered are withdrawn: their owners keep them. An unchanged release writes nothing.

    Raises
    ------
    ReleaseConflictError
        The GTIN and the number belong to two releases, the only mark to one that has nothing in common with this one,
        or the episode is taken.
    django.db.IntegrityError
        Somebody else wrote the same at the same time: the same call succeeds when it is made again.

    """
    release = _recognised(facts)
    parties = _parties(facts)
    values = _release_values(facts)
    _check_episode(facts, release)
    if release is None:
        base = rules.base_slug(f"{values['artist_line']} {facts.title}", fallback="release", longest=200)
        release = Release(slug=_free(Release, base), number=facts.number, created_at=now, updated_at=now, **values)
        release.save(force_insert=True)
        changed = False
    else:
        if not facts.number_is_made:
            values["number"] = facts.number
        changed = _update(release, values, now)
    placed, parts_changed = _put_parts(release, facts, now)
    credits_changed = _put_credits(release, facts, placed, parties)
    if (parts_changed or credits_changed) and not changed and release.updated_at != now:
        release.updated_at = now
        release.save(update_fields=["updated_at"])
    return release


@transaction.atomic
def withdraw(*, release_id: int, now: datetime) -> bool:
    """Take a release off sale; who bought it keeps it. Return whether it was on sale."""
    gone = Release.objects.filter(pk=release_id, withdrawn_at=None).update(withdrawn_at=now, updated_at=now)
    return bool(gone)


@transaction.atomic
def restore(*, release_id: int) -> bool:
    """Put a release back on sale, as far as its deals allow. Return whether it was off sale."""
    back = Release.objects.filter(pk=release_id, withdrawn_at__isnull=False).update(withdrawn_at=None)
    return bool(back)


def _recognised(facts: ReleaseFacts) -> Release | None:
    rows = (
        Release.objects.select_for_update()
    )  # PostgreSQL queues two deliveries here; SQLite's transaction did already
    by_gtin = rows.filter(gtin=facts.gtin).first() if facts.gtin else None
    by_number = rows.filter(number=facts.number).first()
    found = by_gtin or by_number
    if by_gtin and by_number and by_number.pk != by_gtin.pk and not facts.number_is_made:
        raise ReleaseConflictError(
            f"GTIN {facts.gtin} belongs to “{by_gtin}”, number {facts.number} to “{by_number}”.",
            hint="Correct one of them in release.toml.",
        )
    if found is None or by_gtin == by_number:
        return found
    if facts.number_is_made and by_gtin is None and _is_another(found, facts):
        raise ReleaseConflictError(
            f"A folder of this name was delivered before, with “{found}” in it.",
            hint="Give this release a `number` or a `gtin` of its own in release.toml, or rename the folder.",
        )
    if _shares_nothing(found, facts):
        mark = f"GTIN {facts.gtin}" if by_gtin else f"Number {facts.number}"
        raise ReleaseConflictError(
            f"{mark} belongs to “{found}”, which has another title and other tracks.",
            hint="Correct it; to replace that release on purpose, name both its GTIN and its number.",
        )
    return found


def _is_another(release: Release, facts: ReleaseFacts) -> bool:
    two_gtins = bool(facts.gtin and release.gtin and facts.gtin != release.gtin)
    strange = release.title != facts.title and release.artist_line != rules.artist_line(facts.billed)
    return two_gtins or strange or _shares_nothing(release, facts)


def _shares_nothing(release: Release, facts: ReleaseFacts) -> bool:
    """Whether a release has neither the title nor any track of what is told: its only mark is a slip of the pen."""
    if release.title == facts.title:
        return False
    known = Part.objects.filter(release=release).values_list("isrc", "title")
    marks = {mark for told in known for mark in told if mark}
    return not any(part.isrc in marks or part.title in marks for part in facts.parts)


def _check_episode(facts: ReleaseFacts, release: Release | None) -> None:
    """Raise when another release is that episode already."""
    if facts.series is None or facts.series.episode is None:
        return
    rows = Release.objects.filter(series__slug=facts.series.slug, episode=facts.series.episode)
    other = (rows.exclude(pk=release.pk) if release else rows).first()
    if other is not None:
        raise ReleaseConflictError(
            f"Episode {facts.series.episode} of “{facts.series.title}” is “{other}” already.",
            hint="Correct the series or the episode in release.toml.",
        )


def _release_values(facts: ReleaseFacts) -> dict[str, object]:
    return {
        "kind": facts.kind,
        "title": facts.title,
        "artist_line": rules.artist_line(facts.billed),
        "label": _named(Label, [facts.label], max_slug=120)[facts.label],
        "genre": _named(Genre, [facts.genre], max_slug=120)[facts.genre] if facts.genre else None,
        "series": _series(facts),
        "episode": facts.series.episode if facts.series else None,
        "gtin": facts.gtin,
        "language": facts.language,
        "description": facts.description,
        "copyright": facts.copyright,
        "phonogram": facts.phonogram,
        "explicit": facts.explicit,
        "original_date": facts.original_date,
        "cover_sha256": facts.cover_sha256,
        "palette": list(facts.palette),
        "duration_ms": sum(part.duration_ms for part in facts.parts),
    }


def _update(row: Release, values: Mapping[str, object], now: datetime) -> bool:
    different = [name for name, value in values.items() if getattr(row, name) != value]
    if not different:
        return False
    for name in different:
        setattr(row, name, values[name])
    row.updated_at = now
    row.save(update_fields=[*different, "updated_at"])
    return True


def _put_parts(release: Release, facts: ReleaseFacts, now: datetime) -> tuple[dict[tuple[int, int], Part], bool]:
    """Make the parts those of the facts; return them by place, and whether any row was written."""
    known = list(Part.objects.filter(release=release).order_by("pk"))
    matched = _match(facts.parts, known)
    kept = {part.pk for part in matched.values()}
    gone = [part.pk for part in known if part.pk not in kept and part.withdrawn_at is None]
    moved = [
        part.pk for place, part in matched.items() if part.withdrawn_at is None and place != (part.disc, part.number)
    ]
    if gone or moved:  # parts that change places leave theirs first: a place has one live part at any moment
        Part.objects.filter(pk__in=[*gone, *moved]).update(withdrawn_at=now)
    written, placed = bool(gone or moved), {}
    for told in facts.parts:
        values = _part_values(told, facts)
        part = matched.get((told.disc, told.number))
        if part is None:
            part = Part.objects.create(release=release, **values)
            written = True
        elif (
            part.pk in moved or part.withdrawn_at or any(getattr(part, name) != value for name, value in values.items())
        ):
            for name, value in (values | {"withdrawn_at": None}).items():
                setattr(part, name, value)
            part.save()
            written = True
        placed[told.disc, told.number] = part
    return placed, written


def _match(told: Sequence[PartFacts], known: Sequence[Part]) -> dict[tuple[int, int], Part]:
    """Find the part that each place means: that of its ISRC, else the live one there unless it has another ISRC."""
    by_isrc = {part.isrc: part for part in sorted(known, key=lambda part: part.withdrawn_at is None) if part.isrc}
    on_place = {(part.disc, part.number): part for part in known if part.withdrawn_at is None}
    found: dict[tuple[int, int], Part] = {}
    for facts in told:
        if facts.isrc and (part := by_isrc.pop(facts.isrc, None)):
            found[facts.disc, facts.number] = part
    taken = {part.pk for part in found.values()}
    for facts in told:
        place = (facts.disc, facts.number)
        other = on_place.get(place)
        if place in found or other is None or other.pk in taken:
            continue
        if not (facts.isrc and other.isrc):  # one without ISRC: the place says that it is the same
            found[place] = other
    return found


def _part_values(told: PartFacts, facts: ReleaseFacts) -> dict[str, object]:
    return {
        "disc": told.disc,
        "number": told.number,
        "title": told.title,
        "artist_line": rules.artist_line(told.billed or facts.billed),
        "isrc": told.isrc,
        "duration_ms": told.duration_ms,
        "language": told.language,
        "explicit": told.explicit,
        "lyrics": told.lyrics,
        "preview_start_ms": told.preview_start_ms,
    }


CreditKey = tuple[int | None, int, str, str, int]  # part, party, billing, role, position


def _put_credits(
    release: Release, facts: ReleaseFacts, placed: Mapping[tuple[int, int], Part], parties: Mapping[str, Party]
) -> bool:
    """Make the credits those of the facts; return whether any row was written."""
    wanted: list[CreditKey] = _keys(None, facts.billed, facts.contributors, parties)
    for told in facts.parts:
        wanted += _keys(placed[told.disc, told.number].pk, told.billed, told.contributors, parties)
    parts = [part.pk for part in placed.values()]
    own = Credit.objects.filter(models.Q(part=None) | models.Q(part__in=parts), release=release)
    present: dict[CreditKey, int] = {
        (credit.part_id, credit.party_id, credit.billing, credit.role, credit.position): credit.pk for credit in own
    }
    over = [pk for key, pk in present.items() if key not in set(wanted)]
    missing = [key for key in wanted if key not in present]
    if over:
        Credit.objects.filter(pk__in=over).delete()
    Credit.objects.bulk_create(
        Credit(release=release, part_id=part, party_id=party, billing=billing, role=role, position=position)
        for part, party, billing, role, position in missing
    )
    return bool(over or missing)


def _keys(
    part: int | None, billed: Iterable[Billed], contributors: Iterable[Contributor], parties: Mapping[str, Party]
) -> list[CreditKey]:
    told = [(artist.name, str(artist.billing), "") for artist in billed]
    told += [(person.name, str(Credit.Billing.CONTRIBUTOR), person.role) for person in contributors]
    once = dict.fromkeys(told)
    return [(part, parties[name].pk, billing, role, at) for at, (name, billing, role) in enumerate(once, start=1)]


def _parties(facts: ReleaseFacts) -> dict[str, Party]:
    people: list[Billed | Contributor] = [*facts.billed, *facts.contributors]
    for part in facts.parts:
        people += [*part.billed, *part.contributors]
    return _named(Party, [person.name for person in people], max_slug=120, language=facts.language)


def _named(model: type[Named], names: Iterable[str], *, max_slug: int, language: str = "") -> dict[str, Named]:
    """Return the rows of these names, made where there are none: one query when all are known."""
    wanted = list(dict.fromkeys(names))
    manager: models.Manager[Named] = model._default_manager  # noqa: SLF001 - Django's documented way for a model class
    found = {row.name: row for row in manager.filter(name__in=wanted).order_by("-pk")}
    for name in wanted:
        if name not in found:
            slug = _free(model, rules.base_slug(name, fallback=model._meta.model_name or "", longest=max_slug))  # noqa: SLF001
            facts = {"name": name, "slug": slug}
            if issubclass(model, Party):
                facts["sort_name"] = rules.sort_name(name, language)
            found[name] = manager.create(**facts)
    return found


def _series(facts: ReleaseFacts) -> Series | None:
    if facts.series is None:
        return None
    row, _ = Series.objects.get_or_create(slug=facts.series.slug, defaults={"title": facts.series.title})
    if row.title != facts.series.title:
        row.title = facts.series.title
        row.save(update_fields=["title"])
    return row


def _free(model: type[models.Model], base: str) -> str:
    taken = model._default_manager.filter(models.Q(slug=base) | models.Q(slug__startswith=f"{base}-"))  # noqa: SLF001
    return rules.free_slug(base, set(taken.values_list("slug", flat=True)))
