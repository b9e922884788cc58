"""Whatever is lost between store and gateway, a quarter of an hour of reconciliation finds it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.gateway import faults
from tests.integration.money.conftest import RETURN, euro

from bandstand.store.ledger import queries as books
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Order, OrderLine
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments.models import Dispute, Payment, PaymentRefund, ProviderEvent, ProviderWatch
from bandstand.store.payments.providers import DeclinedByProviderError, UnreachableError, stripe

pytestmark = pytest.mark.servers

MINUTE = timedelta(minutes=1)
SESSIONS, REFUNDS = "POST /v1/checkout/sessions", "POST /v1/refunds"
LOST = ("hang-after", "cut-after", "cut-middle", "500-after", "garbage", "long", "amount", "currency", "key")
NOT_HEARD = ("hang", "cut", "500", "429", "409")


@pytest.fixture
def order(shop, album, ben, right_now):
    return shop.order(ben, album, now=right_now)


@pytest.fixture
def begin(order, desk, right_now):
    """Begin to pay; the gateway tells nobody of anything."""
    desk.control("faults", hooks={"forget": 1.0})

    def press(now=right_now):
        return orders.begin_payment(order_id=order.pk, provider="stripe", return_url=RETURN, now=now)

    return press


@pytest.fixture
def quarter(right_now):
    """A quarter of an hour of reconciliation, a run each minute."""

    def run(begun=right_now):
        for minute in range(1, 16):
            orders.reconcile(begun + minute * MINUTE)

    return run


def agreed(desk):
    """The store and the gateway tell one story; return it as (paid, gone back)."""
    there = desk.books()["payments"].values()
    paid_there = {one["key"]: one["amount"] for one in there if one["paid"]}
    settled = Payment.objects.filter(state__in=["succeeded", "surplus"])
    assert {one.key: one.amount for one in settled} == paid_there
    returned = PaymentRefund.objects.filter(state="succeeded")
    back = sum(one["refunded"] for one in there)
    assert sum(one.amount for one in returned) == back
    disputed = sum(one["disputed"] for one in there)
    assert books.balance("clearing", "stripe", "EUR") == euro(sum(paid_there.values()) - back - disputed)
    assert not PaymentRefund.objects.filter(state="intended").exists()
    assert books.unbalanced() == []
    return sum(paid_there.values()), back


def test_a_payment_whose_webhooks_are_all_lost(begin, desk, quarter, ben):
    desk.press(begin(), "pay")
    quarter()
    assert agreed(desk) == (899, 0)
    assert ben.grants.count() == 1


def test_a_session_that_ran_out_unheard(begin, desk, quarter):
    payment = begin()
    desk.press(payment, "expire")
    quarter()
    payment.refresh_from_db()
    assert (payment.state, payment.declines) == ("failed", 0)


@pytest.mark.parametrize("fault", LOST)
def test_a_start_whose_answer_is_lost_is_the_same_session_at_the_second_press(begin, desk, quarter, fault):
    desk.faults((SESSIONS, fault))
    if fault in {"amount", "currency"}:  # what Stripe says of amounts is read when it is paid
        payment = begin()
    else:
        with pytest.raises(UnreachableError):
            begin()
        if fault == "500-after":  # kept under our key for a day, as Stripe does: given up, and begun anew
            quarter()
            assert Payment.objects.get().state == "failed"
            assert begin().key != Payment.objects.earliest("pk").key
            return
        payment = begin()
    assert len(desk.books()["sessions"]) == 1
    desk.press(payment, "pay")
    quarter()
    assert agreed(desk) == (899, 0)


@pytest.mark.parametrize("fault", NOT_HEARD)
def test_a_start_that_never_arrived(begin, desk, quarter, fault):
    desk.faults((SESSIONS, fault))
    with pytest.raises(UnreachableError):
        begin()
    assert Payment.objects.get().state == "intended"
    assert Payment.objects.get().declines == 0
    desk.press(begin(), "pay")
    quarter()
    assert agreed(desk) == (899, 0)


def test_a_start_whose_answer_is_lost_and_that_nobody_presses_again(begin, desk, quarter, right_now):
    desk.faults((SESSIONS, "cut-after"))
    with pytest.raises(UnreachableError):
        begin()
    orders.reconcile(right_now + MINUTE)
    payment = Payment.objects.get()
    assert payment.provider_ref in desk.books()["sessions"]  # found by saying the same words again
    quarter()
    payment.refresh_from_db()
    assert payment.state == "failed"
    assert agreed(desk) == (0, 0)


def test_a_session_that_would_end_too_soon_is_begun_anew(begin, desk, right_now):
    desk.faults((SESSIONS, "cut"))
    with pytest.raises(UnreachableError):
        begin()
    Payment.objects.update(created_at=right_now - 45 * MINUTE)
    with pytest.raises(DeclinedByProviderError):
        begin()
    assert Payment.objects.get().declines == 0
    desk.press(begin(), "pay")


@pytest.mark.parametrize("fault", [*LOST, *NOT_HEARD])
def test_asking_is_answered_wrongly_at_first(begin, desk, quarter, fault):
    desk.press(begin(), "pay")
    desk.faults(("GET /v1/checkout/sessions", fault), ("GET /v1/checkout/sessions", fault))
    quarter()
    assert agreed(desk) == (899, 0)


@pytest.mark.parametrize("fault", [*LOST, *NOT_HEARD])
def test_a_refund_whose_answer_is_lost_goes_back_once(begin, desk, quarter, right_now, fault, ben):
    desk.press(begin(), "pay")
    orders.reconcile(right_now + MINUTE)
    desk.faults((REFUNDS, fault))
    line = OrderLine.objects.get()
    orders.refund_line(line_id=line.pk, amount=euro(300), reason="a wish", by="Ada", now=right_now + MINUTE)
    assert PaymentRefund.objects.get().state == "intended"
    quarter(right_now + MINUTE)
    assert agreed(desk) == (899, 300)
    assert len(desk.books()["refunds"]) == 1


def test_a_refund_is_looked_for_before_it_is_sent_again_a_day_later(begin, desk, right_now):
    desk.press(begin(), "pay")
    orders.reconcile(right_now + MINUTE)
    desk.faults((REFUNDS, "cut-after"))
    line = OrderLine.objects.get()
    orders.refund_line(line_id=line.pk, amount=euro(300), reason="a wish", by="Ada", now=right_now + MINUTE)
    from tests.gateway.books import Books

    Books(desk.folder / "gateway.db").do("DELETE FROM answers")  # Stripe forgets keys after a day
    orders.reconcile(right_now + timedelta(days=2))
    assert agreed(desk) == (899, 300)
    assert len(desk.books()["refunds"]) == 1


def test_a_refund_is_looked_for_among_many(begin, desk, right_now, monkeypatch):
    monkeypatch.setattr(stripe, "_REFUNDS", 2)
    desk.press(begin(), "pay")
    orders.reconcile(right_now + MINUTE)
    desk.faults((REFUNDS, "cut-after"))
    line = OrderLine.objects.get()
    for cents in (300, 1, 2, 3, 4, 5):
        orders.refund_line(line_id=line.pk, amount=euro(cents), reason="a wish", by="Ada", now=right_now + MINUTE)
    from tests.gateway.books import Books

    Books(desk.folder / "gateway.db").do("DELETE FROM answers")
    orders.reconcile(right_now + timedelta(days=2))
    assert agreed(desk) == (899, 315)
    assert len(desk.books()["refunds"]) == 6


def test_a_refund_that_the_bank_takes_its_time_for_is_asked_about(begin, desk, right_now):
    desk.press(begin(), "pay")
    orders.reconcile(right_now + MINUTE)
    desk.faults((REFUNDS, "cut-after"))
    line = OrderLine.objects.get()
    orders.refund_line(line_id=line.pk, reason="a wish", by="Ada", now=right_now + MINUTE)
    refund = PaymentRefund.objects.get()
    desk.control("end-refund", refund=refund.key, status="pending")
    orders.reconcile(right_now + 3 * MINUTE)
    refund.refresh_from_db()
    assert (refund.state, refund.provider_ref[:3]) == ("intended", "re_")
    desk.control("end-refund", refund=refund.key, status="succeeded")
    orders.reconcile(right_now + 5 * MINUTE)
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert agreed(desk) == (899, 899)


def test_a_dispute_that_nobody_heard_of(begin, desk, quarter, right_now, ben):
    desk.press(begin(), "pay")
    orders.reconcile(right_now + MINUTE)
    dispute = desk.control("dispute", key=Payment.objects.get().key)
    quarter(right_now + MINUTE)
    assert Dispute.objects.get().state == "open"
    assert not ben.grants.filter(revoked_at=None).exists()
    assert agreed(desk) == (899, 0)
    desk.control("close", dispute=dispute, status="won")
    ProviderWatch.objects.update(caught_up_at=right_now)  # the gateway's clock has not moved with ours
    quarter(right_now + 16 * MINUTE)
    assert Dispute.objects.get().state == "won"
    assert ben.grants.filter(revoked_at=None).count() == 1
    assert ProviderEvent.objects.filter(kind__startswith="dispute").count() == 3  # each once, however often it is read


def test_a_gateway_that_is_gone_for_an_hour_and_back_again(begin, desk, quarter, right_now, ben):
    payment = begin()
    desk.press(payment, "pay")
    desk.stop()
    quarter()
    watch = ProviderWatch.objects.get(provider="stripe")
    assert watch.silent_since == right_now + MINUTE
    late = right_now + 20 * MINUTE
    assert payment_queries.gaps(late, older_than=15 * MINUTE) == [
        f"stripe has been silent since {right_now + MINUTE:%Y-%m-%d %H:%M} UTC"
    ]
    desk.start()
    quarter(right_now + 60 * MINUTE)
    assert agreed(desk) == (899, 0)
    assert payment_queries.gaps(right_now + 80 * MINUTE, older_than=15 * MINUTE) == []


def test_hundreds_that_wait_are_all_asked_within_a_quarter_of_an_hour(shop, album, desk, right_now, ben):
    desk.control("faults", hooks={"forget": 1.0})
    order = shop.order(ben, album, now=right_now)
    Payment.objects.bulk_create(
        Payment(
            key=f"pay-{number}", order_number=f"{order.number}{number}", provider="stripe", state="started",
            provider_ref=f"cs_none{number}", amount=899, currency="EUR", created_at=right_now, ask_after=right_now,
        )
        for number in range(300)
    )  # fmt: skip
    payment = orders.begin_payment(order_id=order.pk, provider="stripe", return_url=RETURN, now=right_now)
    desk.press(payment, "pay")
    looked = [orders.reconcile(right_now + minute * MINUTE, seconds=2) for minute in range(1, 16)]
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    assert not Payment.objects.filter(asked_at=None).exists()
    assert max(looked) < 1001


def test_a_provider_that_is_silent_stops_no_other(shop, album, single, desk, right_now, ben, cleo, settings):
    desk.control("faults", hooks={"forget": 1.0})
    settings.PRETEND_URL = "http://127.0.0.1:9"
    old = right_now - timedelta(hours=1)
    Payment.objects.bulk_create(
        Payment(
            key=f"pay-{number}", order_number=f"B{number}", provider="pretend", state="started", amount=899,
            provider_ref=f"pt_{number}", currency="EUR", created_at=old, ask_after=old,
        )
        for number in range(60)
    )  # fmt: skip
    order = shop.order(ben, album, now=right_now)
    payment = orders.begin_payment(order_id=order.pk, provider="stripe", return_url=RETURN, now=right_now)
    desk.press(payment, "pay")
    orders.reconcile(right_now + MINUTE)
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    assert Payment.objects.filter(provider="pretend").exclude(asked_at=None).count() == 20  # and then left alone


def test_chance_brings_every_fault_and_the_stories_are_one(shop, album, single, desk, right_now, ben, cleo):
    desk.control("faults", seed=7, api=0.35, hooks={"forget": 1.0})
    for number in range(12):
        order = shop.order(None, album, single, now=right_now, email=f"guest{number}@example.org")
        for _ in range(4):
            try:
                payment = orders.begin_payment(order_id=order.pk, provider="stripe", return_url=RETURN, now=right_now)
            except (UnreachableError, DeclinedByProviderError):
                continue
            desk.press(payment, "expire" if number % 4 == 3 else "pay")
            break
    for minute in range(1, 8):
        orders.reconcile(right_now + minute * MINUTE)
    for line in OrderLine.objects.filter(order__state="paid")[:8]:
        orders.refund_line(line_id=line.pk, reason="a wish", by="Ada", now=right_now + 8 * MINUTE)
    for minute in range(9, 24):
        orders.reconcile(right_now + minute * MINUTE)
    desk.control("faults", api=0.0)
    paid, back = agreed(desk)
    assert paid > back > 0
    assert Order.objects.filter(state="paid").count() * 1098 == paid
    assert set(faults.BEFORE) | set(faults.AFTER) == {*LOST, *NOT_HEARD}
