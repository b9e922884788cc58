"""Freezing a basket into an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from bandstand.kernel.errors import InputError, RefusedError
from bandstand.kernel.money import Money, total
from bandstand.store.accounts import services as accounts
from bandstand.store.accounts.rules import same_address
from bandstand.store.deals.rules import Refusal, Visitor
from bandstand.store.grants import queries as grants
from bandstand.store.orders import queries, rules
from bandstand.store.orders.models import Basket, Order, OrderLine
from bandstand.store.orders.queries import PricedLine
from bandstand.store.orders.rules import pricing
from bandstand.store.orders.services import codes, crediting, gifts, settlement
from bandstand.store.orders.services.basket import AlreadyOwnedError
from bandstand.store.orders.services.holding import hold, hold_as_read, locked, mark_changed
from bandstand.store.vouchers import services as vouchers
from bandstand.webkit.prepared import Prepared, PreparedInsert

if TYPE_CHECKING:
    from bandstand.store.orders.rules.gift import GiftWish


class EmptyBasketError(RefusedError):
    """There is nothing to buy."""

    code = "orders.empty_basket"

    def __init__(self) -> None:
        super().__init__("Your basket is empty.", hint="Put something in first.")


class AddressError(InputError):
    """That is no e-mail address."""

    code = "orders.address"

    def __init__(self) -> None:
        super().__init__("This is no e-mail address we can write to.", hint="The receipt and your downloads go there.")


class CountryNotServedError(RefusedError):
    """The storefront does not sell to that country."""

    code = "orders.country_not_served"

    def __init__(self, country: str, storefront: str) -> None:
        self.country, self.storefront = country, storefront
        super().__init__(f"{storefront} does not sell to {country}.", hint="Choose the storefront of your country.")


class LinesRefusedError(RefusedError):
    """Some titles can't be bought now."""

    code = "orders.lines_refused"

    def __init__(self, refused: Sequence[tuple[str, Refusal]]) -> None:
        self.refused = list(refused)
        reasons = " ".join(f"{title}: {refusal.sentence}" for title, refusal in refused)
        super().__init__(reasons, hint="Take these titles out to buy the others.")


class BasketChangedError(RefusedError):
    """The basket holds other things than the page showed, perhaps at the same total."""

    code = "orders.basket_changed"

    def __init__(self) -> None:
        super().__init__(
            "Your basket has changed since this page was shown.", hint="Look at what is in it now before you go on."
        )


class PriceChangedError(RefusedError):
    """The total is not what the page said."""

    code = "orders.price_changed"

    def __init__(self, expected: Money, actual: Money) -> None:
        self.expected, self.actual = expected, actual
        super().__init__(
            f"The total was {expected} and is {actual} now.", hint="Look at the new prices before you go on."
        )


