"""From a basket to an order: what is refused, and what is frozen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import NOW
from tests.factories import make_deal, make_part, make_release, make_storefront
from tests.integration.money.conftest import GERMANY, euro

from bandstand.kernel.money import tax_within
from bandstand.store.accounts.models import User
from bandstand.store.deals.models import PriceTier, TierPrice
from bandstand.store.deals.rules import Rule, Visitor
from bandstand.store.grants import services as grants
from bandstand.store.orders import access, queries, rules
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Basket, BasketLine, Order
from bandstand.store.taxes.queries import rate_for
from bandstand.webkit.jobs.models import Job


def test_a_basket_asks_for_its_prices_each_time(shop, album, ben):
    basket = shop.basket(ben, album)
    assert shop.page(basket).total == euro(899)
    TierPrice.objects.filter(tier__in=PriceTier.objects.filter(slug="album")).update(amount=1299)
    assert shop.page(basket).total == euro(1299)


def test_reading_a_basket_makes_none(db, ben):
    assert queries.basket_of(holder_id=ben.pk, token=None) is None
    assert queries.basket_of(holder_id=None, token="x" * 43) is None
    assert not Basket.objects.exists()


def test_an_account_has_one_basket_and_a_browser_the_one_it_holds_the_token_of(shop, ben):
    mine = shop.basket(ben)
    loose = shop.basket(None)
    assert shop.basket(ben).pk == mine.pk
    assert queries.basket_of(holder_id=None, token=loose.token).pk == loose.pk
    assert queries.basket_of(holder_id=None, token=mine.token) is None  # a token opens no account's basket


def test_the_same_title_twice_is_one_line(shop, album, ben):
    basket = shop.basket(ben, album, album)
    assert basket.lines.count() == 1


def test_a_track_of_a_release_in_the_basket_is_refused(shop, album, ben):
    basket = shop.basket(ben, album)
    with pytest.raises(orders.AlreadyInReleaseError):
        shop.put(basket, album.parts.first())


def test_a_release_takes_the_place_of_its_tracks(shop, album, ben):
    basket = shop.basket(ben, *album.parts.all())
    assert shop.page(basket).total == euro(3 * 99)
    shop.put(basket, album)
    assert [line.release_id for line in basket.lines.all()] == [album.pk]


def test_what_is_owned_is_refused(shop, album, ben):
    grants.give(holder_id=ben.pk, release_id=album.pk, source="gift:1", now=NOW)
    basket = shop.basket(ben)
    for title in (album, album.parts.first()):
        with pytest.raises(orders.AlreadyOwnedError):
            shop.put(basket, title)


def test_what_the_offer_function_refuses_is_refused_with_its_reason(shop, ben):
    coming = make_release(tracks=1)
    make_deal(release=coming, start_at=NOW + timedelta(days=3))
    with pytest.raises(orders.NotForSaleError) as refused:
        shop.basket(ben, coming)
    assert refused.value.refusal.rule == Rule.NOT_YET


def test_a_title_that_is_not_there_is_refused(shop, ben):
    basket = shop.basket(ben)
    with pytest.raises(orders.TitleUnknownError):
        orders.put_in_basket(basket_id=basket.pk, release_id=999_999, visitor=GERMANY, now=NOW)


def test_a_basket_holds_200_titles(shop, album, ben):
    basket = shop.basket(ben)
    for number in range(10, 210):
        part = make_part(release=album, number=number)
        BasketLine.objects.create(basket=basket, part=part, added_at=NOW)
    with pytest.raises(orders.BasketFullError):
        shop.put(basket, album.parts.first())


def test_a_full_basket_costs_as_many_queries_as_a_small_one(shop, album, single, ben, django_assert_max_num_queries):
    basket = shop.basket(ben, single, *album.parts.all())
    found = queries.basket_of(holder_id=ben.pk, token=None)
    assert basket.pk == found.pk
    with django_assert_max_num_queries(12):
        page = queries.basket_page(found, visitor=GERMANY, now=NOW)
        assert len([str(line.line) for line in page.lines]) == 4


def test_taking_out_what_is_gone_is_no_error(shop, album, ben):
    basket = shop.basket(ben, album)
    line = basket.lines.get()
    for _ in range(2):
        orders.take_out_of_basket(basket_id=basket.pk, line_id=line.pk, now=NOW)
    assert not basket.lines.exists()


def test_nobody_takes_a_line_out_of_the_basket_of_another(shop, album, ben, cleo):
    theirs = shop.basket(ben, album).lines.get()
    orders.take_out_of_basket(basket_id=shop.basket(cleo).pk, line_id=theirs.pk, now=NOW)
    assert BasketLine.objects.filter(pk=theirs.pk).exists()


def test_signing_in_moves_the_loose_basket_into_the_account(shop, album, single, ben):
    other = make_release(tracks=2)
    make_deal(release=other)
    grants.give(holder_id=ben.pk, release_id=single.pk, source="gift:1", now=NOW)
    shop.basket(ben, other.parts.first())
    loose = shop.basket(None, other, single, album.parts.first())
    for _ in range(2):  # a page that is loaded twice
        mine = orders.merge_baskets(token=loose.token, holder_id=ben.pk, now=NOW)
        lines = {(line.release_id, line.part_id) for line in mine.lines.all()}
        assert lines == {(other.pk, None), (None, album.parts.first().pk)}
    assert Basket.objects.count() == 1


def test_signing_in_without_an_own_basket_takes_the_loose_one_over(shop, album, single, ben):
    grants.give(holder_id=ben.pk, release_id=single.pk, source="gift:1", now=NOW)
    loose = shop.basket(None, album, single)
    mine = orders.merge_baskets(token=loose.token, holder_id=ben.pk, now=NOW)
    assert (mine.pk, mine.holder_id) == (loose.pk, ben.pk)
    assert [line.release_id for line in mine.lines.all()] == [album.pk]


def test_an_order_freezes_deal_price_tax_place_and_seller(shop, album, ben):
    order = shop.order(ben, album)
    TierPrice.objects.filter(tier__in=PriceTier.objects.filter(slug="album")).update(amount=1299)
    order.refresh_from_db()
    line = order.lines.get()
    rate = rate_for("DE", on=NOW.date()).rate
    tax = tax_within(euro(899), rate).amount
    assert (order.gross, order.tax, order.state) == (899, tax, "open")
    assert (line.gross, line.tax, line.net, line.tax_rate) == (899, tax, 899 - tax, rate)
    assert (line.place_of_supply, line.seller, line.deal.release_id) == ("DE", album.label, album.pk)
    assert order.expires_at == NOW + rules.QUOTE


def test_prices_without_tax_get_it_on_top(shop, ben):
    front = make_storefront(tax_included=False)
    shop.storefront = front
    release = make_release(tracks=1)
    make_deal(release=release)
    order = shop.order(ben, release)
    assert (order.gross, order.tax) == (899 + 171, 171)


def test_pressing_twice_makes_one_order(shop, album, ben):
    basket = shop.basket(ben, album)
    page = shop.page(basket)
    said = {"checkout_key": page.checkout_key, "expected": page.total}
    assert shop.place(basket, **said).pk == shop.place(basket, **said).pk
    assert Order.objects.count() == 1


def test_the_same_basket_for_another_address_is_another_order(shop, album):
    basket = shop.basket(None, album)
    assert shop.place(basket, email="one@example.org").pk != shop.place(basket, email="two@example.org").pk


def test_a_price_that_changed_since_the_page_was_shown_is_refused(shop, album, ben):
    basket = shop.basket(ben, album)
    with pytest.raises(orders.PriceChangedError) as refused:
        shop.place(basket, expected=euro(799))
    assert (refused.value.expected, refused.value.actual) == (euro(799), euro(899))
    assert not Order.objects.exists()


def test_a_basket_with_another_title_of_the_same_price_than_the_page_showed_is_refused(shop, album, ben):
    first, second = album.parts.order_by("number")[:2]
    basket = shop.basket(ben, first)
    shown = shop.page(basket)
    orders.empty_basket(basket_id=basket.pk, now=NOW + timedelta(seconds=1))
    shop.put(basket, second, now=NOW + timedelta(seconds=2))
    assert shop.page(basket).total == shown.total
    with pytest.raises(orders.BasketChangedError):
        shop.place(basket, checkout_key=shown.checkout_key)
    assert not Order.objects.exists()


def test_a_title_that_was_withdrawn_meanwhile_is_named(shop, album, single, ben):
    basket = shop.basket(ben, album, single)
    album.withdrawn_at = NOW
    album.save()
    with pytest.raises(orders.LinesRefusedError) as refused:
        shop.place(basket)
    assert [(title, refusal.rule) for title, refusal in refused.value.refused] == [(str(album), Rule.WITHDRAWN)]


def test_a_country_the_storefront_does_not_serve_is_refused(shop, album, ben):
    with pytest.raises(orders.CountryNotServedError):
        shop.place(shop.basket(ben, album), country="US")


def test_what_only_members_may_buy_a_guest_may_not(shop, ben):
    session = make_release(tracks=1)
    make_deal(release=session, members_only=True)
    basket = shop.basket(None)
    with pytest.raises(orders.NotForSaleError):
        shop.put(basket, session, visitor=Visitor(territory="DE"))
    shop.put(basket, session)  # a page that claims membership
    with pytest.raises(orders.LinesRefusedError):
        shop.place(basket)
    assert shop.order(ben, session).state == "open"


def test_an_empty_basket_makes_no_order(shop, ben):
    with pytest.raises(orders.EmptyBasketError):
        shop.place(shop.basket(ben))


@pytest.mark.parametrize("address", ["", "ben", "ben@", "ben@example.org\nBcc: all@example.org", "a b@example.org"])
def test_an_order_needs_an_address_to_write_to(shop, album, address):
    with pytest.raises(orders.AddressError):
        shop.place(shop.basket(None, album), email=address)


def test_nobody_orders_the_basket_of_another(shop, album, ben, cleo):
    basket = shop.basket(ben, album)
    page = shop.page(basket)
    with pytest.raises(Basket.DoesNotExist):
        orders.place_order(
            basket_id=basket.pk,
            holder_id=cleo.pk,
            email=cleo.email,
            billing_country="DE",
            checkout_key=page.checkout_key,
            expected=page.total,
            now=NOW,
        )


def test_a_guest_gets_an_unclaimed_account(shop, album):
    order = shop.order(None, album)
    assert order.holder == User.objects.get(email="guest@example.org")
    assert order.holder.is_guest


def test_a_guest_with_the_address_of_an_account_learns_nothing_of_it(shop, album, ben):
    grants.give(holder_id=ben.pk, release_id=album.pk, source="gift:1", now=NOW)
    order = shop.place(shop.basket(None, album), email=" BEN@example.org ")
    assert (order.holder_id, order.state, order.email) == (ben.pk, "open", "ben@example.org")


def test_a_free_order_is_settled_at_once(shop, free, ben):
    order = shop.order(ben, free)
    assert order.state == "paid"
    assert ben.grants.get().source == order.source
    assert not Basket.objects.get(holder=ben).lines.exists()
    assert Job.objects.filter(name="receipts.mail", key=order.number).count() == 1


def test_an_order_nobody_pays_is_cancelled_and_the_basket_makes_a_new_one(shop, album, ben):
    basket = shop.basket(ben, album)
    old = shop.place(basket)
    later = NOW + rules.QUOTE
    assert orders.cancel_expired(later - timedelta(seconds=1)) == 0
    assert orders.cancel_expired(later) == 1
    assert orders.cancel_expired(later) == 0
    old.refresh_from_db()
    assert old.state == "cancelled"
    assert shop.place(basket, now=later).pk != old.pk


def test_an_order_shows_itself_to_its_buyer_and_its_browser_only(shop, album, ben, cleo):
    from django.contrib.auth.models import AnonymousUser

    order = shop.order(ben, album)
    assert access.own_order(ben, order.number) == order
    assert access.own_order(AnonymousUser(), order.number, placed_here=[order.number]) == order
    for stranger in (cleo, AnonymousUser()):
        with pytest.raises(Order.DoesNotExist):
            access.own_order(stranger, order.number)
