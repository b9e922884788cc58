"""A part of a price goes back: the books follow to the cent, the title only when all of it is back or staff says so."""

from __future__ import annotations

import pytest
from tests.conftest import NOW
from tests.integration.money.conftest import euro

from bandstand.kernel.money import Money
from bandstand.kernel.progress import silent
from bandstand.store.ledger import queries as books
from bandstand.store.orders import jobs
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Refund
from bandstand.store.orders.services import refunds
from bandstand.store.payments import queries as payment_queries
from bandstand.store.payments.models import PaymentRefund
from bandstand.webkit.jobs.models import Job


@pytest.fixture(autouse=True)
def _bank(settings):
    settings.MANUAL_ACCOUNT = "IBAN DE02 1203 0000 0000 2020 51"


@pytest.fixture
def bought(shop, album, single, ben):
    """An order of an album for 8.99 and a single for 1.99, paid by bank transfer."""
    order = shop.order(ben, album, single)
    return orders.settle(payment_id=shop.meant(order, provider="manual").pk, now=NOW)


@pytest.fixture
def line(bought, album):
    return bought.lines.get(release=album)


def back(line, amount=None, **facts):
    """Refund a part by hand, as far as the provider; return its key."""
    facts = {"reason": "a scratch", "by": "Ada", **facts}
    money = euro(amount) if amount else None
    return orders.refund_line(line_id=line.pk, amount=money, now=NOW, **facts).payment_refund_key


def sent(key):
    orders.mark_refund_sent(refund_key=key, by="Ada", now=NOW)


def titles(ben):
    return {grant.release_id for grant in ben.grants.filter(revoked_at=None)}


def books_are_right():
    assert books.unbalanced() == []
    assert sum(row.money.amount for row in books.trial_balance()) == 0


def test_the_title_stays_until_the_last_part_is_back(line, album, single, ben):
    keys = [back(line, 300), back(line, 300)]
    for key in keys:
        sent(key)
    assert titles(ben) == {album.pk, single.pk}
    last = back(line)
    assert titles(ben) == {album.pk, single.pk}  # on its way: money first
    sent(last)
    assert titles(ben) == {single.pk}


def test_the_parts_of_a_line_take_back_exactly_its_net_and_its_tax(line, bought, album, single):
    for amount in (1, 333, 333, None):
        sent(back(line, amount))
    kept = bought.lines.get(release=single)
    assert sum(refund.tax for refund in line.refunds.all()) == line.tax
    assert books.balance("clearing", "manual", "EUR") == euro(199)
    assert books.balance("payable", album.label.slug, "EUR") == euro(-kept.net)
    assert books.balance("tax", "DE", "EUR") == euro(-kept.tax)
    books_are_right()


def test_staff_may_leave_the_title_to_the_buyer_with_all_of_the_money(line, album, ben):
    sent(back(line, ends_grant=False))
    assert album.pk in titles(ben)


def test_staff_may_end_the_title_with_a_part_of_the_money(line, album, ben):
    sent(back(line, 100, ends_grant=True))
    assert album.pk not in titles(ben)


def test_a_refused_part_counts_as_paid_again_with_its_tax(line, album, ben):
    first, second = back(line, 300), back(line)
    refunds.undo_refund(refund_key=first, reason="account closed", now=NOW)
    sent(second)
    line.refresh_from_db()
    assert line.refunded == 599
    assert album.pk in titles(ben)  # three euros still pay for it
    sent(back(line))
    assert sum(refund.tax for refund in line.refunds.filter(undone_at=None)) == line.tax
    assert album.pk not in titles(ben)
    books_are_right()


def test_a_refused_refund_gives_back_what_ended_with_a_later_one(line, album, ben):
    first, second = back(line, 300), back(line)
    sent(second)
    assert album.pk in titles(ben)
    refunds.undo_refund(refund_key=first, reason="account closed", now=NOW)
    assert album.pk in titles(ben)


