"""The store and the pretend gateway: two processes, real HTTP between them."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta

import pytest
from tests.integration.money.conftest import KEY, RETURN, deliver, euro

from bandstand.store.ledger import queries as books
from bandstand.store.ledger.models import Posting
from bandstand.store.orders import services as orders
from bandstand.store.orders.services.events import Heard
from bandstand.store.payments import services as payments
from bandstand.store.payments.models import Payment, PaymentRefund
from bandstand.store.payments.providers import PROVIDERS, Intent
from bandstand.store.payments.providers.pretend import signature

PRETEND = PROVIDERS.get("pretend")


@pytest.fixture
def buy(shop, album, ben, till, right_now):
    """An order whose payment has started, for the gateway's clock."""

    def begin(*titles, holder=ben):
        order = shop.order(holder, *(titles or (album,)), now=right_now)
        return orders.begin_payment(order_id=order.pk, provider="pretend", return_url=RETURN, now=right_now)

    return begin


def state_of(payment):
    return Payment.objects.get(pk=payment.pk).state


def test_paying_sends_the_visitor_back_and_tells_the_store(buy, till, ear, client, ben):
    payment = buy()
    assert payment.redirect_url.startswith(till.url + "/pay/")
    status, headers, _ = till.press(payment, "pay")
    assert (status, headers["Location"]) == (303, RETURN)
    assert ear.deliver(client) == [200]
    assert state_of(payment) == "succeeded"
    assert ben.grants.count() == 1


def test_a_decline_leaves_the_order_open_for_another_try(buy, till, ear, client, right_now):
    payment = buy()
    till.press(payment, "decline")
    assert ear.deliver(client) == [200]
    failed = Payment.objects.get(pk=payment.pk)
    assert (failed.state, failed.reason) == ("failed", "The card was declined.")
    again = buy()
    assert again.key != payment.key
    assert again.order_number == payment.order_number
    till.press(again, "pay")
    assert ear.deliver(client) == [200]


def test_an_event_that_comes_five_times_is_done_once(buy, till, ear, client, ben):
    till.press(buy(), "twice")
    assert ear.deliver(client, 5) == [200] * 5
    assert Posting.objects.count() == 1
    assert ben.grants.count() == 1


def test_an_event_that_comes_late_is_done_when_it_comes(buy, till, ear, client):
    payment = buy()
    pressed = time.monotonic()
    till.press(payment, "late")
    assert ear.deliver(client) == [200]
    assert time.monotonic() - pressed >= 0.5
    assert state_of(payment) == "succeeded"


def test_a_payment_that_nobody_tells_of_is_found_by_asking(buy, till, ear, right_now, ben):
    payment = buy()
    till.press(payment, "never")
    assert orders.reconcile(right_now + timedelta(seconds=59)) == 0
    assert orders.reconcile(right_now + timedelta(minutes=1)) == 1
    assert state_of(payment) == "succeeded"
    assert ben.grants.count() == 1
    assert ear.heard.empty()
    assert orders.reconcile(right_now + timedelta(hours=1)) == 0


def test_the_visitor_who_comes_back_need_not_wait_for_the_event(buy, till, right_now):
    payment = buy()
    assert orders.look_up_payment(payment_id=payment.pk, now=right_now).is_waiting
    till.press(payment, "never")
    assert orders.look_up_payment(payment_id=payment.pk, now=right_now).state == "succeeded"


def test_a_bank_that_hangs_gives_up_and_asking_tells(buy, till, right_now):
    payment = buy()
    status, _, body = till.press(payment, "hang")
    assert status == 504
    assert RETURN.encode() in body
    assert orders.look_up_payment(payment_id=payment.pk, now=right_now).state == "failed"


def test_a_visitor_who_goes_away_leaves_a_failed_payment(buy, till, ear, client):
    payment = buy()
    assert till.press(payment, "abandon")[0] == 303
    assert ear.deliver(client) == [200]
    assert state_of(payment) == "failed"


def test_pressing_again_changes_nothing(buy, till, ear, client):
    payment = buy()
    till.press(payment, "pay")
    till.press(payment, "decline")
    assert ear.deliver(client) == [200]
    assert state_of(payment) == "succeeded"


def test_a_second_press_on_the_order_gets_the_same_payment(buy):
    first, second = buy(), buy()
    assert (first.pk, first.redirect_url) == (second.pk, second.redirect_url)
    assert Payment.objects.count() == 1


