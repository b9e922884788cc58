"""The store and a gateway shaped like Stripe: sessions, webhooks, refunds, disputes over real HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from tests.gateway.couriers import signed
from tests.gateway.desk import SECRET
from tests.integration.money.conftest import RETURN, deliver, euro

from bandstand.kernel.money import Money
from bandstand.store.ledger import queries as books
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import OrderLine
from bandstand.store.orders.services.events import Heard
from bandstand.store.payments import services as payments
from bandstand.store.payments.models import Payment, PaymentRefund, ProviderEvent
from bandstand.store.payments.providers import PROVIDERS, Intent, Known, UnreachableError

pytestmark = pytest.mark.servers

STRIPE = PROVIDERS.get("stripe")


@pytest.fixture
def buy(shop, album, ben, desk, right_now):
    """An order whose payment has started, for the gateway's clock."""

    def begin(*titles, holder=ben):
        order = shop.order(holder, *(titles or (album,)), now=right_now)
        return orders.begin_payment(order_id=order.pk, provider="stripe", return_url=RETURN, now=right_now)

    return begin


@pytest.fixture
def hear(ear, client):
    """Deliver what the gateway tells until an event of one of these kinds was; return the statuses of these."""

    def until(*kinds):
        left, statuses = list(kinds), []
        while left:
            headers, body = ear.next()
            status, kind = deliver(client, headers, body), json.loads(body)["type"]
            assert status < 500
            if kind in left:
                left.remove(kind)
                statuses.append(status)
        return statuses

    return until


def state_of(payment):
    return Payment.objects.get(pk=payment.pk).state


def test_paying_sends_the_visitor_back_and_gives_the_title(buy, desk, hear, ben):
    payment = buy()
    assert payment.redirect_url.startswith(f"{desk.url}/c/pay/cs_")
    path = payment.redirect_url.removeprefix(desk.url)
    assert b"<form" in desk.call("GET", path)[1]
    assert desk.call("POST", path, b"outcome=pay")[0] == 303
    assert hear("checkout.session.completed") == [200]
    paid = Payment.objects.get(pk=payment.pk)
    assert (paid.state, paid.charge_ref[:3]) == ("succeeded", "pi_")
    assert ben.grants.count() == 1
    assert desk.books()["payments"][paid.charge_ref] == {
        "key": payment.key, "paid": True, "amount": 899, "currency": "EUR", "refunded": 0, "disputed": 0,
    }  # fmt: skip


def test_what_stripe_is_told(buy, desk, ben):
    payment = buy()
    words = json.loads(sessions_of(desk)[0]["words"])
    item = words["line_items"]["0"]
    assert words["mode"] == "payment"
    assert (words["client_reference_id"], words["metadata"]["bandstand_payment"]) == (payment.key, payment.key)
    assert words["payment_intent_data"]["metadata"]["bandstand_payment"] == payment.key
    assert item["price_data"] == {
        "currency": "eur", "unit_amount": "899", "product_data": {"name": payment.order_number},
    }  # fmt: skip
    assert (item["quantity"], words["success_url"], words["cancel_url"]) == ("1", RETURN, RETURN)
    assert (words["customer_email"], words["locale"]) == (ben.email, "auto")
    assert int(words["expires_at"]) == int((payment.created_at + STRIPE.patience).timestamp())


def sessions_of(desk):
    from tests.gateway.books import Books

    return Books(desk.folder / "gateway.db").all("SELECT * FROM sessions")


@pytest.mark.parametrize(("money", "units"), [(Money(1200, "JPY"), 1200), (Money(9000, "KRW"), 9000)])
def test_currencies_without_decimals_are_counted_whole(desk, right_now, money, units):
    context = payments.context_of(STRIPE, right_now)
    intent = Intent(key="pay-1", order_number="B1", amount=money, return_url=RETURN)
    started = STRIPE.start(context, intent)
    assert sessions_of(desk)[0]["amount"] == units
    desk.press(Payment(key="pay-1"), "pay")
    asked = STRIPE.ask(context, Known(key="pay-1", provider_ref=started.provider_ref, amount=money))
    assert (asked.state, asked.amount) == ("paid", money)


def test_a_card_that_is_declined_does_not_end_the_payment_but_counts(buy, desk, hear, ben):
    payment = buy()
    desk.press(payment, "decline")
    assert hear("payment_intent.payment_failed") == [200]
    tried = Payment.objects.get(pk=payment.pk)
    assert (tried.state, tried.declines) == ("started", 1)
    desk.press(payment, "pay")
    hear("checkout.session.completed")
    assert state_of(payment) == "succeeded"
    assert ben.grants.count() == 1


