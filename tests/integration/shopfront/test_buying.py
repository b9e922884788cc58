from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone
from tests.conftest import NOW
from tests.factories import make_deal, make_release, make_storefront

from bandstand.store.accounts import services as accounts
from bandstand.store.deals.models import Deal, PriceTier
from bandstand.store.grants.models import Grant
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Basket, Order
from bandstand.store.payments import services as payments
from bandstand.store.payments.models import Payment
from bandstand.store.shopfront.orderpage import State
from bandstand.webkit.jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def album(settings):
    settings.MANUAL_ACCOUNT = "IBAN DE02 1203 0000 0000 2020 51"
    make_storefront()
    release = make_release(title="Evening Ferry", slug="evening-ferry", tracks=2)
    make_deal(release=release)
    return release


def put(client, **what):
    return client.post(reverse("shopfront:put"), what)


def press(client, page=None, **other):
    """Press the buy button of a checkout page as it was shown."""
    page = page or client.get("/checkout/")
    shown = {name: page.context["form"].initial[name] for name in ("checkout_key", "expected")}
    said = {"email": "dora@example.org", "country": "DE", "provider": "manual"}
    return client.post("/checkout/", shown | said | other)


def placed(client, album, **other):
    put(client, release=album.pk)
    press(client, **other)
    return Order.objects.get()


def pay(order):
    return orders.settle(payment_id=Payment.objects.get(order_number=order.number).pk, now=timezone.now())


def test_a_title_in_the_basket_is_shown_and_counted(client, album):
    assert put(client, release=album.pk).url == "/basket/"
    page = client.get("/basket/")
    assert page.context["page"].total.amount == 899
    assert page.context["page"].buyable
    assert page.context["visit"].basket_count == 1


def test_a_title_can_be_taken_out_again(client, album):
    put(client, release=album.pk)
    (line,) = client.get("/basket/").context["lines"]
    client.post("/basket/take/", {"line": line.pk})
    assert client.get("/basket/").context["lines"] == []


def test_nobody_takes_a_line_out_of_another_basket(client, album, ben):
    put(client, release=album.pk)
    line = Basket.objects.get().lines.get()
    other = type(client)()
    put(other, release=make_and_sell())
    other.post("/basket/take/", {"line": line.pk})
    assert Basket.objects.filter(lines=line).exists()


def make_and_sell():
    release = make_release()
    make_deal(release=release)
    return release.pk


@pytest.mark.parametrize("what", [{}, {"release": "1", "part": "1"}, {"release": "x"}, {"part": "9" * 30}])
def test_nonsense_is_not_put_into_a_basket(client, album, what):
    assert put(client, **what).status_code == 404


def test_a_basket_is_never_changed_by_a_look(client, album):
    assert client.get(reverse("shopfront:put")).status_code == 405
    assert client.get(reverse("shopfront:take")).status_code == 405


def test_what_may_not_be_sold_is_refused_with_the_reason(client, album):
    Deal.objects.update(members_only=True)
    refused = put(client, release=album.pk)
    assert refused.status_code == 409
    assert refused.context["refusal"].code == "orders.not_for_sale"


def test_an_offer_that_ended_in_the_basket_is_marked_and_stops_the_checkout(client, album):
    put(client, release=album.pk)
    Deal.objects.update(end_at=timezone.now() - timedelta(minutes=1))
    page = client.get("/basket/")
    assert page.context["lines"][0].why
    assert not page.context["page"].buyable
    assert client.get("/checkout/").url == "/basket/"


def test_a_guest_buys_and_finds_the_files_in_the_same_browser(client, album):
    put(client, release=album.pk)
    answer = press(client)
    order = Order.objects.get()
    assert answer.url == f"/order/{order.number}/"
    assert client.get(answer.url).context["view"].state == State.INSTRUCTIONS
    pay(order)
    page = client.get(answer.url)
    assert page.context["view"].state == State.PAID
    grant = Grant.objects.get()
    assert page.context["view"].lines[0].shelf_url == f"/shelf/{grant.pk}/"
    assert client.get("/shelf/").context["items"][0].title == "Evening Ferry"
    assert client.get("/basket/").context["lines"] == []