def test_a_payment_whose_answer_was_lost_is_found_at_the_gateway(shop, album, ben, till, right_now):
    order = shop.order(ben, album, now=right_now)
    payment = shop.meant(order, now=right_now)
    intent = Intent(key=payment.key, order_number=order.number, amount=order.total, return_url=RETURN)
    started = PRETEND.start(payments.context_of(PRETEND, right_now), intent)  # and the store dies here
    till.press(Payment(redirect_url=started.redirect_url), "never")
    orders.reconcile(right_now + timedelta(minutes=1))
    payment.refresh_from_db()
    assert (payment.state, payment.provider_ref) == ("succeeded", started.provider_ref)


def test_a_payment_the_gateway_never_heard_of_fails_after_ten_minutes(shop, album, ben, till, right_now):
    payment = shop.meant(shop.order(ben, album, now=right_now), now=right_now)
    for minutes, state in ((1, "intended"), (9, "intended"), (11, "failed")):
        orders.reconcile(right_now + timedelta(minutes=minutes))
        assert state_of(payment) == state


def test_a_provider_that_no_longer_knows_the_store_stops_no_other_work(shop, album, ben, till, right_now, settings):
    shop.meant(shop.order(ben, album, now=right_now), now=right_now)
    settings.PRETEND_KEY = "an old one"
    assert orders.reconcile(right_now + timedelta(minutes=1)) == 1
    assert state_of(Payment.objects.get()) == "intended"


def test_a_refund_goes_back_at_once(buy, till, ear, client, right_now, ben, shop):
    payment = buy()
    till.press(payment, "pay")
    ear.deliver(client)
    line_id = shop.storefront.order_set.get().lines.get().pk
    orders.refund_line(line_id=line_id, reason="a wish", by="Ada", now=right_now)
    assert not ben.grants.filter(revoked_at=None).exists()
    assert books.balance("clearing", "pretend", "EUR") == euro(0)
    assert ear.deliver(client) == [200]  # and is told of again
    assert PaymentRefund.objects.get().state == "succeeded"
    assert books.unbalanced() == []


def test_a_refund_while_the_gateway_is_down_is_sent_when_it_is_back(buy, till, ear, client, right_now, ben, shop):
    payment = buy()
    till.press(payment, "pay")
    ear.deliver(client)
    till.stop(hard=True)
    line_id = shop.storefront.order_set.get().lines.get().pk
    orders.refund_line(line_id=line_id, reason="a wish", by="Ada", now=right_now)
    assert PaymentRefund.objects.get().state == "intended"
    assert ben.grants.filter(revoked_at=None).exists()
    till.start()
    orders.reconcile(right_now + timedelta(minutes=2))
    assert PaymentRefund.objects.get().state == "succeeded"
    assert not ben.grants.filter(revoked_at=None).exists()


def test_the_gateway_keeps_everything_through_a_kill(buy, till, ear, client, right_now):
    payment = buy()
    ear.answers = [500] * 50
    till.press(payment, "pay")
    ear.next()
    till.stop(hard=True)
    ear.answers = []
    till.start()
    assert ear.deliver(client) == [200]
    assert state_of(payment) == "succeeded"


def test_the_gateway_tells_again_until_it_is_heard(buy, till, ear):
    ear.answers = [503, 500, 200]
    till.press(buy(), "pay")
    bodies = [ear.next()[1] for _ in range(3)]
    assert len(set(bodies)) == 1


def test_the_same_key_is_the_same_thing_at_the_gateway(till):
    facts = {"key": "k1", "order": "B1", "amount": 899, "currency": "EUR", "return_url": RETURN}
    first, second = till.post("/payments", **facts), till.post("/payments", **facts)
    assert first == second
    assert till.post("/payments", **facts | {"amount": 900})[0] == 409
    till.post("/payments", **facts | {"key": "k2", "outcome": "never"})
    refund = {"key": "r1", "payment": "k2", "amount": 500, "currency": "EUR", "reason": "a wish"}
    assert [till.post("/refunds", **refund)[0] for _ in range(2)] == [201, 201]
    assert till.post("/refunds", **refund | {"key": "r2"})[0] == 409  # 500 + 500 > 899
    assert till.post("/refunds", **refund | {"key": "r3", "payment": "k1", "amount": 1})[0] == 409  # not paid


def test_a_mandate_pays_later_without_a_visitor(till, right_now, settings):
    context = payments.context_of(PRETEND, right_now)
    intent = Intent(key="k1", order_number="B1", amount=euro(100), return_url=RETURN, keep_mandate=True)
    started = PRETEND.start(context, intent)
    till.press(Payment(redirect_url=started.redirect_url), "never")
    _, _, body = till.get(f"/payments/{started.provider_ref}")
    mandate = json.loads(body)["mandate"]
    later = Intent(key="k2", order_number="B2", amount=euro(50), return_url="")
    for _ in range(2):
        charged = PRETEND.charge(context, later, mandate)
        assert (charged.state, charged.amount) == ("paid", euro(50))


