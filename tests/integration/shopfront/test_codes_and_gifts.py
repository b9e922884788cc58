"""Codes and gifts on the shop's pages, as browsers without script use them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.factories import make_campaign, make_code, make_deal, make_release, make_storefront

from bandstand.store.grants.models import Grant
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Gift, Order
from bandstand.store.orders.services import redeeming
from bandstand.store.payments.models import Payment
from bandstand.store.shopfront.views import codes
from bandstand.store.vouchers.models import Code
from bandstand.webkit.jobs.models import Job

pytestmark = pytest.mark.django_db
WISH = {
    "gift-recipient_name": "Cleo",
    "gift-recipient_email": "cleo@example.org",
    "gift-sender_name": "Ben <b>",
    "gift-message": "Listen to <i>this</i>",
    "gift-day": "",
}


@pytest.fixture
def album(settings):
    settings.MANUAL_ACCOUNT = "IBAN DE02 1203 0000 0000 2020 51"
    make_storefront()
    release = make_release(title="Evening Ferry", slug="evening-ferry", tracks=2)
    make_deal(release=release)
    return release


@pytest.fixture
def gig(album):
    return make_code(campaign=make_campaign(kind="titles", releases=[album]))


def put(client, album):
    return client.post(reverse("shopfront:put"), {"release": album.pk})


def type_code(client, text):
    return client.post(reverse("shopfront:use_code"), {"code": text})


def press(client, **other):
    page = client.get("/checkout/")
    shown = {name: page.context["form"].initial[name] for name in ("checkout_key", "expected")}
    said = {"email": "dora@example.org", "country": "DE", "provider": "manual"}
    return client.post("/checkout/", shown | said | other)


def given(client, album, **other):
    """A gift that is paid."""
    put(client, album)
    client.post(reverse("shopfront:mark_gift"), {"gift": "yes"})
    press(client, **(WISH | other))
    order = Order.objects.get()
    orders.settle(payment_id=Payment.objects.get(order_number=order.number).pk, now=timezone.now())
    return Gift.objects.get(order=order)


def link(gift):
    return reverse("shopfront:gift", args=[gift.token])


def text(answer):
    return answer.content.decode()


def test_a_code_shows_what_it_takes_off_and_can_be_taken_out(client, album):
    make_code(word="SUMMER26", uses=9)
    put(client, album)
    assert type_code(client, " summer-26 ").url == "/basket/"
    page = client.get("/basket/")
    assert page.context["page"].total.amount == 809
    assert "SUMMER26" in text(page)
    assert "−€0.90" in text(page)
    client.post(reverse("shopfront:drop_code"))
    assert client.get("/basket/").context["page"].total.amount == 899


def test_a_refused_code_says_why_and_keeps_what_was_typed(client, album):
    put(client, album)
    answer = type_code(client, 'x"><script>')
    assert answer.status_code == 409
    assert "not valid here" in text(answer)
    assert "x&quot;&gt;&lt;script&gt;" in text(answer)


def test_a_gig_code_in_the_basket_leads_to_its_own_page(client, album, gig):
    put(client, album)
    assert f"{reverse('shopfront:redeem')}?code={gig.shown}" in text(type_code(client, gig.shown))


def test_who_guesses_codes_is_stopped_and_a_right_one_is_no_longer_looked_at(client, album):
    make_code(word="SUMMER26", uses=9)
    put(client, album)
    times = int(codes.GUESSES.split("/", maxsplit=1)[0])
    assert {type_code(client, f"WRONG{n}").status_code for n in range(times)} == {409}
    assert type_code(client, "WRONG").status_code == 429
    assert type_code(client, "SUMMER26").status_code == 429
    assert client.post(reverse("shopfront:redeem"), {"code": "X", "email": "a@example.org"}).status_code == 429


def test_right_codes_are_not_counted_as_guesses(client, album):
    make_code(word="SUMMER26", uses=9)
    put(client, album)
    assert {type_code(client, "SUMMER26").status_code for _ in range(30)} == {302}


def test_looking_at_the_address_on_a_card_redeems_nothing(client, ben, gig):
    client.force_login(ben)
    page = client.get(reverse("shopfront:redeem"), {"code": gig.shown})
    assert f'value="{gig.shown}"' in text(page)
    assert not Grant.objects.exists()
    assert Code.objects.get().used == 0


def test_a_guest_redeems_a_card_and_finds_the_way_to_the_titles_in_the_mail(client, gig, album):
    answer = client.post(reverse("shopfront:redeem"), {"code": gig.shown.lower(), "email": "new@example.org"})
    assert answer.url == reverse("shopfront:redeem")
    assert "sent a mail" in text(client.get(answer.url))
    assert Grant.objects.get().holder.email == "new@example.org"
    assert Job.objects.filter(name="receipts.mail").count() == 1
    order = Order.objects.get()
    assert "Evening Ferry" not in text(client.get(reverse("shopfront:shelf")))
    assert client.get(reverse("shopfront:order", args=[order.number])).status_code == 404


def test_a_guest_with_a_card_does_not_learn_what_an_address_owns(ben, gig, album):
    Grant.objects.create(holder=ben, release=album, use="own", source="order:B1", starts_at=timezone.now())
    seen = []
    for code, email in ((gig, ben.email), (make_code(campaign=gig.campaign), "new@example.org")):
        guest = Client()
        answer = guest.post(reverse("shopfront:redeem"), {"code": code.shown, "email": email})
        page = guest.get(answer.url)
        said = [str(message) for message in page.context["messages"]]
        again = Client().post(reverse("shopfront:redeem"), {"code": code.shown, "email": "other@example.org"})
        shelf = "Evening Ferry" in text(guest.get(reverse("shopfront:shelf")))
        seen.append((answer.status_code, answer.url, page.status_code, said, again.status_code, shelf))
    assert seen[0] == seen[1]
    assert Grant.objects.live().filter(holder=ben).count() == 1
    assert Job.objects.filter(name="receipts.mail").count() == 2  # both are told by mail


def test_a_used_code_and_an_address_open_nothing_in_another_browser(client, gig, album):
    said = {"code": gig.shown, "email": "new@example.org"}
    client.post(reverse("shopfront:redeem"), said)
    assert Client().post(reverse("shopfront:redeem"), said).status_code == 302  # pressed twice
    Order.objects.update(created_at=timezone.now() - redeeming.PRESSED_TWICE - timedelta(seconds=1))
    stranger = Client()
    answer = stranger.post(reverse("shopfront:redeem"), said)
    assert answer.status_code == 409
    assert "not valid here" in text(answer)
    assert stranger.get(reverse("shopfront:order", args=[Order.objects.get().number])).status_code == 404
    assert client.post(reverse("shopfront:redeem"), said).status_code == 302  # where it was redeemed


@pytest.mark.parametrize("way", ["code", "free", "kept gift"])
def test_a_guest_who_pays_nothing_does_not_learn_what_an_address_owns(ben, album, way):
    make_code(campaign=make_campaign(percent=100), word="ALLOFIT", uses=9)
    free = make_release(title="Harbour", tracks=1)
    make_deal(release=free, release_tier="free", track_tier="free")
    Grant.objects.create(holder=ben, release=album, use="own", source="order:B1", starts_at=timezone.now())
    Grant.objects.create(holder=ben, release=free, use="own", source="order:B1", starts_at=timezone.now())
    seen = []
    for email in (ben.email, "new@example.org"):
        guest = Client()
        put(guest, album if way == "code" else free)
        if way == "code":
            type_code(guest, "ALLOFIT")
        if way == "kept gift":
            guest.post(reverse("shopfront:mark_gift"), {"gift": "yes"})
        answer = press(guest, email=email, **(WISH if way == "kept gift" else {}))
        order = Order.objects.get(email=email)
        if way == "kept gift":
            guest.post(reverse("shopfront:gift_act", args=[order.number]), {"act": "keep"})
        page = text(guest.get(answer.url)).replace(order.number, "N").replace(email, "E")
        head, end = page.index("<h1"), page.index("</main>")
        shelf = text(guest.get(reverse("shopfront:shelf")))
        seen.append((answer.status_code, page[head:end], "Harbour" in shelf or "Evening Ferry" in shelf))
        assert Job.objects.filter(name="receipts.mail", key=order.number).exists()
    assert seen[0] == seen[1]
    assert not seen[0][2]
    assert way == "kept gift" or "in the mail" in seen[0][1]


def test_wrong_letters_do_not_use_up_the_free_orders_of_an_address(client, gig, album):
    wrong = {"code": "WRONG-WRONG", "email": "new@example.org"}
    assert {client.post(reverse("shopfront:redeem"), wrong).status_code for _ in range(8)} == {409}
    assert client.post(reverse("shopfront:redeem"), wrong | {"code": gig.shown}).status_code == 302


def test_who_has_it_is_told_that_the_code_is_still_good(client, ben, gig, album):
    client.force_login(ben)
    client.post(reverse("shopfront:redeem"), {"code": gig.shown})
    other = make_code(campaign=gig.campaign)
    gig.campaign.per_holder = None
    gig.campaign.save()
    answer = client.post(reverse("shopfront:redeem"), {"code": other.shown})
    assert answer.status_code == 409
    assert "not used up" in text(answer)
    assert Code.objects.get(pk=other.pk).used == 0


def test_a_voucher_on_the_redeem_page_leads_to_the_basket(client, album):
    make_code(word="SUMMER26", uses=9)
    answer = client.post(reverse("shopfront:redeem"), {"code": "SUMMER26", "email": "new@example.org"})
    assert answer.status_code == 409
    assert f'href="{reverse("shopfront:basket")}"' in text(answer)


def test_the_checkout_asks_for_a_gift_only_when_it_is_one(client, album):
    put(client, album)
    assert client.get("/checkout/").context["gift_form"] is None
    client.post(reverse("shopfront:mark_gift"), {"gift": "yes"})
    assert client.get("/checkout/").context["gift_form"] is not None
    client.post(reverse("shopfront:mark_gift"), {"gift": "no"})
    assert client.get("/checkout/").context["gift_form"] is None


def test_a_gift_without_a_name_is_no_order(client, album):
    put(client, album)
    client.post(reverse("shopfront:mark_gift"), {"gift": "yes"})
    answer = press(client, **(WISH | {"gift-recipient_name": " ", "gift-day": "2020-01-01"}))
    assert answer.status_code == 422
    assert set(answer.context["gift_form"].errors) == {"recipient_name"}
    answer = press(client, **(WISH | {"gift-day": "2020-01-01"}))
    assert set(answer.context["gift_form"].errors) == {"day"}
    assert not Order.objects.exists()


def test_a_giver_sees_how_it_stands_and_gets_nothing(client, album):
    gift = given(client, album)
    page = text(client.get(reverse("shopfront:order", args=[gift.order.number])))
    assert "cleo@example.org" in page
    assert "Listen to &lt;i&gt;this&lt;/i&gt;" in page
    assert "yours for good" not in page
    assert gift.token not in page
    assert "Evening Ferry" not in text(client.get("/shelf/"))


def test_whoever_has_the_link_sees_the_gift_and_takes_it_by_pressing(client, client_of_cleo, album):
    gift = given(client, album)
    page = client_of_cleo.get(link(gift))
    assert "Ben &lt;b&gt;" in text(page)
    assert "dora@example.org" not in text(page)
    assert gift.order.number not in text(page)
    assert not Grant.objects.exists()
    assert client_of_cleo.post(link(gift)).url == "/shelf/"
    assert "Evening Ferry" in text(client_of_cleo.get("/shelf/"))
    assert client_of_cleo.get(reverse("shopfront:order", args=[gift.order.number])).status_code == 404
    again = client_of_cleo.get(link(gift))
    assert again.status_code == 409


def test_a_claimed_gift_is_on_no_shelf_of_its_giver(client, client_of_cleo, album):
    gift = given(client, album)
    client_of_cleo.post(link(gift))
    assert "Evening Ferry" not in text(client.get("/shelf/"))
    grant = Grant.objects.get()
    assert client.get(reverse("shopfront:shelf_item", args=[grant.pk])).status_code == 404
    assert reverse("shopfront:shelf_item", args=[grant.pk]) not in text(
        client.get(reverse("shopfront:order", args=[gift.order.number]))
    )


def test_one_who_signs_in_claims_to_their_own_shelf(client, client_of_cleo, cleo, album):
    gift = given(client, album)
    client_of_cleo.force_login(cleo)
    client_of_cleo.post(link(gift))
    assert Grant.objects.get().holder == cleo


def test_a_link_that_is_none_tells_nothing(client, album):
    assert client.get(reverse("shopfront:gift", args=["x" * 43])).status_code == 404
    assert client.get(reverse("shopfront:gift", args=["x" * 430])).status_code == 404


def act(client, gift, **what):
    return client.post(reverse("shopfront:gift_act", args=[gift.order.number]), what)


def test_a_giver_sends_it_elsewhere_and_the_old_link_ends(client, client_of_cleo, album):
    gift = given(client, album)
    act(client, gift, act="send", recipient_name="Cleo", recipient_email="right@example.org")
    assert client_of_cleo.get(link(gift)).status_code == 404
    gift.refresh_from_db()
    assert gift.recipient_email == "right@example.org"
    assert client_of_cleo.get(link(gift)).status_code == 200
    assert act(client, gift, act="send", recipient_name="Cleo", recipient_email="nowhere").status_code == 422


def test_a_giver_takes_it_back_or_keeps_it(client, client_of_cleo, album):
    gift = given(client, album)
    assert act(client_of_cleo, gift, act="keep").status_code == 404
    act(client, gift, act="keep")
    assert "Evening Ferry" in text(client.get("/shelf/"))
    act(client, gift, act="return")
    gift.refresh_from_db()
    assert gift.returned_at is None


def test_a_gift_is_mailed_only_so_often(client, album):
    gift = given(client, album)
    said = [
        act(client, gift, act="send", recipient_name="Cleo", recipient_email="cleo@example.org").status_code
        for _ in range(7)
    ]
    assert said == [302] * 5 + [429] * 2


def test_gifts_that_cost_nothing_mail_one_address_only_so_often(client_of_cleo):
    make_storefront()
    free = make_release(tracks=1)
    make_deal(release=free, release_tier="free", track_tier="free")
    said = []
    for _ in range(6):
        put(client_of_cleo, free)
        client_of_cleo.post(reverse("shopfront:mark_gift"), {"gift": "yes"})
        said.append(press(client_of_cleo, **WISH).status_code)
    assert said == [302] * 5 + [429]
    assert Gift.objects.count() == 5


def test_what_one_owns_can_be_given(client, ben, album):
    client.force_login(ben)
    now = timezone.now() - timedelta(days=1)
    Grant.objects.create(holder=ben, release=album, use="own", source="order:B0", starts_at=now)
    assert put(client, album).status_code == 409
    client.post(reverse("shopfront:put"), {"release": album.pk, "gift": "yes"})
    page = client.get("/checkout/")
    assert page.context["page"].total.amount == 899
    assert page.context["gift_form"] is not None


@pytest.fixture
def client_of_cleo():
    from django.test import Client

    return Client()
