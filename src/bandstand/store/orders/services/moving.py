"""Baskets that move: to another storefront with their visitor, into the basket of an account at sign-in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from bandstand.kernel.money import Money
from bandstand.store.deals.rules import Refusal, Visitor
from bandstand.store.grants import queries as grants
from bandstand.store.orders import queries, rules
from bandstand.store.orders.models import Basket, BasketLine, Order
from bandstand.store.orders.services.holding import another, locked, mark_changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Repriced:
    """One line of a basket that moved to another storefront: what it cost, and what it costs now."""

    title: str
    before: Money | None  # None: it could not be bought there
    after: Money | None  # None: it can't be bought here
    refusal: Refusal | None


@transaction.atomic
def move_basket(
    *, basket_id: int, storefront_id: int, before: Visitor, visitor: Visitor, now: datetime
) -> list[Repriced]:
    """Let a basket follow its visitor to another storefront, and return what that changes, line by line.

    Everything stays in it; what can't be bought there says why. Prices that were named are of another currency, and
    are what is suggested there. `before` is the visitor as the old storefront knows them. Moving to where it is changes
    nothing.
    """
    basket = locked(basket_id)
    if basket.storefront_id == storefront_id:
        return []
    old = queries.basket_page(basket, visitor=before, now=now)
    if any(line.line.chosen is not None for line in old.lines):
        BasketLine.objects.filter(basket_id=basket_id).update(chosen=None)
    Basket.objects.filter(pk=basket_id).update(storefront_id=storefront_id, **another(now))
    moved = Basket.objects.select_related("storefront", "holder").get(pk=basket_id)
    new = queries.basket_page(moved, visitor=visitor, now=now)
    return [
        Repriced(
            title=str(was.line),
            before=was.frozen.shown if was.frozen else None,
            after=then.frozen.shown if then.frozen else None,
            refusal=then.refusal,
        )
        for was, then in zip(old.lines, new.lines, strict=True)
    ]


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
        BasketLine(
            basket=mine,
            release_id=line.release_id,
            part_id=line.part_id,
            added_at=line.added_at,
            chosen=line.chosen if mine.storefront_id == loose.storefront_id else None,
        )
        for line in lines
        if (line.release_id, line.part_id) not in held and not (line.part and line.part.release_id in whole)
    ]
    mine.lines.filter(part__release_id__in=whole).delete()
    room = max(0, rules.MOST_LINES - mine.lines.count())
    BasketLine.objects.bulk_create(_not_owned(holder_id, fresh)[:room])
    if mine.voucher_id is None and loose.voucher_id is not None:
        Basket.objects.filter(pk=mine.pk).update(voucher=loose.voucher_id)
    Order.objects.filter(basket=loose).update(basket=mine)  # an unpaid one gives up its code when this one is ordered
    loose.delete()
    mark_changed(mine.pk, now)
    return mine


def _adopt(loose: Basket, holder_id: int, now: datetime) -> Basket | None:
    """Make a loose basket the account's own, without what the account owns."""
    try:
        with transaction.atomic():
            Basket.objects.filter(pk=loose.pk, holder=None).update(holder_id=holder_id, **another(now))
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
