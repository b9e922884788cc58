"""Filling a basket."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from bandstand.kernel.errors import RefusedError
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.deals import queries as deals
from bandstand.store.deals.rules import Refusal, Visitor
from bandstand.store.grants import queries as grants
from bandstand.store.orders import queries, rules
from bandstand.store.orders.models import Basket, BasketLine


class BasketFullError(RefusedError):
    """The basket holds as much as it may."""

    code = "orders.basket_full"

    def __init__(self) -> None:
        super().__init__(f"A basket holds {rules.MOST_LINES} titles.", hint="Buy these first, or take some out.")


class TitleUnknownError(RefusedError):
    """There is no such title."""

    code = "orders.title_unknown"

    def __init__(self) -> None:
        super().__init__("This title is not in the catalogue.", hint="Look for it again.")


class NotForSaleError(RefusedError):
    """The offer function says no."""

    code = "orders.not_for_sale"

    def __init__(self, title: str, refusal: Refusal) -> None:
        self.title, self.refusal = title, refusal
        super().__init__(f"{title}: {refusal.sentence}", hint=refusal.hint)


class AlreadyOwnedError(RefusedError):
    """The buyer has it."""

    code = "orders.already_owned"

    def __init__(self, titles: list[str]) -> None:
        self.titles = titles
        super().__init__(f"You own {', '.join(titles)} already.", hint="It is on your shelf; nobody pays twice.")


class AlreadyInReleaseError(RefusedError):
    """The track comes with a release that is in the basket."""

    code = "orders.already_in_release"

    def __init__(self, title: str, release: str) -> None:
        self.title, self.release = title, release
        super().__init__(
            f"{title} comes with {release}, which is in your basket.",
            hint="Take the release out to buy the track alone.",
        )


def basket_for(*, holder_id: int | None, token: str | None, storefront_id: int, now: datetime) -> Basket:
    """Return the basket of an account, or of the browser that holds the token; made when there is none.

    A visitor without account keeps the new basket's `token`. An unknown token gets a new one: browsers choose no names.
    """
    found = queries.basket_of(holder_id=holder_id, token=token)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return Basket.objects.create(
                holder_id=holder_id, token=secrets.token_urlsafe(32), storefront_id=storefront_id, changed_at=now
            )
    except IntegrityError:  # two requests of one account at once
        found = queries.basket_of(holder_id=holder_id, token=None)
        if found is None:
            raise
        return found


@transaction.atomic
def put_in_basket(
    *, basket_id: int, release_id: int | None = None, part_id: int | None = None, visitor: Visitor, now: datetime
) -> BasketLine:
    """Put one release or part into a basket; what is in it already stays. A release takes the place of its parts.

    Raises
    ------
    TitleUnknownError, NotForSaleError, AlreadyOwnedError, AlreadyInReleaseError, BasketFullError
        Which rule says no.
    """
    if (release_id is None) == (part_id is None):
        raise ValueError("A line is of one release or of one part.")
    basket = locked(basket_id)
    thing = Q(part_id=part_id) if release_id is None else Q(release_id=release_id)
    held = BasketLine.objects.filter(thing, basket=basket).first()
    if held is not None:
        return held
    title, of_release = _title(release_id, part_id)
    _check_offer(basket, title, release_id, part_id, visitor, now)
    if part_id is not None and BasketLine.objects.filter(basket=basket, release_id=of_release).exists():
        raise AlreadyInReleaseError(title, str(catalogue.releases([of_release])[of_release]))
    owned = grants.owned(
        basket.holder_id, release_ids=[release_id] if release_id else [], part_ids=[part_id] if part_id else []
    )
    if owned.releases or owned.parts:
        raise AlreadyOwnedError([title])
    if release_id is not None:
        BasketLine.objects.filter(basket=basket, part__release_id=release_id).delete()
    if BasketLine.objects.filter(basket=basket).count() >= rules.MOST_LINES:
        raise BasketFullError
    mark_changed(basket_id, now)
    return BasketLine.objects.create(basket=basket, release_id=release_id, part_id=part_id, added_at=now)


@transaction.atomic
def take_out_of_basket(*, basket_id: int, line_id: int, now: datetime) -> None:
    """Take a line out; one that is gone already stays gone."""
    locked(basket_id)
    BasketLine.objects.filter(basket_id=basket_id, pk=line_id).delete()
    mark_changed(basket_id, now)


@transaction.atomic
def empty_basket(*, basket_id: int, now: datetime) -> None:
    """Take everything out."""
    locked(basket_id)
    BasketLine.objects.filter(basket_id=basket_id).delete()
    mark_changed(basket_id, now)


@transaction.atomic
def merge_baskets(*, token: str | None, holder_id: int, now: datetime) -> Basket | None:
    """Move what a visitor gathered before signing in into the account's basket, and return that one.

    What the account has already, owns, or gets with a release of its basket is left out, as is what would not fit.
    Merging twice changes nothing.
    """
    loose = queries.basket_of(holder_id=None, token=token)
    mine = queries.basket_of(holder_id=holder_id, token=None)
    if loose is None:
        return mine
    if mine is None:
        return _adopt(loose, holder_id, now)
    locked(min(mine.pk, loose.pk))  # always in the same order: two merges never wait crosswise
    locked(max(mine.pk, loose.pk))
    lines = list(loose.lines.select_related("part"))
    held = {(line.release_id, line.part_id) for line in mine.lines.all()}
    whole = {release for release, _ in held if release} | {line.release_id for line in lines if line.release_id}
    fresh = [
        BasketLine(basket=mine, release_id=line.release_id, part_id=line.part_id, added_at=line.added_at)
        for line in lines
        if (line.release_id, line.part_id) not in held and not (line.part and line.part.release_id in whole)
    ]
    mine.lines.filter(part__release_id__in=whole).delete()
    room = max(0, rules.MOST_LINES - mine.lines.count())
    BasketLine.objects.bulk_create(_not_owned(holder_id, fresh)[:room])
    loose.delete()
    mark_changed(mine.pk, now)
    return mine


def locked(basket_id: int) -> Basket:
    """Return a basket that nobody else changes until this transaction ends: the update makes them wait."""
    if not Basket.objects.filter(pk=basket_id).update(changed_at=F("changed_at")):
        raise Basket.DoesNotExist
    return Basket.objects.select_related("storefront", "holder").get(pk=basket_id)


def mark_changed(basket_id: int | None, now: datetime) -> None:
    """Note that a basket is another one now: pages that showed it carry an old key. No basket, no change."""
    if basket_id is not None:
        Basket.objects.filter(pk=basket_id).update(changed_at=now)


def _adopt(loose: Basket, holder_id: int, now: datetime) -> Basket | None:
    """Make a loose basket the account's own, without what the account owns."""
    try:
        with transaction.atomic():
            Basket.objects.filter(pk=loose.pk, holder=None).update(holder_id=holder_id, changed_at=now)
    except IntegrityError:  # the account got one meanwhile
        return merge_baskets(token=loose.token, holder_id=holder_id, now=now)
    lines = list(loose.lines.all())
    kept = {line.pk for line in _not_owned(holder_id, lines)}
    BasketLine.objects.filter(pk__in=[line.pk for line in lines if line.pk not in kept]).delete()
    return queries.basket_of(holder_id=holder_id, token=None)


