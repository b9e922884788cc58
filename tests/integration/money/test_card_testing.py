"""Somebody tries out stolen cards: many small payments, each under another name. The gateway counts its calls."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Order
from bandstand.store.payments import guard
from bandstand.store.payments import services as payments
from bandstand.store.payments.models import Payment

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

SESSIONS = "POST /v1/checkout/sessions"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_tries_of_other_tests():
    cache.clear()


@pytest.fixture
def track(album, desk):
    desk.control("faults", hooks={"forget": 1.0})
    return album.parts.first()


def press(track, email, *, address="192.0.2.1", client=None):
    """Buy a track as a guest, and return the answer to the press."""
    client = client or Client(REMOTE_ADDR=address)
    client.post("/basket/put/", {"part": track.pk})
    form = client.get("/checkout/").context["form"]
    shown = {name: form.initial[name] for name in ("checkout_key", "expected")}
    return client.post("/checkout/", shown | {"email": email, "country": "DE", "provider": "stripe"})


def led_away(answer):
    return answer.status_code == 302 and "/c/pay/" in answer["Location"]


def decline_all(desk):
    """The card is declined, and the gateway's event of it arrives."""
    for payment in Payment.objects.filter(state="started"):
        desk.press(payment, "decline")
        payments.note_decline(payment_id=payment.pk, now=timezone.now())


def test_an_attack_from_one_address_under_any_number_of_names_ends_after_five_cards(track, desk):
    for number in range(8):
        press(track, f"nobody{number}@example.org")
        decline_all(desk)
    assert desk.calls(SESSIONS) <= 5
    assert led_away(press(track, "dora@example.org", address="192.0.2.2"))


def test_an_attack_that_opens_all_its_pages_first_gets_twenty_at_most(track, desk, monkeypatch):
    assert guard.MOST_UNPAID <= 20
    monkeypatch.setattr(guard, "MOST_UNPAID", 4)
    answers = [press(track, f"nobody{number}@example.org") for number in range(6)]
    assert sum(led_away(one) for one in answers) == 4
    assert desk.calls(SESSIONS) == 4


def test_nobody_keeps_others_from_paying_by_typing_their_address(track, desk, ben):
    for _ in range(8):
        press(track, ben.email)
        decline_all(desk)
    assert not led_away(press(track, ben.email))
    assert led_away(press(track, ben.email, address="192.0.2.2"))
    client = Client(REMOTE_ADDR="192.0.2.3")
    client.force_login(ben)
    assert led_away(press(track, "", client=client))


def test_an_attack_within_one_household_network_is_one_visitor(track, desk):
    for number in range(8):
        press(track, f"nobody{number}@example.org", address=f"2001:db8:0:1::{number:x}")
        decline_all(desk)
    assert desk.calls(SESSIONS) <= 5
    assert led_away(press(track, "dora@example.org", address="2001:db8:0:2::1"))


def test_an_account_is_counted_wherever_it_is(album, single, desk, ben):
    desk.control("faults", hooks={"forget": 1.0})
    for number in range(8):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        client.force_login(ben)
        press(album.parts.first(), "", client=client)
        decline_all(desk)
        Payment.objects.filter(state="started").update(state="failed")
    assert desk.calls(SESSIONS) <= 5


def test_an_hour_later_it_may_be_tried_again(track, desk):
    for _ in range(5):
        press(track, "nobody@example.org")
        decline_all(desk)
    assert not led_away(press(track, "nobody@example.org"))
    Payment.objects.update(declined_at=timezone.now() - HOUR, created_at=timezone.now() - HOUR)
    assert led_away(press(track, "nobody@example.org"))


def test_a_school_behind_one_address_may_buy_as_much_as_it_likes(track, desk, monkeypatch):
    monkeypatch.setattr(guard, "MOST_UNPAID", 3)
    for number in range(guard.MOST_UNPAID + 2):
        assert led_away(press(track, f"pupil{number}@example.org"))
        payment = Payment.objects.latest("pk")
        desk.press(payment, "pay")
        orders.look_up_payment(payment_id=payment.pk, now=timezone.now())
    assert Order.objects.filter(state="paid").count() == guard.MOST_UNPAID + 2


def test_the_refusal_tells_nothing_about_cards(track, desk):
    client = Client(REMOTE_ADDR="192.0.2.1")
    for _ in range(6):
        answer = press(track, "nobody@example.org", client=client)
        decline_all(desk)
        Payment.objects.filter(state="started").update(state="failed", reason="The payment was not made.")
    page = client.get(answer["Location"]).content.decode()
    assert "Too many payments have failed." in page
    assert not re.search(r"insufficient|funds|expired card|cvc|decline_code|card_declined", page)


def test_a_provider_that_does_not_answer_makes_nobody_a_suspect(track, desk):
    desk.control("faults", api=1.0, api_kinds=["429", "500", "cut"])
    for _ in range(8):
        press(track, "ben@example.org")
    assert not Payment.objects.exclude(declines=0).exists()
    desk.control("faults", api=0.0)
    assert led_away(press(track, "ben@example.org"))


def test_a_payment_names_nobody(track, desk, ben):
    client = Client(REMOTE_ADDR="192.0.2.77")
    client.force_login(ben)
    press(track, "", client=client)
    payment = Payment.objects.get()
    for value in (payment.visitor, payment.account, payment.mailbox):
        assert re.fullmatch(r"[0-9a-f]{32}", value)
    assert len({payment.visitor, payment.account, payment.mailbox}) == 3
    same = guard.payer(network="192.0.2.77", holder_id=ben.pk, email=f" {ben.email.upper()}")
    assert (same.visitor, same.mailbox, same.account) == (payment.visitor, payment.mailbox, payment.account)
    guest = guard.payer(network="192.0.2.77", holder_id=None, email=ben.email)
    assert (guest.visitor, guest.mailbox, guest.account) == (payment.visitor, "", "")


def test_receipts_of_free_orders_reach_one_address_five_times_a_day(free, shop, desk):
    answers = []
    for number in range(8):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        client.post("/basket/put/", {"release": free.pk})
        form = client.get("/checkout/").context["form"]
        shown = {name: form.initial[name] for name in ("checkout_key", "expected")}
        answers.append(client.post("/checkout/", shown | {"email": "victim@example.org", "country": "DE"}))
    assert [one.status_code for one in answers[5:]] == [429] * 3
