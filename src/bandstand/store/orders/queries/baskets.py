"""Baskets with today's prices, taxes, credits and reductions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bandstand.kernel.money import Money, total
from bandstand.store.deals import queries as deals
from bandstand.store.deals.models import Storefront
from bandstand.store.deals.rules import Offer, Refusal, TitleFacts, Visitor
from bandstand.store.grants import queries as grants
from bandstand.store.orders import rules
from bandstand.store.orders.models import Basket, BasketLine
from bandstand.store.orders.queries import coded, crediting
from bandstand.store.orders.queries.crediting import CreditPart
from bandstand.store.orders.queries.rows import rows_of
from bandstand.store.orders.rules import pricing
from bandstand.store.orders.rules.pricing import Frozen, Sums, Wanted
from bandstand.store.taxes import queries as taxes
from bandstand.store.taxes.rules import Rate
from bandstand.store.vouchers import queries as vouchers
from bandstand.store.vouchers.rules import Reduction, VoucherRefusedError
from bandstand.webkit.prepared import Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """One basket line with what the visitor may do with it now."""

    line: BasketLine
    offer: Offer | None
    refusal: Refusal | None
    frozen: Frozen | None  # what it costs; None when it can't be bought
    owned: bool
    credits: tuple[CreditPart, ...] = ()

    @property
    def buyable(self) -> bool:
        """Whether it can be bought as it stands."""
        return self.frozen is not None and not self.owned

    @property
    def release_id(self) -> int:
        """The release it is, or is a part of."""
        return _release_of(self.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxSum:
    """What is taxed at one rate."""

    rate: Rate
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketPage:
    """A basket as its page shows it. `total` is what the buyer presses yes to, and what `place_order` expects.

    While the country is not known, prices without tax stay without it (`tax_known` is false), and `total` is no total.
    """

    basket: Basket
    lines: list[PricedLine]
    country: str
    rate: Rate
    tax_known: bool
    voucher_refusal: VoucherRefusedError | None
    checkout_key: str

    @property
    def buyable(self) -> bool:
        """Whether an order can be made of it as it is."""
        return bool(self.lines) and all(line.buyable for line in self.lines) and self.voucher_refusal is None

    @property
    def total(self) -> Money:
        """What is to be paid."""
        return self.sums.gross

    @property
    def tax(self) -> Money:
        """The tax in the total."""
        return self.sums.tax

    @property
    def sums(self) -> Sums:
        """What the lines that can be bought come to."""
        costs = [line.frozen for line in self.lines if line.frozen is not None and not line.owned]
        return pricing.sums(costs, self.currency)

    @property
    def taxes(self) -> list[TaxSum]:
        """Net and tax by rate: one row, for a basket goes to one country."""
        sums = self.sums
        return [TaxSum(rate=self.rate, net=sums.net, tax=sums.tax)] if self.rate.rate and self.tax_known else []

    @property
    def tax_included(self) -> bool:
        """Whether prices are shown with tax in them."""
        return self.basket.storefront.tax_included

    @property
    def currency(self) -> str:
        """The storefront's currency."""
        return self.basket.storefront.currency


def basket_of(*, holder_id: int | None, token: str | None) -> Basket | None:
    """Return the basket of an account, or the one a browser holds the token of. Reading makes none."""
    if holder_id is not None:
        return _of_holder.first(holder_id)
    return _of_token.first(token) if token else None


def basket_by_id(basket_id: int) -> Basket:
    """Return a basket with its storefront and holder as it is now: for the house, which knows whose it is.

    Raises
    ------
    Basket.DoesNotExist
        It is gone.
    """
    found = _by_pk.first(basket_id)
    if found is None:
        raise Basket.DoesNotExist
    return found


_BASKETS = Basket.objects.select_related("storefront", "holder").only(
    *("token", "changed_at", "version", "voucher_id"),
    *(
        f"storefront__{name}"
        for name in ("slug", "name", "territories", "currency", "tax_included", "time_zone", "state")
    ),
    *("holder__is_staff", "holder__claimed_at"),
)
_of_holder = Prepared(lambda holder_id: _BASKETS.filter(holder_id=holder_id))
_of_token = Prepared(lambda token: _BASKETS.filter(token=token, holder=None))
_by_pk = Prepared(lambda pk: _BASKETS.filter(pk=pk))


def count_in(*, holder_id: int | None, token: str | None) -> int:
    """Return how many lines are in a visitor's basket: one query."""
    lines = BasketLine.objects.filter(basket__holder_id=holder_id) if holder_id is not None else None
    if lines is None and token:
        lines = BasketLine.objects.filter(basket__token=token, basket__holder=None)
    return lines.count() if lines is not None else 0


def basket_page(
    basket: Basket, *, visitor: Visitor, now: datetime, tax_known: bool = True, gift: bool = False
) -> BasketPage:
    """Return a basket with the prices and refusals of now: a fixed number of queries, however full it is.

    Taxes are those of the visitor's country; `tax_known` is false while nobody has said which that is.
    """
    rows, front = rows_of(basket), basket.storefront
    rate = tax_rate(front, visitor.territory, now)
    reduction, refused = _reduction(basket, now)
    shown = rate if tax_known or front.tax_included else Rate()
    lines = priced(basket, rows, visitor=visitor, rate=shown, reduction=reduction, gift=gift, now=now)
    return BasketPage(
        basket=basket,
        lines=lines,
        country=visitor.territory,
        rate=rate,
        tax_known=tax_known,
        voucher_refusal=refused,
        checkout_key=checkout_key(basket, lines),
    )


