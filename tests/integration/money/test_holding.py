"""Whoever changes the lines of a payment, or its gift, holds the payment first; whoever ends an order, its basket.

PostgreSQL ends one of two that wait crosswise, and of two parts that end at once none would see the other.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.conftest import NOW
from tests.factories import make_campaign, make_code
from tests.integration.money.conftest import GERMANY, euro

from bandstand.store.orders import jobs
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Order, OrderLine
from bandstand.store.orders.rules import Browser
from bandstand.store.orders.rules.gift import GiftWish
from bandstand.store.orders.services import codes, disputes, gifts, promises, redeeming, refunds
from bandstand.store.payments import queries as payments
from bandstand.store.vouchers.rules import VoucherRefusedError, Why


@pytest.fixture(autouse=True)
def _bank(settings):
    settings.MANUAL_ACCOUNT = "IBAN DE02 1203 0000 0000 2020 51"


@pytest.fixture
def paid(shop, album, ben):
    order = shop.order(ben, album)
    orders.settle(payment_id=shop.meant(order, provider="manual").pk, now=NOW)
    return order


@pytest.fixture
def given(shop, album, ben):
    """A gift that is paid and waits to be claimed."""
    page = shop.page(shop.basket(ben, album))
    names = {"recipient_name": "Cleo", "recipient_email": "cleo@example.org", "sender_name": "Ben"}
    order = shop.place(page.basket, email=ben.email, gift=GiftWish(**names, deliver_at=NOW))
    orders.settle(payment_id=shop.meant(order, provider="manual").pk, now=NOW)
    return order


def first_row_changed(act):
    with CaptureQueriesContext(connection) as seen:
        act()
    updates = [one["sql"] for one in seen if one["sql"].startswith("UPDATE")]
    return updates[0].split('"')[1]


@pytest.mark.parametrize("end", ["finish_refund", "undo_refund"])
def test_a_refund_that_ends_holds_its_payment(paid, end):
    line = paid.lines.get()
    key = orders.refund_line(line_id=line.pk, amount=euro(1), reason="a", by="Ada", now=NOW).payment_refund_key
    facts = {"reason": "no"} if end == "undo_refund" else {}
    act = getattr(refunds, end)
    assert first_row_changed(lambda: act(refund_key=key, now=NOW, **facts)) == "payments_payment"


@pytest.mark.parametrize("what", ["claim", "keep", "take_back"])
def test_a_gift_that_ends_holds_its_payment(given, cleo, what):
    facts = {
        "claim": {"token": given.gift.token, "holder_id": cleo.pk},
        "keep": {"order_id": given.pk},
        "take_back": {"order_id": given.pk},
    }[what]
    assert first_row_changed(lambda: getattr(gifts, what)(**facts, now=NOW)) == "payments_payment"


def test_the_price_promise_holds_the_payment(paid):
    OrderLine.objects.update(available_at=NOW)
    assert first_row_changed(lambda: promises.check_promises(NOW)) == "payments_payment"


def test_who_settles_or_cancels_holds_the_baskets(shop, album, single, ben, cleo):
    late = shop.order(cleo, single)
    payment = shop.meant(shop.order(ben, album), provider="manual")
    assert first_row_changed(lambda: orders.settle(payment_id=payment.pk, now=NOW)) == "orders_basket"
    assert first_row_changed(lambda: orders.cancel_expired(NOW + timedelta(hours=2))) == "orders_basket"
    assert Order.objects.get(pk=late.pk).state == "cancelled"


def test_a_dispute_that_is_won_still_returns_what_was_paid_twice(paid, shop, album, ben):
    payment = payments.success_of(paid.number)
    facts = {"payment_id": payment.pk, "dispute_ref": "dp-1", "amount": payment.money, "now": NOW}
    disputes.opened(**facts)
    shop.paid(ben, album)
    disputes.won(**facts)
    assert paid.lines.get().refunds.get().by == "rule:already_owned"


def test_who_orders_as_before_after_an_order_with_a_code_in_between_gets_a_new_one(shop, album):
    basket = shop.basket(None, album)
    code = make_code(campaign=make_campaign(percent=10, per_holder=None), uses=9)
    codes.use_voucher(basket_id=basket.pk, holder_id=None, text=code.text, now=NOW)
    made = []
    for minute, email in enumerate(["a@example.org", "b@example.org", "a@example.org"]):
        made.append(shop.place(basket, email=email, now=NOW + timedelta(minutes=minute)))
    assert [Order.objects.get(pk=one.pk).state for one in made] == ["cancelled", "cancelled", "open"]


def test_a_guest_is_not_told_that_an_address_has_used_a_campaign(shop, album, single, ben):
    campaign = make_campaign(kind="titles", releases=[album, single], per_holder=1)
    visitor = {"storefront": shop.storefront, "visitor": GERMANY, "email": ben.email, "now": NOW}
    redeeming.redeem_titles(text=make_code(campaign=campaign).text, holder_id=ben.pk, **visitor)
    with pytest.raises(VoucherRefusedError) as refused:
        redeeming.redeem_titles(text=make_code(campaign=campaign).text, holder_id=ben.pk, **visitor)
    assert refused.value.why is Why.USED_BY_YOU
    order = redeeming.redeem_titles(text=make_code(campaign=campaign).text, holder_id=None, **visitor)
    assert order.lines.count() == 2


def test_a_guest_is_not_told_that_an_address_has_redeemed_a_word(shop, album, ben):
    code = make_code(campaign=make_campaign(kind="titles", releases=[album]), word="GIGNIGHT", uses=9)
    visitor = {"text": code.text, "storefront": shop.storefront, "visitor": GERMANY, "email": ben.email}
    first = redeeming.redeem_titles(holder_id=ben.pk, now=NOW, **visitor)
    later = NOW + timedelta(hours=1)
    guests = redeeming.redeem_titles(holder_id=None, now=later, **visitor)
    assert guests.pk != first.pk
    assert redeeming.redeem_titles(holder_id=None, now=later, **visitor).pk == guests.pk  # pressed twice
    again = {"holder_id": None, "now": later + timedelta(hours=1), **visitor}
    assert redeeming.redeem_titles(browser=Browser([guests.number]), **again).pk == guests.pk
    assert redeeming.redeem_titles(**again).pk not in {first.pk, guests.pk}


@pytest.mark.parametrize("other", ["failed", "beside"])
def test_staff_books_a_transfer_that_came_late_or_beside_another_provider(shop, album, ben, client, ada, other):
    order = shop.order(ben, album)
    payment = shop.meant(order, provider="manual")
    if other == "failed":
        type(payment).objects.filter(pk=payment.pk).update(state="failed", ended_at=NOW)
    else:
        type(payment).objects.update(state="started")
        newer = shop.meant(order, now=NOW + timedelta(minutes=1))
        type(payment).objects.filter(pk=newer.pk).update(state="started")
    client.force_login(ada)
    client.post(reverse("admin:orders_order_changelist"), {"action": "receive", "_selected_action": [order.pk]})
    assert Order.objects.get(pk=order.pk).state == "paid"
    payment.refresh_from_db()
    assert payment.state == "succeeded"


def test_no_link_is_mailed_to_a_gift_whose_money_went_back(given, mailoutbox):
    key = orders.refund_line(line_id=given.lines.get().pk, reason="a", by="Ada", now=NOW).payment_refund_key
    orders.mark_refund_sent(refund_key=key, by="Ada", now=NOW)
    mailoutbox.clear()
    jobs.gift_mail(now=NOW, progress=lambda _: None, gift_id=given.gift.pk)
    jobs.gift_reminder(now=NOW, progress=lambda _: None, gift_id=given.gift.pk)
    assert mailoutbox == []