def _not_owned(holder_id: int, lines: list[BasketLine]) -> list[BasketLine]:
    owned = grants.owned(
        holder_id,
        release_ids=[line.release_id for line in lines if line.release_id],
        part_ids=[line.part_id for line in lines if line.part_id],
    )
    return [line for line in lines if line.release_id not in owned.releases and line.part_id not in owned.parts]


def _title(release_id: int | None, part_id: int | None) -> tuple[str, int]:
    """Return what a title is called, and the release it is or belongs to."""
    if release_id is not None:
        release = catalogue.releases([release_id]).get(release_id)
        if release is None:
            raise TitleUnknownError
        return str(release), release.pk
    part = catalogue.parts([part_id or 0]).get(part_id or 0)
    if part is None:
        raise TitleUnknownError
    return part.title, part.release_id


def _check_offer(
    basket: Basket, title: str, release_id: int | None, part_id: int | None, visitor: Visitor, now: datetime
) -> None:
    front = basket.storefront
    if release_id is not None:
        said = deals.release_offers([release_id], storefront=front, visitor=visitor, now=now)[release_id]
    else:
        said = deals.part_offers([part_id or 0], storefront=front, visitor=visitor, now=now)[part_id or 0]
    if isinstance(said, Refusal):
        raise NotForSaleError(title, said)