@pytest.mark.parametrize("amount", [euro(900), euro(0), euro(-1), Money(100, "USD")])
def test_an_amount_that_is_not_left_is_refused_with_what_is(line, amount):
    with pytest.raises(orders.RefundAmountError) as refused:
        orders.refund_line(line_id=line.pk, amount=amount, reason="x", by="Ada", now=NOW)
    assert refused.value.left == euro(899)
    assert not PaymentRefund.objects.exists()


def test_what_is_on_its_way_is_not_left(line):
    back(line, 500)
    with pytest.raises(orders.RefundAmountError) as refused:
        back(line, 400)
    assert refused.value.left == euro(399)


def test_a_whole_order_goes_back_line_by_line_and_once(bought, line, ben):
    sent(back(line, 100))
    meant = orders.refund_order(order_id=bought.pk, reason="all of it", by="Ada", now=NOW)
    assert [refund.amount for refund in meant] == [799, 199]
    with pytest.raises(orders.NothingToRefundError):
        orders.refund_order(order_id=bought.pk, reason="all of it", by="Ada", now=NOW)
    for refund in meant:
        sent(refund.payment_refund_key)
    assert titles(ben) == set()
    assert books.balance("clearing", "manual", "EUR") == euro(0)
    books_are_right()


def test_each_part_is_told_by_its_own_mail_and_a_note_is_for_staff_alone(line):
    keys = [back(line, 100, note="third complaint"), back(line, 200)]
    for key in keys:
        sent(key)
    assert Job.objects.filter(name="orders.refund_mail").count() == 2
    assert Refund.objects.get(payment_refund_key=keys[0]).note == "third complaint"
    assert "complaint" not in PaymentRefund.objects.get(key=keys[0]).reason


@pytest.mark.parametrize("cents", [899, 300])
def test_money_that_was_back_and_did_not_arrive_is_as_if_it_had_never_left(line, bought, ben, mailoutbox, cents):
    payment = payment_queries.success_of(bought.number)
    before = {(row.kind, row.owner): row.money for row in books.trial_balance()}
    key = orders.refund_line(line_id=line.pk, amount=euro(cents), reason="a wish", by="Ada", now=NOW).payment_refund_key
    refunds.finish_refund(refund_key=key, now=NOW)
    for _ in range(2):
        refunds.undo_refund(refund_key=key, reason="account closed", now=NOW)
    refunds.finish_refund(refund_key=key, now=NOW)  # told late: what was told last holds
    assert {(row.kind, row.owner): row.money for row in books.trial_balance()} == before
    assert books.unbalanced() == []
    line.refresh_from_db()
    payment.refresh_from_db()
    assert (line.refunded, payment.refunded, PaymentRefund.objects.get().state) == (0, 0, "failed")
    assert ben.grants.filter(revoked_at=None).count() == 2
    (job,) = Job.objects.filter(name="orders.refund_failed_mail")
    jobs.refund_failed_mail(now=NOW, progress=silent, **job.payload)
    assert "did not reach you" in mailoutbox[0].subject
    assert str(euro(cents)) in mailoutbox[0].body
    again = orders.refund_line(line_id=line.pk, reason="another account", by="Ada", now=NOW)
    assert again.amount == 899


def test_a_title_that_another_refund_ended_stays_ended_when_one_did_not_arrive(line, album, ben):
    keys = [
        orders.refund_line(line_id=line.pk, amount=euro(cents), reason="a wish", by="Ada", now=NOW, **ends)
        for cents, ends in ((300, {}), (100, {"ends_grant": True}))
    ]
    for refund in keys:
        refunds.finish_refund(refund_key=refund.payment_refund_key, now=NOW)
    refunds.undo_refund(refund_key=keys[0].payment_refund_key, reason="account closed", now=NOW)
    assert not ben.grants.filter(revoked_at=None, release=album).exists()
