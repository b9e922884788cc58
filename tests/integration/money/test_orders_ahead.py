"""What is ordered before it comes: paid at once, on the shelf from its day, never dearer than then."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from tests.conftest import NOW
from tests.factories import make_deal, make_part, make_release
from tests.integration.money.conftest import euro

from bandstand.kernel.clock import local_midnight
from bandstand.store.deals.models import Deal
from bandstand.store.deals.services import set_price
from bandstand.store.grants.models import Grant
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import OrderLine, Refund
from bandstand.store.orders.services import disputes, promises, refunds
from bandstand.store.payments.models import Payment
from bandstand.store.vouchers import services as vouchers
from bandstand.store.vouchers.models import Code

DAY = date(2026, 11, 24)
COMES = local_midnight(DAY, "Europe/Berlin")
SOON = NOW + timedelta(hours=1)


@pytest.fixture
def coming(storefront):
    """An album for 8.99 that comes on Tuesday and can be ordered ahead."""
    release = make_release(tracks=3, title="Slow Weather")
    make_deal(release=release, start_day=DAY, preorder_day=date(2026, 11, 1))
    return release


def test_what_is_ordered_ahead_is_paid_at_once_and_held_from_its_day(shop, coming, ben):
    order = shop.paid(ben, coming)
    line, grant = order.lines.get(), Grant.objects.get()
    assert (order.state, line.gross, line.available_at) == ("paid", 899, COMES)
    assert (grant.starts_at, grant.revoked_at) == (COMES, None)


def test_its_single_tracks_cannot_be_ordered_ahead(shop, coming, ben):
    with pytest.raises(orders.NotForSaleError) as refused:
        shop.basket(ben, coming.parts.first())
    assert refused.value.refusal.changes_at == COMES


def test_nobody_orders_it_twice(shop, coming, ben):
    shop.paid(ben, coming)
    with pytest.raises(orders.AlreadyOwnedError):
        shop.basket(ben, coming, now=SOON)


@pytest.mark.parametrize("price", [899, 999])
def test_at_the_same_or_a_higher_price_nothing_goes_back(shop, coming, ben, price):
    shop.paid(ben, coming)
    set_price(tier="album", amount=euro(price))
    assert promises.check_promises(COMES) == 0
    assert OrderLine.objects.get().price_checked_at == COMES
    assert not Refund.objects.exists()


def test_a_lower_price_on_the_day_goes_back_once_and_the_title_stays(shop, coming, ben):
    shop.paid(ben, coming)
    set_price(tier="album", amount=euro(699))
    assert promises.check_promises(COMES - timedelta(seconds=1)) == 0
    assert [promises.check_promises(COMES + timedelta(minutes=n)) for n in range(3)] == [1, 0, 0]
    refund = Refund.objects.get()
    assert (refund.amount, refund.by, refund.ends_grant) == (200, "rule:price_promise", False)
    refunds.finish_refund(refund_key=refund.payment_refund_key, now=COMES)
    assert Grant.objects.live().filter(release=coming).exists()
    assert OrderLine.objects.get().refunded == 200


def test_a_price_that_falls_to_nothing_returns_all_and_keeps_the_title(shop, coming, ben):
    shop.paid(ben, coming)
    set_price(tier="album", amount=euro(0))
    promises.check_promises(COMES)
    refund = Refund.objects.get()
    refunds.finish_refund(refund_key=refund.payment_refund_key, now=COMES)
    assert refund.amount == 899
    assert Grant.objects.live().filter(release=coming).exists()


def test_who_paid_less_by_a_code_gets_only_what_is_above_the_new_price(shop, coming, ben):
    campaign = vouchers.make_campaign(name="Early", kind="percent", percent=10, starts_at=NOW, by="user:1", now=NOW)
    vouchers.make_codes(campaign_id=campaign.pk, count=1)
    basket = shop.basket(ben, coming)
    type(basket).objects.filter(pk=basket.pk).update(voucher=Code.objects.get())
    order = shop.place(basket)
    orders.settle(payment_id=shop.meant(order).pk, now=NOW)
    assert order.gross == 899 - 90
    set_price(tier="album", amount=euro(799))
    promises.check_promises(COMES)
    assert Refund.objects.get().amount == 809 - 799


def test_an_order_that_nobody_paid_is_not_looked_at(shop, coming, ben):
    shop.order(ben, coming)
    set_price(tier="album", amount=euro(1))
    assert promises.check_promises(COMES) == 0
    assert OrderLine.objects.get().price_checked_at is None


def test_the_promise_waits_for_the_end_of_a_dispute(shop, coming, ben):
    shop.paid(ben, coming)
    payment = Payment.objects.get()
    told = {"payment_id": payment.pk, "dispute_ref": "dp-1", "amount": payment.money}
    disputes.opened(**told, now=SOON)
    set_price(tier="album", amount=euro(699))
    assert promises.check_promises(COMES) == 0
    assert OrderLine.objects.get().price_checked_at is None
    disputes.won(**told, now=COMES + timedelta(days=20))
    assert [promises.check_promises(COMES + timedelta(days=n)) for n in (21, 22)] == [1, 0]
    assert Refund.objects.get().amount == 200


def test_disputed_lines_do_not_keep_others_from_their_promise(shop, coming, ben, cleo, monkeypatch):
    monkeypatch.setattr(promises, "AT_ONCE", 1)
    shop.paid(ben, coming)
    payment = Payment.objects.get()
    disputes.opened(payment_id=payment.pk, dispute_ref="dp-1", amount=payment.money, now=SOON)
    shop.paid(cleo, coming)
    set_price(tier="album", amount=euro(699))
    assert promises.check_promises(COMES) == 1


def test_a_release_that_is_not_offered_on_the_day_promises_nothing(shop, coming, ben):
    shop.paid(ben, coming)
    Deal.objects.update(ended_at=NOW)
    assert promises.check_promises(COMES) == 0
    assert OrderLine.objects.get().price_checked_at == COMES


def test_what_was_refunded_before_the_day_is_not_refunded_again(shop, coming, ben):
    order = shop.paid(ben, coming)
    set_price(tier="album", amount=euro(1))
    line = order.lines.get()
    OrderLine.objects.filter(pk=line.pk).update(refunded=line.gross)
    assert promises.check_promises(COMES) == 0


def test_tracks_that_came_before_count_towards_what_is_ordered_ahead(shop, ben, coming):
    early = make_part(release=coming)
    make_deal(release=coming, release_tier=None, track_tier="track")  # its tracks are sold already
    shop.paid(ben, early)
    page = shop.page(shop.basket(ben, coming, now=SOON), now=SOON)
    assert (page.sums.credit, page.lines[0].offer.available_at) == (euro(99), COMES)


def test_a_part_of_the_release_is_not_had_before_the_release_comes(client, shop, coming, ben):
    shop.paid(ben, coming)
    grant = Grant.objects.get()
    Grant.objects.update(starts_at=COMES + timedelta(days=3650))  # the view asks the real clock
    client.force_login(ben)
    part = coming.parts.first()
    for path in (reverse("delivery:zip", args=[grant.pk, "flac"]), f"/download/{grant.pk}/flac/file/{part.pk}/"):
        refused = client.get(path)
        assert (refused.status_code, "2036" in refused.content.decode()) == (409, True)
    shelf = client.get("/shelf/").context["items"]
    assert [(item.ways, "2036" in item.comes_on) for item in shelf] == [([], True)]