def test_a_session_that_runs_out_fails_the_payment_and_counts_for_nothing(buy, desk, hear):
    payment = buy()
    desk.press(payment, "expire")
    assert hear("checkout.session.expired") == [200]
    over = Payment.objects.get(pk=payment.pk)
    assert (over.state, over.declines) == ("failed", 0)


@pytest.mark.parametrize(("says", "state"), [("bank-yes", "succeeded"), ("bank-no", "failed")])
def test_a_bank_that_takes_its_days_is_waited_for(buy, desk, hear, right_now, says, state):
    payment = buy()
    desk.press(payment, "later")
    assert hear("checkout.session.completed") == [200]
    assert state_of(payment) == "started"
    orders.look_up_payment(payment_id=payment.pk, now=right_now + timedelta(days=4))
    assert state_of(payment) == "started"  # however long it takes
    assert orders.cancel_expired(right_now + timedelta(days=4, hours=7)) == 0  # asked again within six hours
    desk.press(payment, says)
    hear(
        "checkout.session.async_payment_succeeded" if state == "succeeded" else "checkout.session.async_payment_failed"
    )
    assert state_of(payment) == state


def test_a_refund_in_parts_goes_back_and_its_events_change_nothing(buy, desk, hear, right_now, ben):
    payment = buy()
    desk.press(payment, "pay")
    hear("checkout.session.completed")
    line = OrderLine.objects.get()
    for cents in (300, 599):
        orders.refund_line(line_id=line.pk, amount=euro(cents), reason="a wish", by="Ada", now=right_now)
    assert hear("refund.created", "charge.refunded", "refund.created", "charge.refunded") == [200] * 4
    assert {one.state for one in PaymentRefund.objects.all()} == {"succeeded"}
    assert {one.provider_ref[:3] for one in PaymentRefund.objects.all()} == {"re_"}
    assert books.balance("clearing", "stripe", "EUR") == euro(0)
    assert not ben.grants.filter(revoked_at=None).exists()
    assert [paid["refunded"] for paid in desk.books()["payments"].values()] == [899]


def test_money_that_a_person_returns_at_stripe_is_told_to_staff(buy, desk, hear, caplog):
    payment = buy()
    desk.press(payment, "pay")
    hear("checkout.session.completed")
    desk.control("refund", key=payment.key, amount=100)
    assert hear("refund.created", "charge.refunded") == [200, 202]
    assert "not all of it by us" in caplog.text


def test_a_refund_that_fails_after_all_is_undone(buy, desk, hear, right_now, ben, caplog):
    payment = buy()
    desk.press(payment, "pay")
    hear("checkout.session.completed")
    orders.refund_line(line_id=OrderLine.objects.get().pk, reason="a wish", by="Ada", now=right_now)
    assert not ben.grants.filter(revoked_at=None).exists()
    desk.control("end-refund", refund=PaymentRefund.objects.get().key, status="failed")
    assert hear("refund.failed") == [200]
    assert PaymentRefund.objects.get().state == "failed"
    assert books.balance("clearing", "stripe", "EUR") == euro(899)
    assert ben.grants.filter(revoked_at=None).exists()
    assert "was refused by its provider" in caplog.text


@pytest.mark.parametrize(("end", "titles"), [("won", 1), ("lost", 0)])
def test_a_dispute_takes_the_title_and_a_won_one_gives_it_back(buy, desk, hear, ben, end, titles):
    payment = buy()
    desk.press(payment, "pay")
    hear("checkout.session.completed")
    dispute = desk.control("dispute", key=payment.key)
    assert hear("charge.dispute.created", "charge.dispute.funds_withdrawn") == [200, 200]
    assert not ben.grants.filter(revoked_at=None).exists()
    desk.control("close", dispute=dispute, status=end)
    assert hear("charge.dispute.closed") == [200]
    assert ben.grants.filter(revoked_at=None).count() == titles
    assert books.unbalanced() == []


def test_an_inquiry_moves_no_money_and_takes_no_title(buy, desk, hear, ben):
    payment = buy()
    desk.press(payment, "pay")
    hear("checkout.session.completed")
    dispute = desk.control("dispute", key=payment.key, status="warning_needs_response")
    desk.control("close", dispute=dispute, status="warning_closed")
    assert hear("charge.dispute.created", "charge.dispute.closed") == [200, 200]
    assert ben.grants.filter(revoked_at=None).count() == 1


def test_a_mandate_pays_later_without_a_visitor(desk, right_now):
    context = payments.context_of(STRIPE, right_now)
    later = Intent(key="pay-2", order_number="B2", amount=euro(50), return_url="")
    for _ in range(2):
        charged = STRIPE.charge(context, later, "cus_1:pm_1")
        assert (charged.state, charged.amount) == ("paid", euro(50))
    assert len(desk.books()["payments"]) == 1
    refused = Intent(key="pay-3", order_number="B3", amount=euro(50), return_url="")
    assert STRIPE.charge(context, refused, "cus_1:pm_declined").state == "failed"