def test_an_order_is_nobody_elses(client, album, ben, cleo):
    order = placed(client, album)
    stranger = type(client)()
    assert stranger.get(f"/order/{order.number}/").status_code == 404
    stranger.force_login(cleo)
    assert stranger.get(f"/order/{order.number}/").status_code == 404
    assert stranger.post(f"/order/{order.number}/pay/", {"provider": "manual"}).status_code == 404


def test_a_guest_who_names_somebodys_address_sees_only_this_order(client, album, ben):
    client.force_login(ben)
    order = placed(client, album)
    pay(order)
    guest = type(client)()
    single = make_release(title="Another")
    make_deal(release=single)
    put(guest, release=single.pk)
    press(guest, email=ben.email)
    pay(Order.objects.exclude(pk=order.pk).get())
    assert [item.title for item in guest.get("/shelf/").context["items"]] == ["Another"]
    assert guest.get(f"/order/{order.number}/").status_code == 404
    assert guest.get("/account/").status_code == 302


def test_two_presses_make_one_order(client, album):
    put(client, release=album.pk)
    page = client.get("/checkout/")
    first, second = press(client, page), press(client, page)
    assert first.url == second.url
    assert Order.objects.count() == 1
    assert Payment.objects.count() == 1


def test_a_press_after_the_payment_still_leads_to_the_same_order(client, album):
    put(client, release=album.pk)
    page = client.get("/checkout/")
    first = press(client, page)
    pay(Order.objects.get())
    assert press(client, page).url == first.url
    assert Order.objects.count() == 1


def test_a_price_that_changed_meanwhile_is_shown_before_anything_is_bought(client, album):
    put(client, release=album.pk)
    page = client.get("/checkout/")
    Deal.objects.update(release_tier=PriceTier.objects.get(slug="ep"))
    refused = press(client, page)
    assert refused.status_code == 409
    assert refused.context["refusal"].code == "orders.price_changed"
    assert refused.context["page"].total.amount == 499
    assert not Order.objects.exists()


def test_a_country_that_is_not_served_cannot_be_chosen(client, album):
    put(client, release=album.pk)
    assert press(client, country="JP").status_code == 422
    assert not Order.objects.exists()


def test_a_form_with_mistakes_comes_back_and_says_so(client, album):
    put(client, release=album.pk)
    page = press(client, email="nobody")
    assert page.status_code == 422
    assert "email" in page.context["form"].errors
    assert b'role="alert"' in page.content


def test_what_costs_nothing_needs_no_payment(client, album):
    Deal.objects.update(release_tier=PriceTier.objects.get(slug="free"))
    put(client, release=album.pk)
    page = client.get("/checkout/")
    assert "provider" not in page.context["form"].fields
    answer = press(client, page)
    assert client.get(answer.url).context["view"].state == State.PAID
    assert Grant.objects.count() == 1
    assert not Payment.objects.exists()


def test_a_store_without_a_way_to_pay_says_so(client, album, settings):
    settings.PAYMENT_PROVIDERS = []
    put(client, release=album.pk)
    page = client.get("/checkout/")
    assert not page.context["can_pay"]
    assert b"Buy now" not in page.content


def test_a_declined_payment_says_why_and_can_be_tried_again(client, album):
    order = placed(client, album)
    payments.fail(payment_id=Payment.objects.get().pk, reason="The card was declined.", now=timezone.now())
    page = client.get(f"/order/{order.number}/")
    assert page.context["view"].state == State.DECLINED
    assert b"The card was declined." in page.content
    client.post(f"/order/{order.number}/pay/", {"provider": "manual"})
    assert Payment.objects.count() == 2
    assert client.get(f"/order/{order.number}/").context["view"].state == State.INSTRUCTIONS


def test_an_order_whose_time_is_over_cannot_be_paid(client, album):
    order = placed(client, album)
    Order.objects.update(expires_at=NOW)
    page = client.get(f"/order/{order.number}/")
    assert page.context["view"].state == State.OVER
    assert page.context["form"] is None
    client.post(f"/order/{order.number}/pay/", {"provider": "manual"})
    assert Payment.objects.count() == 1


