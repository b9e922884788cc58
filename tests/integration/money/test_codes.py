"""Codes in baskets and orders, and codes that give titles."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import NOW
from tests.factories import make_campaign, make_code, make_deal, make_release

from bandstand.kernel.money import Money
from bandstand.store.accounts.models import User
from bandstand.store.deals.rules import Visitor
from bandstand.store.grants.models import Grant
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Basket, Order
from bandstand.store.orders.rules import Browser
from bandstand.store.orders.services import codes, redeeming
from bandstand.store.payments import services as payments
from bandstand.store.vouchers import queries as vouchers
from bandstand.store.vouchers import services as voucher_services
from bandstand.store.vouchers.models import Code, Redemption
from bandstand.store.vouchers.rules import VoucherRefusedError, Why

pytestmark = pytest.mark.django_db
GERMANY = Visitor(territory="DE", member=True)
LATE = NOW + timedelta(hours=3)


def use(basket, text, *, holder="of the basket", now=NOW):
    holder_id = basket.holder_id if holder == "of the basket" else holder
    return codes.use_voucher(basket_id=basket.pk, holder_id=holder_id, text=text, now=now)


def refused(call, *args, **facts) -> Why:
    with pytest.raises(VoucherRefusedError) as error:
        call(*args, **facts)
    return error.value.why


def used(code) -> int:
    return Code.objects.values_list("used", flat=True).get(pk=code.pk)


def redeem(code, holder=None, *, email="guest@example.org", shop=None, now=NOW):
    return redeeming.redeem_titles(
        text=code.shown,
        holder_id=holder.pk if holder else None,
        email=holder.email if holder else email,
        storefront=shop.storefront,
        visitor=GERMANY,
        now=now,
    )


def test_a_code_takes_off_its_percentage_of_its_titles_only(shop, ben, album, single):
    code = make_code(campaign=make_campaign(releases=[single]), word="TIDE", uses=9)
    basket = shop.basket(ben, album, single)
    use(basket, "tide")
    page = shop.page(basket)
    assert {str(line.line): line.frozen.discount for line in page.lines} == {
        str(album): Money(0, "EUR"),
        str(single): Money(20, "EUR"),
    }
    order = shop.place(basket, email=ben.email)
    assert order.total == Money(899 + 199 - 20, "EUR")
    assert order.voucher == code
    assert used(code) == 1


def test_a_code_that_is_for_nothing_in_the_basket_is_refused_and_the_one_before_stays(shop, ben, album, single):
    make_code(word="ALL", uses=9)
    make_code(campaign=make_campaign(releases=[single]), word="TIDE", uses=9)
    basket = shop.basket(ben, album)
    use(basket, "all")
    assert refused(use, basket, "tide") is Why.TITLES
    assert shop.page(basket).basket.voucher.word == "ALL"


@pytest.mark.parametrize("typed", ["", "?", "NOSUCH", "AAAA-BBBB-CCCC", "x" * 5000])
def test_what_is_no_code_is_refused(shop, ben, album, typed):
    assert refused(use, shop.basket(ben, album), typed) is Why.UNKNOWN


def test_a_code_that_gives_titles_has_a_page_of_its_own(shop, ben, album, single):
    code = make_code(campaign=make_campaign(kind="titles", releases=[single]))
    assert refused(use, shop.basket(ben, single), code.shown) is Why.FOR_TITLES
    assert refused(redeem, make_code(word="PERCENT"), ben, shop=shop) is Why.FOR_BASKET


def test_nobody_puts_a_code_into_the_basket_of_another(shop, ben, cleo, album):
    make_code(word="ALL", uses=9)
    with pytest.raises(Basket.DoesNotExist):
        use(shop.basket(ben, album), "all", holder=cleo.pk)


def test_a_code_taken_out_takes_nothing_off_and_pages_shown_before_are_old(shop, ben, album):
    make_code(word="ALL", uses=9)
    basket = shop.basket(ben, album)
    use(basket, "all")
    shown = shop.page(basket)
    codes.drop_voucher(basket_id=basket.pk, now=NOW + timedelta(seconds=5))
    assert shop.page(basket).sums.discount == Money(0, "EUR")
    with pytest.raises(orders.BasketChangedError):
        shop.place(basket, email=ben.email, checkout_key=shown.checkout_key, expected=shown.total)


def test_a_code_that_ended_since_stops_the_order_until_it_is_taken_out(shop, ben, album):
    code = make_code(word="ALL", uses=9)
    basket = shop.basket(ben, album)
    use(basket, "all")
    voucher_services.stop(campaign_id=code.campaign_id, now=NOW)
    page = shop.page(basket)
    assert page.voucher_refusal.why is Why.ENDED
    assert not page.buyable
    assert refused(shop.place, basket, email=ben.email) is Why.ENDED
    assert not Order.objects.exists()


def test_an_order_that_nobody_pays_gives_its_code_back(shop, ben, album):
    code = make_code()
    basket = shop.basket(ben, album)
    use(basket, code.shown)
    order = shop.place(basket, email=ben.email)
    assert used(code) == 1
    assert orders.cancel_expired(LATE) == 1
    assert used(code) == 0
    assert Redemption.objects.get(order_number=order.number).released_at == LATE


def test_money_that_comes_late_buys_at_the_price_of_the_code(shop, ben, album):
    code = make_code()
    basket = shop.basket(ben, album)
    use(basket, code.shown)
    order = shop.place(basket, email=ben.email)
    payment = shop.meant(order)
    orders.cancel_expired(LATE)
    paid = orders.settle(payment_id=payment.pk, now=LATE)
    assert (paid.state, paid.total) == (Order.State.PAID, Money(809, "EUR"))
    assert used(code) == 0
    assert vouchers.overused() == []


def test_a_basket_that_changed_takes_its_code_along_to_the_next_order(shop, ben, album, single):
    code = make_code()
    basket = shop.basket(ben, album)
    use(basket, code.shown)
    first = shop.place(basket, email=ben.email)
    shop.put(basket, single, now=NOW + timedelta(seconds=5))
    second = shop.place(basket, email=ben.email, now=NOW + timedelta(seconds=6))
    first.refresh_from_db()
    assert first.state == Order.State.CANCELLED
    assert second.total == Money(809 + 179, "EUR")
    assert used(code) == 1
    assert vouchers.overused() == []


def test_an_order_at_its_payment_keeps_its_code(shop, ben, album, single):
    code = make_code()
    basket = shop.basket(ben, album)
    use(basket, code.shown)
    first = shop.place(basket, email=ben.email)
    payment = shop.meant(first)
    shop.put(basket, single, now=NOW + timedelta(seconds=5))
    assert refused(shop.place, basket, email=ben.email, now=NOW + timedelta(seconds=6)) is Why.HELD
    first.refresh_from_db()
    assert first.state == Order.State.OPEN
    payments.fail(payment_id=payment.pk, reason="declined", now=NOW)
    assert shop.place(basket, email=ben.email, now=NOW + timedelta(seconds=7)).voucher == code


def test_a_guest_does_not_learn_whether_an_address_has_used_a_code(shop, ben, album, single):
    make_code(word="WELCOME", uses=9)
    mine = shop.basket(ben, album)
    use(mine, "welcome")
    shop.place(mine, email=ben.email)
    loose = shop.basket(None, single)
    use(loose, "welcome")
    assert shop.place(loose, email=ben.email).total == Money(179, "EUR")


def test_what_others_do_with_an_address_takes_no_use_of_a_code_from_its_owner(shop, ben, album, single):
    make_code(word="WELCOME", uses=9)
    loose = shop.basket(None, single)
    use(loose, "welcome")
    shop.place(loose, email=ben.email)
    mine = shop.basket(ben, album)
    use(mine, "welcome")
    assert shop.place(mine, email=ben.email).total == Money(809, "EUR")
    assert Redemption.objects.filter(holder=ben).count() == 2


def test_a_guests_uses_of_a_code_count_in_their_browser(shop, album, single):
    code = make_code(word="WELCOME", uses=9)
    first = shop.basket(None, album)
    use(first, "welcome")
    here = [shop.place(first, email="one@example.org").number]
    second = shop.basket(None, single)
    use(second, "welcome")
    assert refused(shop.place, second, email="two@example.org", browser=Browser(here)) is Why.USED_BY_YOU
    assert used(code) == 1
    shop.put(first, single)
    assert shop.place(first, email="one@example.org", browser=Browser(here)).state == "open"  # the first one gave it up


def test_a_code_stays_when_baskets_are_merged(shop, ben, album, single):
    code = make_code(word="ALL", uses=9)
    shop.basket(ben, album)
    loose = shop.basket(None, single)
    use(loose, "all")
    merged = orders.merge_baskets(token=loose.token, holder_id=ben.pk, now=NOW)
    assert Basket.objects.get(pk=merged.pk).voucher == code
    alone = shop.basket(None, single)
    use(alone, "all")
    adopted = orders.merge_baskets(token=alone.token, holder_id=User.objects.create_user("x@example.org").pk, now=NOW)
    assert Basket.objects.get(pk=adopted.pk).voucher == code


def test_a_gig_code_puts_its_titles_on_the_shelf_once(shop, ben, cleo, album, single):
    code = make_code(campaign=make_campaign(kind="titles", releases=[album, single]))
    order = redeem(code, ben, shop=shop)
    assert redeem(code, ben, shop=shop) == order  # pressed twice
    assert (order.state, order.total, order.voucher) == (Order.State.PAID, Money(0, "EUR"), code)
    assert [line.listed == line.discount for line in order.lines.all()] == [True, True]
    held = Grant.objects.filter(holder=ben, source=order.source)
    assert set(held.values_list("release_id", flat=True)) == {album.pk, single.pk}
    assert refused(redeem, code, cleo, shop=shop) is Why.UNKNOWN
    assert vouchers.overused() == []


def test_a_guest_redeems_by_an_address(shop, album):
    code = make_code(campaign=make_campaign(kind="titles", releases=[album]))
    order = redeem(code, email="New@Example.org", shop=shop)
    assert order.holder.email == "new@example.org"
    assert order.holder.is_guest


def test_who_owns_all_of_it_keeps_the_code_for_somebody_else(shop, ben, cleo, album):
    shop.paid(ben, album)
    code = make_code(campaign=make_campaign(kind="titles", releases=[album]))
    with pytest.raises(orders.AlreadyOwnedError):
        redeem(code, ben, shop=shop)
    assert used(code) == 0
    assert redeem(code, cleo, shop=shop).holder == cleo


def test_who_owns_some_of_it_gets_the_rest(shop, ben, album, single):
    shop.paid(ben, album)
    code = make_code(campaign=make_campaign(kind="titles", releases=[album, single]))
    assert [line.release for line in redeem(code, ben, shop=shop).lines.all()] == [single]


def test_what_can_not_be_had_yet_uses_no_code_up(shop, ben):
    coming = make_release(tracks=1)
    make_deal(release=coming, start_day=(NOW + timedelta(days=9)).date())
    code = make_code(campaign=make_campaign(kind="titles", releases=[coming]))
    with pytest.raises(redeeming.TitlesRefusedError):
        redeem(code, ben, shop=shop)
    assert used(code) == 0
    assert not Order.objects.exists()
    assert redeem(code, ben, shop=shop, now=NOW + timedelta(days=10)).holder == ben


def test_looking_at_a_code_uses_nothing(shop, album):
    code = make_code(campaign=make_campaign(kind="titles", releases=[album]))
    assert redeeming.titles_for(text=code.shown.lower(), now=NOW) == [str(album)]
    assert used(code) == 0
