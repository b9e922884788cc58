"""What a provider told and nobody delivered: one event hides no other, and only what was read counts as heard."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.conftest import NOW

from bandstand.store.orders import services as orders
from bandstand.store.orders.services import disputes, payment
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments.models import Dispute, Payment
from bandstand.store.payments.providers import EventFacts, EventKind, Missed, ProviderContext, Reply, stripe
from bandstand.store.payments.services import RefundTooHighError

DAY = timedelta(days=1)


def offering(monkeypatch, missed):
    """The store offers Stripe alone, of which nobody delivered these."""
    plugin = replace(stripe.PROVIDER, missed=lambda context, since: missed)
    monkeypatch.setattr(payment_queries, "offered", lambda: [plugin])


def disputed(number, payment):
    return EventFacts(
        event_id=f"evt_{number}", kind=EventKind.DISPUTED, payment_key=payment.key, amount=payment.money, at=NOW,
        dispute_ref=f"dp_{number}",
    )  # fmt: skip


@pytest.fixture
def paid(shop, album, single, ben, cleo):
    """Two payments at Stripe."""
    for holder, title in ((ben, album), (cleo, single)):
        shop.paid(holder, title)
    Payment.objects.update(provider="stripe")
    return list(Payment.objects.order_by("pk"))


def test_an_event_that_can_not_be_acted_on_stops_no_other(monkeypatch, caplog, paid):
    true = disputes.opened

    def opened(*, payment_id, amount, **facts):
        if payment_id == paid[0].pk:
            raise RefundTooHighError(amount)
        return true(payment_id=payment_id, amount=amount, **facts)

    monkeypatch.setattr(disputes, "opened", opened)
    offering(monkeypatch, Missed([disputed(1, paid[0]), disputed(2, paid[1])], NOW))
    assert payment.catch_up(NOW) == 1
    assert Dispute.objects.get().payment == paid[1]
    assert "event evt_1 can't be acted on" in caplog.text
    assert payment_queries.watch_of("stripe").caught_up_at == NOW


def test_what_was_not_read_is_not_marked_as_heard(monkeypatch, paid):
    offering(monkeypatch, Missed([disputed(1, paid[0])], NOW - DAY))
    assert payment.catch_up(NOW) == 1
    assert payment_queries.watch_of("stripe").caught_up_at == NOW - DAY
    assert orders.reconcile(NOW + timedelta(minutes=1)) == 0  # it goes on at once; that one was heard
    assert Dispute.objects.count() == 1


class Archive:
    """Stripe's list of events: the newest first, in pages."""

    def __init__(self, moments):
        self.moments, self.calls = sorted(moments, reverse=True), 0

    def http(self, method, url, *, headers, body=None):
        self.calls += 1
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        begin, end = int(asked["created[gte]"]), int(asked.get("created[lt]", 2**40))
        rows = [n for n, at in enumerate(self.moments) if begin <= at.timestamp() < end]
        start = rows.index(int(asked["starting_after"][4:])) + 1 if "starting_after" in asked else 0
        page = rows[start : start + int(asked["limit"])]
        events = [self._event(n) for n in page]
        return Reply(
            status=200, headers={}, body=json.dumps({"data": events, "has_more": page[-1:] != rows[-1:]}).encode()
        )

    def _event(self, number):
        about = {"id": f"dp_{number}", "status": "needs_response", "amount": 100, "currency": "eur",
                 "payment_intent": "pi_1"}  # fmt: skip
        return {
            "id": f"evt_{number}", "type": "charge.dispute.created", "data": {"object": about},
            "created": int(self.moments[number].timestamp()), "livemode": False,
        }  # fmt: skip


@pytest.mark.parametrize("crowd", [3 * DAY, timedelta(minutes=30)])
def test_of_more_events_than_one_look_reads_none_is_left_out(crowd):
    begin, now = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)
    archive = Archive([begin + crowd * n / 700 for n in range(700)])
    heard, since, looks = [], begin, 0
    while since < now:
        context = ProviderContext(settings={"STRIPE_KEY": "k", "STRIPE_URL": "http://x"}, now=now, http=archive.http)
        told = stripe.PROVIDER.missed(context, since)
        assert all(facts.at < told.until for facts in told.events)
        assert told.until > since
        heard += [facts.event_id for facts in told.events]
        since, looks = told.until, looks + 1
    assert heard == [f"evt_{n}" for n in reversed(range(700))]
    assert looks > 1