def told(kind, thing, *, event_id="evt_1", at=1_790_000_000):
    return json.dumps({"id": event_id, "type": kind, "created": at, "data": {"object": thing}}).encode()


@pytest.fixture
def send(client, right_now):
    def post(body, *, at=None, secret=SECRET, header=None):
        mark = signed(secret, body, at=at if at is not None else int(right_now.timestamp()))
        return deliver(client, {"stripe-signature": mark if header is None else header}, body)

    return post


def test_forged_stale_and_broken_events_change_nothing(buy, desk, ear, send, right_now):
    payment = buy()
    desk.press(payment, "pay")
    bodies = [ear.next()[1] for _ in range(3)]
    body = next(one for one in bodies if b"checkout.session.completed" in one)
    now = int(right_now.timestamp())
    genuine = signed(SECRET, body, at=now)
    assert send(body, header="") == 400
    assert send(body, header=genuine.replace("v1=", "v0=")) == 400
    assert send(body, header=f"v1={'0' * 64}") == 400
    assert send(body, header=f"t={now},v1={'0' * 64}") == 400
    assert send(body.replace(b"899", b"100"), header=genuine) == 400
    assert send(body, secret="another secret") == 400
    assert send(body, at=now - 301) == 400
    assert send(body, at=now + 600) == 400
    for broken in (b"", b"{", b"[]", b"[" * 60_000, b"null", b'{"id": 1}', b"\xff", body.replace(b'"eur"', b'"xxx"')):
        assert send(broken) == 400, broken
    assert send(body.replace(b'"evt_', b'"\\u0000evt_')) == 400
    assert state_of(payment) == "started"
    assert ProviderEvent.objects.count() == 0
    assert send(body.replace(b'"amount_total": 899', b'"amount_total": 898')) == 202
    assert state_of(payment) == "started"


def test_one_of_several_signatures_is_enough_while_a_secret_is_rolled(buy, desk, ear, send, right_now):
    payment = buy()
    desk.press(payment, "pay")
    body = next(one for one in (ear.next()[1] for _ in range(3)) if b"checkout.session.completed" in one)
    mark = signed(SECRET, body, at=int(right_now.timestamp()))
    moment, fits = mark.split(",")
    assert send(body, header=f"{moment},v1={'0' * 64},v0=x,{fits}") == 200
    assert state_of(payment) == "succeeded"


def test_what_is_about_nothing_of_ours_is_heard_and_not_kept(desk, send, db):
    theirs = {"id": "cs_9", "metadata": {}, "amount_total": 5, "currency": "eur", "payment_status": "paid"}
    for kind, thing in (
        ("customer.created", {"id": "cus_1"}),
        ("a.kind.that.comes.next.year", {}),
        ("checkout.session.completed", theirs),
        ("refund.created", {"id": "re_9", "metadata": None}),
    ):
        assert send(told(kind, thing)) == 200
    assert ProviderEvent.objects.count() == 0


def test_a_dispute_of_money_that_is_not_ours_is_not_kept(desk, right_now, db):
    thing = {"id": "du_1", "payment_intent": "pi_other", "amount": 5, "currency": "eur", "status": "needs_response"}
    body = told("charge.dispute.created", thing, at=int(right_now.timestamp()))
    headers = {"stripe-signature": signed(SECRET, body, at=int(right_now.timestamp()))}
    assert orders.receive_event(provider="stripe", headers=headers, body=body, now=right_now) is Heard.UNKNOWN


def test_no_secret_is_in_logs_or_pages(buy, desk, caplog, right_now, settings):
    caplog.set_level("DEBUG")
    settings.STRIPE_KEY = "sk_test_a_wrong_one"
    with pytest.raises(UnreachableError) as refused:
        buy()
    orders.reconcile(right_now + timedelta(minutes=2))
    assert "sk_test" not in caplog.text + str(refused.value) + repr(refused.value)
    assert Payment.objects.get().declines == 0


@pytest.mark.parametrize(("providers", "allowed"), [("stripe,manual", True), ("manual", False)])
def test_forms_may_lead_to_stripe_only_while_it_is_offered(providers, allowed, tmp_path):
    env = {name: value for name, value in os.environ.items() if not name.startswith("BANDSTAND_")} | {
        "BANDSTAND_DATA": str(tmp_path),
        "BANDSTAND_SECRET_KEY": "x",
        "BANDSTAND_TICKET_KEYS": "test:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY",
        "BANDSTAND_PAYMENT_PROVIDERS": providers,
    }
    code = "from bandstand.config import store; print(store.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert ("https://checkout.stripe.com" in said) == allowed
