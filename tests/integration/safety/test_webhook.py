"""The address that providers call, called by others: never a 5xx, never a change."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bandstand.store.ledger.models import Posting
from bandstand.store.orders.models import Order
from bandstand.store.payments.models import Payment, ProviderEvent
from bandstand.store.payments.providers.pretend import signature

pytestmark = pytest.mark.django_db

EVENT = {"id": "e1", "kind": "succeeded", "payment": "p1", "amount": 100, "currency": "EUR", "at": 1_790_000_000}
BROKEN = [
    b"",
    b"null",
    b"[]",
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b"1" * 60_000,
    b"\xff\xfe",
    b"{}",
    b'{"id": NaN}',
    *(
        json.dumps(EVENT | {field: value}).encode()
        for field in EVENT
        for value in (None, [], {}, True, -1, 1e999, "\0")
    ),
    *(json.dumps(EVENT | {field: value}).encode() for field in EVENT for value in ("x" * 300, 10**40, "\ud800")),
]


def call(body, *, key, at=None, provider="pretend"):
    moment = int((at or timezone.now()).timestamp())
    return Client(raise_request_exception=False).post(
        f"/webhooks/{provider}/",
        body,
        content_type="application/json",
        headers={"Pretend-Signature": signature(key, moment, body)},
    )


@pytest.fixture
def books(shop):
    """What must not change."""

    def now():
        payments = list(Payment.objects.values_list("state", "refunded"))
        return payments, Posting.objects.count(), ProviderEvent.objects.count(), Order.objects.get().state

    return now


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body[:60]))
def test_a_signed_event_that_makes_no_sense_is_refused_and_changes_nothing(books, settings, body):
    before = books()
    assert call(body, key=settings.PRETEND_KEY).status_code in {202, 400}
    assert books() == before


@pytest.mark.parametrize("late", [timedelta(minutes=-6), timedelta(minutes=6), timedelta(days=4000)])
def test_an_event_that_is_sent_again_long_after_is_refused(books, settings, late):
    before = books()
    body = json.dumps(EVENT).encode()
    assert call(body, key=settings.PRETEND_KEY, at=timezone.now() - late).status_code == 400
    assert books() == before


@pytest.mark.parametrize(
    "header", ["", "t=1", "t=1,v1=" + "0" * 64, "v1=x,t=x", "t=" + "9" * 40 + ",v1=" + "0" * 64, "ä"]
)
def test_an_event_that_nobody_signed_is_refused(books, header):
    before = books()
    answer = Client(raise_request_exception=False).post(
        "/webhooks/pretend/", json.dumps(EVENT), content_type="application/json", headers={"Pretend-Signature": header}
    )
    assert answer.status_code == 400
    assert books() == before


def test_an_event_that_is_too_long_is_refused_unread(books, settings):
    assert call(b" " * 65_537, key=settings.PRETEND_KEY).status_code == 413


def test_a_provider_that_is_not_there_has_no_address(books, settings):
    for provider in ("nobody", "__init__", "_http"):
        assert call(b"{}", key=settings.PRETEND_KEY, provider=provider).status_code == 404


def test_a_provider_without_events_refuses_them(books, settings):
    assert call(b"{}", key=settings.PRETEND_KEY, provider="manual").status_code in {400, 404}
