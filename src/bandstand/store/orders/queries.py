"""Baskets with today's prices, and orders as they were frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet, Sum

from bandstand.kernel.money import Money, total
from bandstand.store.deals import queries as deals
from bandstand.store.deals.rules import Offer, Refusal, Visitor
from bandstand.store.grants import queries as grants
from bandstand.store.orders import rules
from bandstand.store.orders.models import Basket, BasketLine, Order, OrderLine, Refund
from bandstand.store.payments import queries as payments

if TYPE_CHECKING:
    from bandstand.store.payments.models import Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """One basket line with what the visitor may do with it now."""

    line: BasketLine
    offer: Offer | None
    refusal: Refusal | None
    frozen: rules.Frozen | None  # what it costs; None when it can't be bought
    owned: bool

    @property
    def buyable(self) -> bool:
        """Whether it can be bought as it stands."""
        return self.frozen is not None and not self.owned


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketPage:
    """A basket as its page shows it. `total` is what the buyer presses yes to, and what `place_order` expects."""

    basket: Basket
    lines: list[PricedLine]
    total: Money
    tax: Money
    checkout_key: str

    @property
    def buyable(self) -> bool:
        """Whether an order can be made of it as it is."""
        return bool(self.lines) and all(line.buyable for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """An order with its lines, the tries to pay it and what went back."""

    order: Order
    lines: list[OrderLine]
    payments: list[Payment]
    refunds: list[Refund]


@dataclass(frozen=True, slots=True)
class Sales:
    """What was sold in a while: orders paid, what was taken in each currency, and orders that wait now."""

    paid: int
    taken: list[Money]
    waiting: int


def sales_since(moment: datetime) -> Sales:
    """Return what was paid since a moment, and what is open now."""
    paid = Order.objects.filter(state=Order.State.PAID, ended_at__gte=moment)
    sums = paid.order_by("currency").values_list("currency").annotate(sum=Sum("gross"))
    waiting = Order.objects.filter(state=Order.State.OPEN).count()
    return Sales(paid.count(), [Money(amount, currency) for currency, amount in sums if amount], waiting)


def basket_of(*, holder_id: int | None, token: str | None) -> Basket | None:
    """Return the basket of an account, or the one a browser holds the token of. Reading makes none."""
    baskets = Basket.objects.select_related("storefront", "holder")
    if holder_id is not None:
        return baskets.filter(holder_id=holder_id).first()
    return baskets.filter(token=token, holder=None).first() if token else None


def count_in(*, holder_id: int | None, token: str | None) -> int:
    """Return how many lines are in a visitor's basket: one query."""
    lines = BasketLine.objects.filter(basket__holder_id=holder_id) if holder_id is not None else None
    if lines is None and token:
        lines = BasketLine.objects.filter(basket__token=token, basket__holder=None)
    return lines.count() if lines is not None else 0


def basket_page(basket: Basket, *, visitor: Visitor, now: datetime) -> BasketPage:
    """Return a basket with the prices and refusals of now: a fixed number of queries, however full it is."""
    rows = list(basket.lines.select_related("release__label", "part__release__label"))
    lines = priced(basket, rows, visitor=visitor, now=now)
    frozen = [line.frozen for line in lines if line.frozen is not None and not line.owned]
    currency = basket.storefront.currency
    return BasketPage(
        basket=basket,
        lines=lines,
        total=total((cost.gross for cost in frozen), currency),
        tax=total((cost.tax for cost in frozen), currency),
        checkout_key=checkout_key(basket, lines),
    )


def checkout_key(basket: Basket, lines: Sequence[PricedLine]) -> str:
    """Return the key of a basket as it is, with these lines in it."""
    return rules.checkout_key(basket.token, basket.changed_at, (priced.line.pk for priced in lines))


def priced(basket: Basket, rows: Sequence[BasketLine], *, visitor: Visitor, now: datetime) -> list[PricedLine]:
    """Ask the offer function about each line."""
    release_ids = [row.release_id for row in rows if row.release_id is not None]
    part_ids = [row.part_id for row in rows if row.part_id is not None]
    front = basket.storefront
    whole = deals.release_offers(release_ids, storefront=front, visitor=visitor, now=now) if release_ids else {}
    single = deals.part_offers(part_ids, storefront=front, visitor=visitor, now=now) if part_ids else {}
    owned = grants.owned(basket.holder_id, release_ids=release_ids, part_ids=part_ids)
    found = []
    for row in rows:
        said = whole[row.release_id] if row.release_id is not None else single[row.part_id or 0]
        offer = said if isinstance(said, Offer) else None
        found.append(
            PricedLine(
                line=row,
                offer=offer,
                refusal=None if isinstance(said, Offer) else said,
                frozen=_cost(offer, basket) if offer else None,
                owned=row.release_id in owned.releases or row.part_id in owned.parts,
            )
        )
    return found


def order_page(order: Order) -> OrderPage:
    """Return an order with all that its page shows."""
    return OrderPage(
        order=order,
        lines=list(order.lines.select_related("release", "part__release", "seller")),
        payments=list(payments.payments_of(order.number)),
        refunds=list(Refund.objects.filter(line__order=order).select_related("line__order")),
    )


def orders_of(holder_id: int) -> QuerySet[Order]:
    """Return an account's orders, the latest first."""
    return Order.objects.filter(holder_id=holder_id)


def _cost(offer: Offer, basket: Basket) -> rules.Frozen:
    front = basket.storefront
    return rules.freeze(offer.price, tax_permille=front.tax_permille, tax_included=front.tax_included)