def place_order(
    *,
    basket_id: int,
    holder_id: int | None,
    email: str,
    billing_country: str,
    checkout_key: str,
    expected: Money,
    gift: GiftWish | None = None,
    browser: rules.Browser = rules.UNKNOWN_BROWSER,
    now: datetime,
) -> Order:
    """Freeze a basket into an order. The same press again, from any tab or process, returns the same order.

    Parameters
    ----------
    holder_id
        Who is signed in; None for a guest, whose order goes to the account of the address. Whether that account was
        there before, and what it owns, shows nowhere.
    checkout_key, expected
        As the page carried them: `BasketPage.checkout_key` and `BasketPage.total`.
    gift
        Who gets it, when it is for somebody else.

    Raises
    ------
    EmptyBasketError, AddressError, CountryNotServedError, BasketChangedError, LinesRefusedError, AlreadyOwnedError,
    PriceChangedError, VoucherRefusedError
        Which rule says no. Nothing is written.
    Basket.DoesNotExist
        It is not this visitor's.
    """
    said = _Said(
        address=address_of(email),
        country=billing_country.strip().upper(),
        checkout_key=checkout_key,
        expected=expected,
        gift=gift,
        browser=browser,
    )
    try:
        basket = _own(queries.basket_by_id(basket_id), holder_id)
        lines = _agreed(basket, said, now=now)
        with transaction.atomic():
            if not hold_as_read(basket):  # somebody has changed it since; now nobody does
                basket = _own(locked(basket_id), holder_id)
                lines = _agreed(basket, said, now=now)
            return _write(basket, lines, said, holder_id=holder_id, now=now)
    except RefusedError:
        placed = _placed.first(said.key_for(basket))  # once it is ordered, much may say no to a second order
        if placed is None:
            raise
        return placed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a visitor said on the page of a checkout."""

    address: str
    country: str
    checkout_key: str
    expected: Money
    gift: GiftWish | None
    browser: rules.Browser

    def key_for(self, basket: Basket) -> str:
        """Return what makes two presses one."""
        return rules.request_key(basket.pk, self.checkout_key, self.address, self.country, self.expected)


_placed = Prepared(lambda key: Order.objects.filter(checkout_key=key).order_by())
_orders = PreparedInsert(Order, unless_there=True)
_lines = PreparedInsert(OrderLine)


def cancel_expired(now: datetime) -> int:
    """Cancel orders that nobody paid in time, and return how many. Money that comes later still buys what they say."""
    late = Order.objects.filter(state=Order.State.OPEN, expires_at__lte=now).order_by("expires_at", "pk")
    cancelled = 0
    for pk, basket_id, number in late.values_list("pk", "basket_id", "number")[:500]:
        with transaction.atomic():
            hold(basket_id)  # before its order, as everybody does
            overdue = Order.objects.filter(pk=pk, state__in=rules.ORDER.sources("cancelled"), expires_at__lte=now)
            if not overdue.update(state=Order.State.CANCELLED, ended_at=now):
                continue  # its money came this moment
            cancelled += 1
            vouchers.release(order_number=number, now=now)
            mark_changed(basket_id, now)  # so that the same basket makes a new order
    return cancelled


def _own(basket: Basket, holder_id: int | None) -> Basket:
    if basket.holder_id != holder_id:
        raise Basket.DoesNotExist
    return basket


def _agreed(basket: Basket, said: _Said, *, now: datetime) -> list[PricedLine]:
    """Return what is to be ordered, at the price that the visitor agreed to."""
    front, country = basket.storefront, said.country
    if country not in front.territories:
        raise CountryNotServedError(country, front.name)
    holder = basket.holder
    visitor = Visitor(
        territory=country, member=grants.membership(holder, None, now), staff=bool(holder and holder.is_staff)
    )
    rate = queries.tax_rate(front, country, now)
    rows, reduction = queries.rows_to_order(basket), queries.reduction_of(basket, now)
    lines = queries.priced(
        basket, rows, visitor=visitor, rate=rate, reduction=reduction, gift=said.gift is not None, now=now
    )
    _check(lines, said.expected, as_shown=said.checkout_key == queries.checkout_key(basket, lines))
    return lines


def _check(lines: Sequence[PricedLine], expected: Money, *, as_shown: bool) -> None:
    if not lines:
        raise EmptyBasketError
    if not as_shown:  # the total alone does not tell: another title may cost the same
        raise BasketChangedError
    refused = [(str(line.line), line.refusal) for line in lines if line.refusal is not None]
    if refused:
        raise LinesRefusedError(refused)
    owned = [str(line.line) for line in lines if line.owned]
    if owned:
        raise AlreadyOwnedError(owned)
    actual = total((line.frozen.gross for line in lines if line.frozen), expected.currency)
    if actual != expected:
        raise PriceChangedError(expected, actual)


def _write(basket: Basket, lines: Sequence[PricedLine], said: _Said, *, holder_id: int | None, now: datetime) -> Order:
    guest = holder_id is None
    buyer_id = holder_id if holder_id is not None else accounts.guest_for(email=said.address, now=now).pk
    order = _order(basket, lines, said, holder_id=buyer_id, now=now)
    if not numbered(order):  # a second press was quicker by a moment
        return _placed(order.checkout_key)[0]
    written = [_line(order, line, said.country) for line in lines]
    _lines(written)
    crediting.name(list(zip(written, lines, strict=True)))
    codes.use_for(order, guest=guest, placed_here=said.browser.orders, now=now)
    if said.gift is not None:
        gifts.write(order, said.gift, now)
    if not order.total:
        settlement.settle_free(order, now=now)
        order.refresh_from_db()
    return order


def _order(basket: Basket, lines: Sequence[PricedLine], said: _Said, *, holder_id: int, now: datetime) -> Order:
    front = basket.storefront
    sums = pricing.sums([line.frozen for line in lines if line.frozen is not None], front.currency)
    return _orders.new(
        checkout_key=said.key_for(basket),
        basket_id=basket.pk,
        holder_id=holder_id,
        email=said.address,
        preferred_format=said.browser.preferred_format,
        storefront_id=front.pk,
        billing_country=said.country,
        currency=front.currency,
        tax_included=front.tax_included,
        gross=sums.gross.amount,
        tax=sums.tax.amount,
        voucher_id=basket.voucher_id,
        created_at=now,
        expires_at=now + rules.QUOTE,
    )


def _line(order: Order, priced: PricedLine, country: str) -> OrderLine:
    line, offer, cost = priced.line, priced.offer, priced.frozen
    release = line.release or (line.part.release if line.part else None)
    if offer is None or cost is None or release is None:
        raise ValueError("Only lines that can be bought become order lines.")
    title = str(line.release) if line.release else f"{line.part.artist_line}: {line.part.title}" if line.part else ""
    return _lines.new(
        order_id=order.pk,
        release_id=line.release_id,
        part_id=line.part_id,
        title=title[:900],
        deal_id=offer.deal_id,
        seller_id=release.label_id,
        place_of_supply=country,
        listed=cost.listed.amount,
        credit=cost.credit.amount,
        discount=cost.discount.amount,
        net=cost.net.amount,
        tax_rate=cost.tax_rate,
        tax=cost.tax.amount,
        gross=cost.gross.amount,
        available_at=offer.available_at,
    )


def numbered(order: Order) -> bool:
    """Write an order under a number that is free; False when it is written already, by another press of the button.

    40 random bits seldom meet, and the constraint tells.
    """
    for _ in range(5):
        order.number = rules.new_number()
        if _orders.one(order):
            return True
        if _placed(order.checkout_key):
            return False
    raise RuntimeError("Five order numbers in a row were taken: the random source is broken.")


def address_of(email: str) -> str:
    address = same_address(email)
    try:
        validate_email(address)
    except ValidationError as error:
        raise AddressError from error
    return address