def test_only_the_store_may_ask_the_gateway(till):
    for method, path in (("POST", "/payments"), ("POST", "/refunds"), ("POST", "/charges"), ("GET", "/payments?key=k")):
        for key in ("", "another key"):
            assert till.call(method, path, b"{}" if method == "POST" else None, key=key)[0] == 401


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/payments", b"{", 400),
        ("/payments", b"[]", 400),
        ("/payments", b"[" * 60_000, 400),
        ("/payments", b"x" * 70_000, 413),
        (
            "/payments",
            json.dumps({"key": "k", "order": "B", "amount": -1, "currency": "EUR", "return_url": RETURN}),
            400,
        ),
        (
            "/payments",
            json.dumps({"key": "k", "order": "B", "amount": 1, "currency": "EUR", "return_url": "javascript:x"}),
            400,
        ),
        (
            "/payments",
            json.dumps({"key": "k", "order": "B", "amount": 1, "currency": "EUR", "return_url": "http://a/\r\nX: y"}),
            400,
        ),
        ("/refunds", json.dumps({"key": "k", "payment": "none", "amount": 1, "currency": "EUR"}), 404),
        ("/pay/none", b"outcome=pay", 404),
    ],
)
def test_the_gateway_refuses_what_makes_no_sense(till, path, body, status):
    assert till.call("POST", path, body if isinstance(body, bytes) else body.encode())[0] == status


def test_the_page_says_that_no_money_moves_and_works_without_script(buy, till):
    payment = buy()
    path = payment.redirect_url.removeprefix(till.url)
    status, headers, body = till.get(path)
    page = body.decode()
    assert status == 200
    assert "Pretend payment: no money moves" in page
    assert {"pay", "decline", "hang", "late", "twice", "never", "abandon"} == set(re.findall(r'value="(\w+)"', page))
    assert "<script" not in page
    assert "style=" not in page
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://localhost:8000;" in policy
    assert till.get("/pay.css")[0] == 200
    till.press(payment, "never")
    assert b"<form" not in till.get(path)[2]


def test_a_foreign_host_name_is_refused(till):
    assert till.call("GET", "/healthz", headers={"Host": "evil.example"})[0] == 400


def test_forged_stale_and_broken_events_change_nothing(buy, till, ear, client, right_now):
    payment = buy()
    till.press(payment, "pay")
    headers, body = ear.next()
    genuine, now = headers["pretend-signature"], int(right_now.timestamp())

    def send(signed, text=body):
        return deliver(client, {"pretend-signature": signed}, text)

    assert send("") == 400
    assert send(genuine[:-1] + ("0" if genuine[-1] != "0" else "1")) == 400
    assert send(genuine, body.replace(b"899", b"100")) == 400
    assert send(signature("another key", now, body)) == 400
    assert send(signature(KEY, now - 301, body)) == 400
    assert send(signature(KEY, now + 600, body)) == 400
    for broken in (b"", b"{", b"[]", b"[" * 60_000, b"null", b'{"id": 1}', body.replace(b'"EUR"', b'"XXX"'), b"\xff"):
        assert send(signature(KEY, now, broken), broken) == 400
    nul = body.replace(b'"evt_', b'"\\u0000evt_')
    assert send(signature(KEY, now, nul), nul) == 400
    assert state_of(payment) == "started"
    unknown = body.replace(payment.key.encode(), b"pay-none")
    assert send(signature(KEY, now, unknown), unknown) == 202
    assert send(signature(KEY, now, body.replace(b"899", b"898")), body.replace(b"899", b"898")) == 202
    assert state_of(payment) == "started"
    assert client.post("/webhooks/pretend/", b"x" * 65_537, content_type="application/json").status_code == 413
    assert client.post("/webhooks/no-such/", b"{}", content_type="application/json").status_code == 404
    assert client.get("/webhooks/pretend/").status_code == 405


def test_an_event_is_taken_without_a_cookie_or_csrf_token(buy, till, ear):
    from django.test import Client

    till.press(buy(), "pay")
    assert ear.deliver(Client(enforce_csrf_checks=True)) == [200]


def test_a_dispute_takes_the_title_along(buy, till, ear, client, right_now, caplog, ben):
    payment = buy()
    till.press(payment, "pay")
    ear.deliver(client)
    facts = {"id": "evt_d", "kind": "disputed", "payment": payment.key, "amount": 899, "currency": "EUR"}
    body = json.dumps(facts | {"at": int(right_now.timestamp())}).encode()
    headers = {"pretend-signature": signature(KEY, int(right_now.timestamp()), body)}
    assert orders.receive_event(provider="pretend", headers=headers, body=body, now=right_now) is Heard.DONE
    assert not ben.grants.filter(revoked_at=None).exists()
    assert payment.key in caplog.text
