"""Money came: what is written, once. Money goes back: never more than came."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.conftest import NOW
from tests.integration.money.conftest import euro

from bandstand.kernel.money import Money
from bandstand.kernel.progress import silent
from bandstand.store.grants import services as grants
from bandstand.store.ledger import queries as books
from bandstand.store.ledger.models import Posting
from bandstand.store.orders import jobs, rules
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Order, OrderLine, Refund
from bandstand.store.orders.services import events, refunds
from bandstand.store.payments import guard
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments import services as payments
from bandstand.store.payments.models import Payment, PaymentRefund, ProviderEvent
from bandstand.store.payments.providers import PROVIDERS, EventFacts, EventKind, UnreachableError
from bandstand.webkit.jobs.models import Job


@pytest.fixture(autouse=True)
def _bank(settings):
    settings.MANUAL_ACCOUNT = "IBAN DE02 1203 0000 0000 2020 51"


def books_are_right():
    assert books.unbalanced() == []
    assert sum(row.money.amount for row in books.trial_balance()) == 0


def event(payment, number=1, kind=EventKind.PAID, amount=None, **facts):
    return EventFacts(
        event_id=f"evt-{number}",
        kind=kind,
        payment_key=payment.key,
        amount=payment.money if amount is None else amount,
        at=NOW,
        **facts,
    )


def hear(payment, facts):
    return events._hear(PROVIDERS.get(payment.provider), payment, facts, NOW)


def test_settling_writes_order_books_grants_and_jobs(shop, album, single, ben):
    order = shop.order(ben, album, single.parts.get())
    payment = shop.meant(order)
    orders.settle(payment_id=payment.pk, now=NOW)
    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.state, payment.state) == ("paid", "succeeded")
    assert {(grant.release_id, grant.part_id) for grant in ben.grants.all()} == {
        (album.pk, None),
        (None, single.parts.get().pk),
    }
    assert books.balance("clearing", "pretend", "EUR") == euro(998)
    assert books.balance("tax", "DE", "EUR") == euro(-order.tax)
    assert books.balance("payable", album.label.slug, "EUR") == euro(order.tax - 998)
    assert Job.objects.filter(name="delivery.prepare").count() == 2
    assert Job.objects.filter(name="receipts.mail", key=order.number).count() == 1
    assert not order.basket.lines.exists()
    books_are_right()


def test_settling_again_changes_nothing(shop, album, ben):
    order = shop.order(ben, album)
    payment = shop.meant(order)
    for minutes in range(8):
        orders.settle(payment_id=payment.pk, now=NOW + timedelta(minutes=minutes))
    payment.refresh_from_db()
    assert payment.ended_at == NOW
    assert Posting.objects.count() == 1
    assert ben.grants.count() == 1
    assert PaymentRefund.objects.count() == 0


def test_money_that_comes_after_the_quote_still_buys(shop, album, ben):
    order = shop.order(ben, album)
    payment = shop.meant(order)
    orders.cancel_expired(NOW + rules.QUOTE)
    assert orders.settle(payment_id=payment.pk, now=NOW + timedelta(hours=5)).state == "paid"
    assert ben.grants.count() == 1


def test_money_after_a_decline_still_buys(shop, album, ben):
    payment = shop.meant(shop.order(ben, album))
    payments.fail(payment_id=payment.pk, reason="declined", now=NOW)
    assert orders.settle(payment_id=payment.pk, now=NOW).state == "paid"


def test_an_order_that_is_paid_twice_gives_the_second_payment_back(shop, album, ben):
    order = shop.order(ben, album)
    first, second = shop.meant(order), shop.meant(order, provider="manual")
    for payment in (first, second, first, second):
        orders.settle(payment_id=payment.pk, now=NOW)
    second.refresh_from_db()
    refund = PaymentRefund.objects.get()
    assert (second.state, second.refunded, refund.payment_id, refund.amount) == ("surplus", 899, second.pk, 899)
    assert books.balance("refunds", "manual", "EUR") == euro(-899)
    orders.mark_refund_sent(refund_key=refund.key, by="Ada", now=NOW)
    assert books.balance("refunds", "manual", "EUR") == euro(0)
    assert books.balance("clearing", "manual", "EUR") == euro(0)
    assert ben.grants.filter(revoked_at=None).count() == 1
    books_are_right()


def test_what_was_got_elsewhere_meanwhile_is_paid_back_by_itself(shop, album, single, ben):
    order = shop.order(ben, album, single)
    grants.give(holder_id=ben.pk, release_id=album.pk, source="gift:1", now=NOW)
    orders.settle(payment_id=shop.meant(order).pk, now=NOW)
    refund = Refund.objects.get()
    assert (refund.line.release_id, refund.amount, refund.by) == (album.pk, 899, "rule:already_owned")
    assert Job.objects.filter(name="orders.send_refund").count() == 1
    refunds.finish_refund(refund_key=refund.payment_refund_key, now=NOW)
    assert {grant.source for grant in ben.grants.filter(revoked_at=None)} == {"gift:1", order.source}
    assert books.balance("clearing", "pretend", "EUR") == euro(199)
    books_are_right()


def test_a_track_whose_release_was_got_meanwhile_is_paid_back(shop, album, ben):
    order = shop.order(ben, album.parts.first())
    grants.give(holder_id=ben.pk, release_id=album.pk, source="gift:1", now=NOW)
    orders.settle(payment_id=shop.meant(order).pk, now=NOW)
    assert Refund.objects.get().amount == 99
    assert [grant.source for grant in ben.grants.all()] == ["gift:1"]


def test_what_two_orders_paid_for_stays_until_both_have_their_money_back(shop, album, ben):
    first, other = shop.order(ben, album), shop.order(None, album, email=ben.email)
    for order in (first, other):
        orders.settle(payment_id=shop.meant(order, provider="manual").pk, now=NOW)
    double = Refund.objects.get()
    refunds.undo_refund(refund_key=double.payment_refund_key, reason="account closed", now=NOW)  # paid twice for good
    back = orders.refund_line(line_id=first.lines.get().pk, reason="a wish", by="Ada", now=NOW)
    orders.mark_refund_sent(refund_key=back.payment_refund_key, by="Ada", now=NOW)
    assert [grant.source for grant in ben.grants.filter(revoked_at=None)] == [other.source]
    last = orders.refund_line(line_id=other.lines.get().pk, reason="a wish", by="Ada", now=NOW)
    orders.mark_refund_sent(refund_key=last.payment_refund_key, by="Ada", now=NOW)
    assert not ben.grants.filter(revoked_at=None).exists()
    books_are_right()


def test_a_refund_that_fails_after_the_other_order_was_refunded_gives_the_title_back(shop, album, ben):
    first, other = shop.order(ben, album), shop.order(None, album, email=ben.email)
    for order in (first, other):
        orders.settle(payment_id=shop.meant(order, provider="manual").pk, now=NOW)
    double = Refund.objects.get()
    back = orders.refund_line(line_id=first.lines.get().pk, reason="a wish", by="Ada", now=NOW)
    orders.mark_refund_sent(refund_key=back.payment_refund_key, by="Ada", now=NOW)
    assert not ben.grants.filter(revoked_at=None).exists()
    refunds.undo_refund(refund_key=double.payment_refund_key, reason="account closed", now=NOW)
    assert [grant.source for grant in ben.grants.filter(revoked_at=None)] == [other.source]


def test_events_in_any_order_and_number_settle_once(shop, album, ben):
    payment = shop.meant(shop.order(ben, album))
    told = [event(payment, 1), event(payment, 2), event(payment, 3, EventKind.FAILED, reason="declined")] * 5
    random.Random(7).shuffle(told)
    heard = [hear(payment, facts) for facts in told]
    assert heard.count(orders.Heard.DONE) == 3
    assert heard.count(orders.Heard.AGAIN) == 12
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    assert ProviderEvent.objects.count() == 3
    assert Posting.objects.count() == 1
    assert ben.grants.count() == 1


@pytest.mark.parametrize("amount", [euro(898), euro(900), Money(899, "USD")])
def test_another_amount_than_was_asked_for_settles_nothing(shop, album, ben, amount, caplog):
    payment = shop.meant(shop.order(ben, album))
    assert hear(payment, event(payment, amount=amount)) is orders.Heard.ODD
    payment.refresh_from_db()
    assert payment.state == "intended"
    assert not ben.grants.exists()
    assert not Posting.objects.exists()
    assert payment.key in caplog.text


def test_a_payment_by_hand_waits_for_staff(shop, album, ben):
    order = shop.order(ben, album)
    payment = orders.begin_payment(order_id=order.pk, provider="manual", return_url="", now=NOW)
    assert order.number in payment.instructions
    assert "2020 51" in payment.instructions
    order.refresh_from_db()
    assert order.expires_at == NOW + timedelta(days=14)
    assert orders.cancel_expired(NOW + timedelta(days=13)) == 0
    assert orders.mark_received(payment_id=payment.pk, by="Ada", now=NOW).state == "paid"
    with pytest.raises(orders.NotByHandError):
        orders.mark_received(payment_id=shop.meant(order).pk, by="Ada", now=NOW)


def test_a_refund_by_hand_reverses_the_books_and_ends_the_grant_when_it_was_sent(shop, album, single, ben):
    order = shop.order(ben, album, single)
    orders.settle(payment_id=shop.meant(order, provider="manual").pk, now=NOW)
    line = order.lines.get(release=album)
    refund = orders.refund_line(line_id=line.pk, reason="a wish", by="Ada", now=NOW)
    assert ben.grants.filter(revoked_at=None).count() == 2  # money first
    for _ in range(3):
        orders.mark_refund_sent(refund_key=refund.payment_refund_key, by="Ada", now=NOW)
    assert [grant.release_id for grant in ben.grants.filter(revoked_at=None)] == [single.pk]
    assert books.balance("clearing", "manual", "EUR") == euro(199)
    kept = order.lines.get(release=single)
    assert books.balance("payable", album.label.slug, "EUR") == euro(-kept.net)
    assert books.balance("tax", "DE", "EUR") == euro(-kept.tax)
    assert Job.objects.filter(name="orders.refund_mail").count() == 1
    books_are_right()


def test_a_line_is_refunded_once(shop, album, ben):
    order = shop.order(ben, album)
    orders.settle(payment_id=shop.meant(order, provider="manual").pk, now=NOW)
    line = order.lines.get()
    orders.refund_line(line_id=line.pk, reason="a wish", by="Ada", now=NOW)
    with pytest.raises(orders.NothingToRefundError):
        orders.refund_line(line_id=line.pk, reason="a wish", by="Ada", now=NOW)
    assert Refund.objects.count() == PaymentRefund.objects.count() == 1


def test_a_refund_that_the_provider_refused_may_be_tried_again(shop, album, ben):
    order = shop.order(ben, album)
    orders.settle(payment_id=shop.meant(order, provider="manual").pk, now=NOW)
    line = order.lines.get()
    key = orders.refund_line(line_id=line.pk, reason="a wish", by="Ada", now=NOW).payment_refund_key
    for _ in range(2):
        refunds.undo_refund(refund_key=key, reason="account closed", now=NOW)
    line.refresh_from_db()
    assert line.refunded == 0
    assert payment_queries.success_of(order.number).refunded == 0
    assert ben.grants.filter(revoked_at=None).exists()
    assert orders.refund_line(line_id=line.pk, reason="a wish", by="Ada", now=NOW).payment_refund_key != key


def test_what_cost_nothing_or_was_not_paid_is_not_refunded(shop, free, album, ben):
    for order in (shop.order(ben, free), shop.order(ben, album)):
        with pytest.raises(orders.NothingToRefundError):
            orders.refund_line(line_id=order.lines.get().pk, reason="a wish", by="Ada", now=NOW)


def test_no_more_goes_back_than_was_paid(shop, album, ben):
    order = shop.order(ben, album)
    payment = shop.meant(order)
    with pytest.raises(payments.RefundTooHighError):  # not paid yet
        payments.intend_refund(payment_id=payment.pk, key="r0", amount=euro(1), reason="", now=NOW)
    orders.settle(payment_id=payment.pk, now=NOW)
    payments.intend_refund(payment_id=payment.pk, key="r1", amount=euro(500), reason="", now=NOW)
    for amount in (euro(400), euro(0), euro(-1), Money(100, "USD")):
        with pytest.raises(payments.RefundTooHighError):
            payments.intend_refund(payment_id=payment.pk, key="r2", amount=amount, reason="", now=NOW)
    payments.intend_refund(payment_id=payment.pk, key="r3", amount=euro(399), reason="", now=NOW)
    payment.refresh_from_db()
    assert payment.refunded == payment.amount


def test_an_order_that_ended_can_not_be_paid(shop, album, single, ben):
    paid = shop.paid(ben, album)
    late = shop.order(ben, single)
    for order, when in ((paid, NOW), (late, NOW + rules.QUOTE)):
        with pytest.raises(orders.OrderEndedError):
            orders.begin_payment(order_id=order.pk, provider="manual", return_url="", now=when)


def test_a_way_to_pay_that_is_not_offered_is_refused(shop, album, ben, settings):
    settings.MANUAL_ACCOUNT = ""
    order = shop.order(ben, album)
    for provider in ("manual", "no-such"):
        with pytest.raises(payments.ProviderOffError):
            orders.begin_payment(order_id=order.pk, provider=provider, return_url="", now=NOW)
    assert [provider.slug for provider in payment_queries.offered()] == ["pretend"]


def test_five_failures_in_an_hour_are_enough(shop, album, ben):
    order, by = shop.order(ben, album), {"payer_id": ben.pk}
    for _ in range(guard.MOST_DECLINES):
        payment = orders.begin_payment(order_id=order.pk, provider="manual", return_url="", now=NOW, **by)
        payments.fail(payment_id=payment.pk, reason="declined", now=NOW)
    with pytest.raises(orders.TooManyTriesError):
        orders.begin_payment(order_id=order.pk, provider="manual", return_url="", now=NOW, **by)
    later = NOW + guard.WITHIN + timedelta(seconds=1)
    assert orders.begin_payment(order_id=order.pk, provider="manual", return_url="", now=later, **by).is_waiting


def test_a_provider_that_can_not_be_reached_leaves_an_intent_to_ask_about(shop, album, ben, settings):
    settings.PRETEND_URL = "http://127.0.0.1:9"
    order = shop.order(ben, album)
    with pytest.raises(UnreachableError):
        orders.begin_payment(order_id=order.pk, provider="pretend", return_url="http://localhost/", now=NOW)
    payment = Payment.objects.get()
    assert (payment.state, payment.ask_after) == ("intended", NOW + timedelta(minutes=1))
    assert orders.reconcile(NOW) == 0
    assert orders.reconcile(NOW + timedelta(minutes=1)) == 1  # asks, and is not answered
    payment.refresh_from_db()
    assert payment.ask_after > NOW + timedelta(minutes=1)


def test_a_refund_is_mailed_once(shop, album, ben, mailoutbox):
    order = shop.order(ben, album)
    orders.settle(payment_id=shop.meant(order, provider="manual").pk, now=NOW)
    refund = orders.refund_line(line_id=order.lines.get().pk, reason="it <crackles>", by="Ada", now=NOW)
    for _ in range(2):
        jobs.refund_mail(now=NOW, progress=silent, refund_key=refund.payment_refund_key)
    (mail,) = mailoutbox
    assert "it <crackles>" in mail.body
    assert str(refund.money) in mail.body


def test_the_database_refuses_what_must_never_be(shop, album, ben):
    order = shop.paid(ben, album)
    line = order.lines.get()
    for broken in (
        lambda: OrderLine.objects.filter(pk=line.pk).update(refunded=line.gross + 1),
        lambda: OrderLine.objects.filter(pk=line.pk).update(net=line.net + 1),
        lambda: Order.objects.filter(pk=order.pk).update(tax=order.gross + 1),
        lambda: Payment.objects.update(refunded=order.gross + 1),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            broken()