def tax_rate(storefront: Storefront, country: str, now: datetime) -> Rate:
    """Return the rate that a country takes today, by the storefront's clock."""
    return taxes.rate_for(country, on=now.astimezone(ZoneInfo(storefront.time_zone)).date())


def checkout_key(basket: Basket, lines: Sequence[PricedLine]) -> str:
    """Return the key of a basket as it is, with these lines in it."""
    return rules.checkout_key(basket.token, basket.changed_at, (priced.line.pk for priced in lines))


def priced(
    basket: Basket,
    rows: Sequence[BasketLine],
    *,
    visitor: Visitor,
    rate: Rate,
    reduction: Reduction | None,
    gift: bool = False,
    now: datetime,
) -> list[PricedLine]:
    """Ask the offer function about each line, then price all of them together.

    A gift takes no credit, and may be of what its giver has: it is for somebody else.
    """
    titles = [(_release_of(row), _title_of(row)) for row in rows]
    said = deals.title_offers(titles, storefront=basket.storefront, visitor=visitor, now=now)
    holder_id = None if gift else basket.holder_id
    has = grants.held(holder_id, [(_release_of(row), row.part_id) for row in rows])
    wanted, counted = _wanted(basket, rows, said, has, holder_id=holder_id, rate=rate, reduction=reduction)
    costs = pricing.price(list(wanted.values()), tax_included=basket.storefront.tax_included, reduction=reduction)
    frozen = dict(zip(wanted, costs, strict=True))
    return [
        PricedLine(
            line=row,
            offer=answer if isinstance(answer, Offer) else None,
            refusal=answer if isinstance(answer, Refusal) else None,
            frozen=frozen.get(row.pk),
            owned=owns,
            credits=tuple(counted.get(row.pk, ())),
        )
        for row, answer, owns in zip(rows, said, has, strict=True)
    ]


def listed_price(offer: Offer, chosen: int | None) -> Money:
    """Return the price that a line is listed at: where the buyer names it, what they named, never below the least."""
    if not offer.open_price:
        return offer.price
    if chosen is None:
        return offer.suggested or offer.price
    return Money(max(chosen, offer.price.amount), offer.price.currency)


def _wanted(
    basket: Basket,
    rows: Sequence[BasketLine],
    said: Sequence[Offer | Refusal],
    has: Sequence[bool],
    *,
    holder_id: int | None,
    rate: Rate,
    reduction: Reduction | None,
) -> tuple[dict[int, Wanted], dict[int, list[CreditPart]]]:
    """Return what pricing needs to know of each line that can be bought, and the tracks that count towards it."""
    front = basket.storefront
    offered = {
        row.pk: (row, answer)
        for row, answer, owns in zip(rows, said, has, strict=True)
        if isinstance(answer, Offer) and not owns
    }
    paid = crediting.credits_for(
        holder_id,
        [row.release_id for row, _ in offered.values() if row.release_id is not None],
        currency=front.currency,
        tax_included=front.tax_included,
    )
    wanted, counted = {}, {}
    for pk, (row, offer) in offered.items():
        listed = listed_price(offer, row.chosen)
        parts = crediting.parts_of(paid.get(row.release_id or 0, ()), price=listed)
        reached = reduction is not None and reduction.reaches(_release_of(row))
        counted[pk] = parts
        wanted[pk] = Wanted(
            listed=listed,
            credit=total((part.money for part in parts), front.currency),
            tax_rate=rate.rate,
            discountable=reached,
        )
    return wanted, counted


def _title_of(row: BasketLine) -> TitleFacts:
    """Return what judging needs to know of a line's title."""
    if row.part is not None:
        return TitleFacts(kind="part", withdrawn=bool(row.part.withdrawn_at or row.part.release.withdrawn_at))
    return TitleFacts(kind="release", withdrawn=row.release is not None and row.release.withdrawn_at is not None)


def _release_of(row: BasketLine) -> int:
    return row.release_id if row.release_id is not None else row.part.release_id if row.part else 0


def _reduction(basket: Basket, now: datetime) -> tuple[Reduction | None, VoucherRefusedError | None]:
    """Return what the basket's code takes off, or why it takes off nothing."""
    if basket.voucher_id is None:
        return None, None
    try:
        return reduction_of(basket, now), None
    except VoucherRefusedError as error:
        return None, error


def reduction_of(basket: Basket, now: datetime) -> Reduction | None:
    """Return what the basket's code takes off; without a code, nothing.

    Raises
    ------
    VoucherRefusedError
        The code takes off nothing any more.
    """
    if basket.voucher_id is None:
        return None
    currency = basket.storefront.currency
    earlier = coded.waiting_with(basket.pk, basket.voucher_id)
    return vouchers.reduction(
        basket.voucher_id, holder_id=basket.holder_id, currency=currency, besides=earlier, now=now
    )
