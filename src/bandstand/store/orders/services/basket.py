"""Filling a basket."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from bandstand.kernel.errors import InputError, RefusedError
from bandstand.kernel.money import Money
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.deals import queries as deals
from bandstand.store.deals.rules import Offer, Refusal, Visitor
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
    basket = locked(basket_id)
    rows = queries.rows_of(basket)  # nobody else changes them now
    held = next((row for row in rows if (row.release_id, row.part_id) == (release_id, part_id)), None)
    if held is not None and chosen is None:
        return held
    title, of_release = _title(release_id, part_id)
    named = _named(title, _offer(basket, title, release_id, part_id, visitor, now), chosen)
    if held is not None:
        _set_price(held, named, now)
        return held
    if part_id is not None and any(row.release_id == of_release for row in rows):
        raise AlreadyInReleaseError(title, str(catalogue.releases([of_release])[of_release]))
    owned = grants.owned(
        basket.holder_id, release_ids=[release_id] if release_id else [], part_ids=[part_id] if part_id else []
    )
    if (owned.releases or owned.parts) and not gift:
        raise AlreadyOwnedError([title])
    inside = [row.pk for row in rows if row.part is not None and row.part.release_id == release_id]
    if inside:
        BasketLine.objects.filter(pk__in=inside).delete()
    if len(rows) - len(inside) >= rules.MOST_LINES:
        raise BasketFullError
    mark_changed(basket_id, now)
    return BasketLine.objects.create(basket=basket, release_id=release_id, part_id=part_id, added_at=now, chosen=named)


@transaction.atomic
def name_price(*, basket_id: int, line_id: int, chosen: Money, visitor: Visitor, now: datetime) -> None:
    """Name another price for a line; one that is gone stays gone.

    Raises
    ------
    NotForSaleError, NoOpenPriceError, ChosenPriceError
        Which rule says no.
    """
    basket = locked(basket_id)
    line = BasketLine.objects.filter(basket_id=basket_id, pk=line_id).select_related("release", "part").first()
    if line is None:
        return
    offer = _offer(basket, str(line), line.release_id, line.part_id, visitor, now)
    _set_price(line, _named(str(line), offer, chosen), now)


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


def locked(basket_id: int) -> Basket:
    """Return a basket that nobody else changes until this transaction ends: the update makes them wait."""
    if not hold(basket_id):
        raise Basket.DoesNotExist
    found = queries.basket_by_id(basket_id)
    if found is None:
        raise Basket.DoesNotExist
    return found


def hold(basket_id: int | None) -> bool:
    """Let everybody else who changes a basket wait until this transaction ends; False when there is none."""
    return bool(Basket.objects.filter(pk=basket_id).update(changed_at=F("changed_at"))) if basket_id else False


def mark_changed(basket_id: int | None, now: datetime) -> None:
    """Note that a basket is another one now: pages that showed it carry an old key. No basket, no change."""
    if basket_id is not None:
        Basket.objects.filter(pk=basket_id).update(changed_at=now)


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


def _set_price(line: BasketLine, named: int | None, now: datetime) -> None:
    if line.chosen != named:
        line.chosen = named
        BasketLine.objects.filter(pk=line.pk).update(chosen=named)
        mark_changed(line.basket_id, now)


def _offer(
    basket: Basket, title: str, release_id: int | None, part_id: int | None, visitor: Visitor, now: datetime
) -> Offer:
    front = basket.storefront
    if release_id is not None:
        said = deals.release_offers([release_id], storefront=front, visitor=visitor, now=now)[release_id]
    else:
        said = deals.part_offers([part_id or 0], storefront=front, visitor=visitor, now=now)[part_id or 0]
    if isinstance(said, Refusal):
        raise NotForSaleError(title, said)
    return said