def test_a_provider_that_is_silent_leaves_the_order_to_be_tried_again(client, album):
    order = placed(client, album, provider="pretend")
    page = client.get(f"/order/{order.number}/")
    assert page.status_code == 200
    assert page.context["view"].state in (State.WAITING, State.CHOOSE)


def test_a_refunded_line_leaves_the_shelf_and_stays_on_the_receipt(client, album):
    order = placed(client, album)
    pay(order)
    refund = orders.refund_line(line_id=order.lines.get().pk, reason="asked for", by="ada", now=timezone.now())
    orders.mark_refund_sent(refund_key=refund.payment_refund_key, by="ada", now=timezone.now())
    page = client.get(f"/order/{order.number}/")
    assert page.context["view"].lines[0].refunded
    assert not page.context["view"].lines[0].shelf_url
    assert client.get("/shelf/").context["items"] == []


def test_what_a_visitor_gathered_moves_to_the_account_at_sign_in(client, album, ben):
    put(client, release=album.pk)
    client.post("/account/sign-in/", {"login": ben.email, "password": "a quiet harbour"})
    assert client.get("/basket/").context["page"].total.amount == 899
    assert Basket.objects.get().holder == ben


def test_a_member_buys_what_is_for_members_and_a_guest_cannot(client, album, ben):
    Deal.objects.update(members_only=True)
    client.force_login(ben)
    put(client, release=album.pk)
    press(client)
    assert Order.objects.get().holder == ben
    guest = type(client)()
    assert put(guest, release=album.pk).status_code == 409


def test_a_guests_order_makes_an_unclaimed_account(client, album):
    placed(client, album)
    assert get_user_model().objects.get(email="dora@example.org").is_guest


def test_nobody_buys_what_they_own(client, album, ben):
    client.force_login(ben)
    pay(placed(client, album))
    refused = put(client, release=album.pk)
    assert refused.status_code == 409
    assert refused.context["refusal"].code == "orders.already_owned"


def test_the_orders_of_an_account_are_listed_for_it_only(client, album, ben, cleo):
    client.force_login(ben)
    order = placed(client, album)
    assert order.number.encode() in client.get("/orders/").content
    client.force_login(cleo)
    assert order.number.encode() not in client.get("/orders/").content


def test_a_guest_who_claims_the_account_finds_everything_there(client, album):
    order = placed(client, album)
    pay(order)
    accounts.claim(user=order.holder, password="a quiet harbour", now=timezone.now())
    other = type(client)()
    other.post("/account/sign-in/", {"login": "dora@example.org", "password": "a quiet harbour"})
    assert [item.title for item in other.get("/shelf/").context["items"]] == ["Evening Ferry"]


def test_a_page_that_waits_asks_again_until_the_answer_is_there(client, album):
    order = placed(client, album)
    Payment.objects.update(instructions="", redirect_url="http://pay.example/1")
    page = client.get(f"/order/{order.number}/")
    assert page.context["view"].state == State.WAITING
    assert b'hx-trigger="every 2s"' in page.content
    assert b'http-equiv="refresh"' in page.content
    pay(order)
    page = client.get(f"/order/{order.number}/")
    assert b"hx-trigger" not in page.content
    assert b'http-equiv="refresh"' not in page.content


@pytest.mark.parametrize("who", ["guest", "ben"])
def test_the_format_of_the_browser_goes_with_the_order(client, album, ben, who):
    if who == "ben":
        client.force_login(ben)
    client.cookies["format"] = "opus-160"
    order = placed(client, album)
    assert order.preferred_format == "opus-160"
    orders.settle(payment_id=Payment.objects.get().pk, now=timezone.now())
    assert Job.objects.get(name="delivery.prepare").payload["recipe"] == "opus-160"


def test_a_format_that_is_none_does_not_go_with_the_order(client, album):
    client.cookies["format"] = "../admin"
    assert placed(client, album).preferred_format == ""
