"""Filling a basket."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bandstand.kernel.errors import InputError, RefusedError
from bandstand.kernel.money import Money
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.deals import queries as deals
from bandstand.store.deals.rules import Offer, Refusal, TitleFacts, Visitor
from bandstand.store.grants import queries as grants
from bandstand.store.orders import queries, rules
from bandstand.store.orders.models import Basket, BasketLine
from bandstand.store.orders.services.holding import change, locked, mark_changed
from bandstand.webkit.prepared import PreparedInsert


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


class ChosenPriceError(InputError):
    """The price that a buyer named is too low, too high, or of another currency."""

    code = "orders.chosen_price"

    def __init__(self, chosen: Money, *, least: Money, most: Money) -> None:
        self.chosen, self.least, self.most = chosen, least, most
        sentence = f"Name a price from {least} to {most}." if chosen.currency == least.currency else "Name it again."
        super().__init__(sentence, hint=f"It was {chosen}.")


class NoOpenPriceError(RefusedError):
    """The title has a price of its own; nobody names another."""

    code = "orders.no_open_price"

    def __init__(self, title: str) -> None:
        self.title = title
        super().__init__(f"{title} has a fixed price.", hint="Its page shows what it costs.")


def basket_for(*, holder_id: int | None, token: str | None, storefront_id: int, now: datetime) -> Basket:
    """Return the basket of an account, or of the browser that holds the token; made when there is none.

    A visitor without account keeps the new basket's `token`. An unknown token gets a new one: browsers choose no names.
    """
    found = queries.basket_of(holder_id=holder_id, token=token)
    if found is not None:
        return found
    fresh = _baskets.new(
        holder_id=holder_id, token=secrets.token_urlsafe(32), storefront_id=storefront_id, changed_at=now
    )
    if _baskets.one(fresh):
        return fresh
    found = queries.basket_of(holder_id=holder_id, token=None)  # two requests of one account at once
    if found is None:
        raise Basket.DoesNotExist
    return found


def put_in_basket(
    *,
    basket_id: int,
    release_id: int | None = None,
    part_id: int | None = None,
    chosen: Money | None = None,
    gift: bool = False,
    visitor: Visitor,
    now: datetime,
) -> BasketLine:
    """Put one release or part into a basket; what is in it already stays. A release takes the place of its parts.

    A `gift` may be of what the buyer owns. Where the buyer names the price, `chosen` is it; without one the line has
    what is suggested, or the least.

    Raises
    ------
    TitleUnknownError, NotForSaleError, NoOpenPriceError, ChosenPriceError, AlreadyOwnedError, AlreadyInReleaseError,
    BasketFullError
        Which rule says no.
    """
    if (release_id is None) == (part_id is None):
        raise ValueError("A line is of one release or of one part.")
    wish = _Wish(release_id=release_id, part_id=part_id, chosen=chosen, gift=gift, visitor=visitor)
    basket = queries.basket_by_id(basket_id)
    fit = _fitting(basket, wish, now)
    if fit.is_there:
        return fit.line
    with transaction.atomic():
        if not change(basket, now):  # somebody else was quicker; now nobody is
            fit = _fitting(locked(basket_id), wish, now)
            if fit.is_there:
                return fit.line
            mark_changed(basket_id, now)
        if fit.takes_place_of:
            BasketLine.objects.filter(pk__in=fit.takes_place_of).delete()
        if fit.is_new:
            _new_lines([fit.line])
        else:
            BasketLine.objects.filter(pk=fit.line.pk).update(chosen=fit.line.chosen)
        return fit.line


@transaction.atomic
def name_price(*, basket_id: int, line_id: int, chosen: Money, visitor: Visitor, now: datetime) -> None:
    """Name another price for a line; one that is gone stays gone.

    Raises
    ------
    NotForSaleError, NoOpenPriceError, ChosenPriceError
        Which rule says no.
    """
    basket = locked(basket_id)
    line = BasketLine.objects.filter(basket_id=basket_id, pk=line_id).first()
    title = catalogue.standing(release_id=line.release_id, part_id=line.part_id) if line is not None else None
    if line is None or title is None:
        return
    facts = TitleFacts(kind="release" if line.part_id is None else "part", withdrawn=title.withdrawn)
    named = _named(title.name, _offer(basket, title, facts, visitor, now), chosen)
    if line.chosen != named:
        BasketLine.objects.filter(pk=line.pk).update(chosen=named)
        mark_changed(basket_id, now)


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


_baskets = PreparedInsert(Basket, unless_there=True)
_new_lines = PreparedInsert(BasketLine)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What a visitor wants to put into a basket."""

    release_id: int | None
    part_id: int | None
    chosen: Money | None
    gift: bool
    visitor: Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """The line that a wish comes to."""

    line: BasketLine
    is_there: bool = False  # just so: there is nothing to write
    is_new: bool = False
    takes_place_of: tuple[int, ...] = ()  # lines


def _fitting(basket: Basket, wish: _Wish, now: datetime) -> _Fit:
    """Return the line that a wish comes to in a basket as it is."""
    rows = queries.rows_alone(basket)
    release_id, part_id = wish.release_id, wish.part_id
    held = next((row for row in rows if (row.release_id, row.part_id) == (release_id, part_id)), None)
    if held is not None and wish.chosen is None:
        return _Fit(line=held, is_there=True)
    title = catalogue.standing(release_id=release_id, part_id=part_id)
    if title is None:
        raise TitleUnknownError
    facts = TitleFacts(kind="release" if part_id is None else "part", withdrawn=title.withdrawn)
    named = _named(title.name, _offer(basket, title, facts, wish.visitor, now), wish.chosen)
    if held is not None:
        same, held.chosen = held.chosen == named, named
        return _Fit(line=held, is_there=same)
    if part_id is not None and any(row.release_id == title.release_id for row in rows):
        release = catalogue.standing(release_id=title.release_id)
        raise AlreadyInReleaseError(title.name, release.name if release else "its release")
    if not wish.gift and any(grants.held(basket.holder_id, [(title.release_id, part_id)])):
        raise AlreadyOwnedError([title.name])
    inside = tuple(row.pk for row in rows if row.part is not None and row.part.release_id == release_id)
    if len(rows) - len(inside) >= rules.MOST_LINES:
        raise BasketFullError
    fresh = _new_lines.new(basket_id=basket.pk, release_id=release_id, part_id=part_id, added_at=now, chosen=named)
    return _Fit(line=fresh, is_new=True, takes_place_of=inside)


def _named(title: str, offer: Offer, chosen: Money | None) -> int | None:
    """Return the price that a buyer named, checked, in minor units; None when they named none."""
    if chosen is None:
        return None
    if not offer.open_price:
        raise NoOpenPriceError(title)
    most = Money(max(rules.MOST_CHOSEN, offer.price.amount), offer.price.currency)
    if chosen.currency != offer.price.currency or not offer.price <= chosen <= most:
        raise ChosenPriceError(chosen, least=offer.price, most=most)
    return chosen.amount


def _offer(basket: Basket, title: catalogue.Standing, facts: TitleFacts, visitor: Visitor, now: datetime) -> Offer:
    asked = [(title.release_id, facts)]
    [said] = deals.title_offers(asked, storefront=basket.storefront, visitor=visitor, now=now)
    if isinstance(said, Refusal):
        raise NotForSaleError(title.name, said)
    return said
