"""Somebody tries out stolen cards: many small payments, each under another address."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.factories import make_deal, make_release

from bandstand.store.payments import services as payments
from bandstand.store.payments.models import Payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def track(shop):
    release = make_release(title="Buoy", tracks=1)
    make_deal(release=release)
    Payment.objects.exclude(order_number=shop.order.number).delete()
    return release.parts.get()


def try_a_card(track, email, now, address="192.0.2.1"):
    """Buy as a new guest; the card is declined. Return the status of the press."""
    client = Client(REMOTE_ADDR=address)
    client.post("/basket/put/", {"part": track.pk})
    form = client.get("/checkout/").context["form"]
    shown = {name: form.initial[name] for name in ("checkout_key", "expected")}
    pressed = client.post("/checkout/", shown | {"email": email, "country": "DE", "provider": "manual"})
    for payment in Payment.objects.filter(state=Payment.State.STARTED):
        payments.fail(payment_id=payment.pk, reason="The card was declined.", now=now)
    return pressed


def test_one_visitor_reaches_the_provider_twenty_times_an_hour_under_any_number_of_addresses(shop, track, now):
    presses = [try_a_card(track, f"nobody{number}@example.org", now) for number in range(25)]
    assert [press.status_code for press in presses] == [302] * 20 + [429] * 5
    assert b"That was tried too often." in presses[-1].content
    assert Payment.objects.filter(state=Payment.State.FAILED).count() == 20
    assert try_a_card(track, "dora@example.org", now, address="192.0.2.2").status_code == 302


def test_one_address_fails_five_times_an_hour_from_anywhere(shop, track, now):
    from django.utils import timezone

    for number in range(8):
        try_a_card(track, "nobody@example.org", timezone.now(), address=f"192.0.2.{number}")
    assert Payment.objects.filter(state=Payment.State.FAILED).count() == 5
