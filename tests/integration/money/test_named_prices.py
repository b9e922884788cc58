"""Where the buyer names the price: what may be named, and what it becomes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import NOW
from tests.factories import make_deal, make_release, make_storefront
from tests.integration.money.conftest import GERMANY, euro

from bandstand.kernel.money import Money
from bandstand.store.deals.rules import Visitor
from bandstand.store.deals.services import set_price
from bandstand.store.grants.models import Grant
from bandstand.store.orders import queries
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import BasketLine
from bandstand.store.payments.models import Payment


@pytest.fixture
def yours(storefront):
    """An EP whose price the buyer names: from nothing, five euros suggested."""
    release = make_release(tracks=2, title="Solstice", kind="ep")
    make_deal(release=release, release_tier="yours")
    return release


def put(basket, release, chosen=None, *, visitor=GERMANY):
    return orders.put_in_basket(basket_id=basket.pk, release_id=release.pk, chosen=chosen, visitor=visitor, now=NOW)


def test_without_a_price_named_it_is_the_suggested_one(shop, yours, ben):
    basket = shop.basket(ben, yours)
    assert shop.page(basket).total == euro(500)


@pytest.mark.parametrize("cents", [1, 500, 1_000_000])
def test_the_named_price_is_what_is_paid(shop, yours, ben, cents):
    basket = shop.basket(ben)
    put(basket, yours, euro(cents))
    order = shop.place(basket)
    assert (order.gross, order.lines.get().listed) == (cents, cents)


def test_nothing_is_a_price_and_needs_no_payment(shop, yours, ben):
    basket = shop.basket(ben)
    put(basket, yours, euro(0))
    order = shop.place(basket)
    assert (order.gross, order.state) == (0, "paid")
    assert Grant.objects.filter(release=yours, holder=ben).exists()
    assert not Payment.objects.exists()


@pytest.mark.parametrize("chosen", [euro(99), euro(1_000_001), Money(500, "USD")])
def test_too_little_too_much_and_other_money_are_refused(shop, yours, ben, chosen):
    set_price(tier="yours", amount=euro(100), suggested=euro(500))
    basket = shop.basket(ben)
    with pytest.raises(orders.ChosenPriceError) as refused:
        put(basket, yours, chosen)
    assert (refused.value.least, refused.value.most) == (euro(100), euro(1_000_000))
    assert not BasketLine.objects.exists()


def test_a_fixed_price_is_not_named(shop, album, ben):
    with pytest.raises(orders.NoOpenPriceError):
        put(shop.basket(ben), album, euro(1))


def test_a_price_can_be_named_again_on_the_line_and_on_the_page(shop, yours, ben):
    basket = shop.basket(ben)
    line = put(basket, yours, euro(200))
    orders.name_price(basket_id=basket.pk, line_id=line.pk, chosen=euro(300), visitor=GERMANY, now=NOW)
    assert shop.page(basket).total == euro(300)
    put(basket, yours, euro(400))
    assert shop.page(basket).total == euro(400)
    assert BasketLine.objects.count() == 1


def test_naming_another_price_makes_the_checkout_page_an_old_one(shop, yours, ben):
    basket = shop.basket(ben)
    line = put(basket, yours, euro(200))
    shown = shop.page(basket)
    later = NOW + timedelta(seconds=1)
    orders.name_price(basket_id=basket.pk, line_id=line.pk, chosen=euro(300), visitor=GERMANY, now=later)
    with pytest.raises(orders.BasketChangedError):
        shop.place(basket, checkout_key=shown.checkout_key, expected=shown.total)


def test_nobody_names_the_price_of_anothers_line(shop, yours, ben, cleo):
    line = put(shop.basket(ben), yours, euro(200))
    orders.name_price(basket_id=shop.basket(cleo).pk, line_id=line.pk, chosen=euro(1), visitor=GERMANY, now=NOW)
    assert BasketLine.objects.get(pk=line.pk).chosen == 200


def test_a_least_that_rose_since_is_what_is_paid(shop, yours, ben):
    basket = shop.basket(ben)
    put(basket, yours, euro(200))
    set_price(tier="yours", amount=euro(300), suggested=euro(500))
    assert shop.page(basket).total == euro(300)


def test_signing_in_keeps_the_named_price(shop, yours, ben):
    loose = shop.basket(None)
    put(loose, yours, euro(250))
    shop.basket(ben)
    mine = orders.merge_baskets(token=loose.token, holder_id=ben.pk, now=NOW)
    assert [line.chosen for line in mine.lines.all()] == [250]


def test_a_basket_that_moves_forgets_named_prices_and_says_what_changed(shop, yours, album, ben):
    basket = shop.basket(ben, album)
    put(basket, yours, euro(250))
    japan = make_storefront(currency="JPY", territories=["JP"])
    visitor = Visitor(territory="JP")
    changes = orders.move_basket(
        basket_id=basket.pk, storefront_id=japan.pk, before=GERMANY, visitor=visitor, now=NOW + timedelta(seconds=1)
    )
    assert [(change.before, change.after) for change in changes] == [
        (euro(899), Money(1500, "JPY")),
        (euro(250), Money(800, "JPY")),
    ]
    found = queries.basket_of(holder_id=ben.pk, token=None)
    assert found.storefront == japan
    again = orders.move_basket(basket_id=basket.pk, storefront_id=japan.pk, before=visitor, visitor=visitor, now=NOW)
    assert again == []


def test_what_is_not_sold_there_waits_in_the_basket_and_says_why(shop, album, ben):
    basket = shop.basket(ben, album)
    sweden = make_storefront(currency="SEK", territories=["SE"])
    (change,) = orders.move_basket(
        basket_id=basket.pk, storefront_id=sweden.pk, before=GERMANY, visitor=Visitor(territory="SE"), now=NOW
    )
    assert (change.before, change.after, change.refusal.rule) == (euro(899), None, "no_price")
    assert basket.lines.count() == 1
