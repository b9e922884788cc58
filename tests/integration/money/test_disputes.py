"""A payer's bank takes money back: titles follow it, both ways; no more is gone than was paid."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from tests.conftest import NOW
from tests.integration.money.conftest import euro

from bandstand.kernel.money import Money
from bandstand.store.delivery.access import covers
from bandstand.store.ledger import queries as books
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import OrderLine
from bandstand.store.orders.services import disputes, refunds
from bandstand.store.payments.models import Dispute, Payment


@pytest.fixture(autouse=True)
def _bank(settings):
    settings.MANUAL_ACCOUNT = "IBAN DE02 1203 0000 0000 2020 51"


@pytest.fixture
def payment(shop, album, single, ben):
    """10.98 paid by bank transfer for an album (8.99) and a single (1.99)."""
    payment = shop.meant(shop.order(ben, album, single), provider="manual")
    orders.settle(payment_id=payment.pk, now=NOW)
    payment.refresh_from_db()
    return payment


def tell(verb, payment, amount=None, ref="dp-1"):
    money = payment.money if amount is None else euro(amount)
    return verb(payment_id=payment.pk, dispute_ref=ref, amount=money, now=NOW)


def line_of(payment, release):
    return OrderLine.objects.get(order__number=payment.order_number, release=release)


def back(line, amount=None):
    money = euro(amount) if amount else None
    facts = {"reason": "a wish", "by": "Ada", "now": NOW}
    return orders.refund_line(line_id=line.pk, amount=money, **facts).payment_refund_key


def sent(key):
    orders.mark_refund_sent(refund_key=key, by="Ada", now=NOW)


def titles(ben):
    return {grant.release_id for grant in ben.grants.filter(revoked_at=None)}


def holds(kind, owner="manual"):
    return books.balance(kind, owner, "EUR").amount


def books_are_right():
    assert books.unbalanced() == []
    assert sum(row.money.amount for row in books.trial_balance()) == 0


def test_what_is_disputed_leaves_the_clearing_and_the_shelf(payment, ben):
    assert tell(disputes.opened, payment)
    assert (holds("clearing"), holds("disputes")) == (0, 1098)
    assert titles(ben) == set()
    assert {grant.revoked_why for grant in ben.grants.all()} == {"Disputed: the payer's bank has the money."}
    books_are_right()


def test_a_dispute_that_is_won_brings_both_back(payment, album, single, ben):
    tell(disputes.opened, payment)
    tell(disputes.won, payment)
    assert (holds("clearing"), holds("disputes")) == (1098, 0)
    assert titles(ben) == {album.pk, single.pk}
    books_are_right()


def test_a_dispute_that_is_lost_is_borne_by_seller_and_tax_as_a_refund_would_be(payment, album, ben):
    tell(disputes.opened, payment)
    tell(disputes.lost, payment)
    payment.refresh_from_db()
    assert payment.refunded == payment.amount
    assert {row.money.amount for row in books.trial_balance()} == {0}
    assert titles(ben) == set()
    with pytest.raises(orders.NothingToRefundError):
        back(line_of(payment, album))
    books_are_right()


@pytest.mark.parametrize("end", [disputes.won, disputes.lost])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_told_twice_and_in_any_order_it_ends_the_same(payment, album, single, ben, end, order):
    told = [disputes.opened, end, end]
    for place in [*order, *order]:
        assert tell(told[place], payment)
    won = end is disputes.won
    assert (holds("clearing"), holds("disputes")) == (1098 if won else 0, 0)
    assert titles(ben) == ({album.pk, single.pk} if won else set())
    assert Dispute.objects.get().state == ("won" if won else "lost")
    books_are_right()


@pytest.mark.parametrize("order", list(permutations(["paid", "opened", "lost"])))
def test_also_before_the_payment_itself_was_heard_of(shop, album, ben, order):
    payment = shop.meant(shop.order(ben, album), provider="manual")
    for what in order:
        if what == "paid":
            orders.settle(payment_id=payment.pk, now=NOW)
        else:
            tell(getattr(disputes, what), payment)
    payment.refresh_from_db()
    assert (payment.state, payment.refunded) == ("succeeded", 899)
    assert {row.money.amount for row in books.trial_balance()} == {0}
    assert titles(ben) == set()
    books_are_right()


def test_nothing_is_refunded_while_it_is_disputed(payment, album):
    tell(disputes.opened, payment)
    with pytest.raises(orders.DisputedError) as refused:
        back(line_of(payment, album))
    assert refused.value.number == payment.order_number
    with pytest.raises(orders.DisputedError):
        orders.refund_order(order_id=line_of(payment, album).order_id, reason="all", by="Ada", now=NOW)
    tell(disputes.won, payment)
    sent(back(line_of(payment, album)))
    books_are_right()


def test_after_a_refund_only_the_rest_is_the_sellers_loss_and_the_remainder_a_fee(payment, album, single, ben):
    sent(back(line_of(payment, album), 399))
    tell(disputes.opened, payment)
    assert holds("clearing") == -399
    tell(disputes.lost, payment)
    payment.refresh_from_db()
    assert payment.refunded == payment.amount
    assert (holds("clearing"), holds("disputes"), holds("fees")) == (-399, 0, 399)
    assert holds("payable", album.label.slug) == holds("tax", "DE") == 0
    books_are_right()


def test_what_a_refund_was_about_to_return_is_borne_when_its_provider_refuses(payment, album):
    key = back(line_of(payment, album), 399)
    tell(disputes.opened, payment)
    tell(disputes.lost, payment)
    assert holds("fees") == 399
    refunds.undo_refund(refund_key=key, reason="the charge is disputed", now=NOW)
    payment.refresh_from_db()
    assert payment.refunded == payment.amount
    assert {row.money.amount for row in books.trial_balance()} == {0}
    books_are_right()


def test_what_was_refunded_wholly_does_not_come_back_with_a_dispute_that_is_won(payment, album, single, ben):
    sent(back(line_of(payment, album)))
    tell(disputes.opened, payment, 199)
    assert titles(ben) == set()
    tell(disputes.won, payment, 199)
    assert titles(ben) == {single.pk}


def test_a_part_that_is_lost_is_shared_by_the_lines(payment, album, single):
    tell(disputes.lost, payment, 500)
    lines = [line_of(payment, album), line_of(payment, single)]
    assert sum(line.refunded for line in lines) == 500
    assert [line.refunded for line in lines] == [409, 91]
    assert holds("clearing") == 598
    books_are_right()


@pytest.mark.parametrize("money", [euro(1099), euro(0), Money(1098, "USD")])
def test_a_dispute_that_makes_no_sense_changes_nothing(payment, album, single, ben, money):
    assert not disputes.opened(payment_id=payment.pk, dispute_ref="dp-1", amount=money, now=NOW)
    assert not Dispute.objects.exists()
    assert titles(ben) == {album.pk, single.pk}


def test_a_title_that_another_order_pays_for_stays(shop, album, ben):
    first, other = shop.order(ben, album), shop.order(None, album, email=ben.email)
    paid = [shop.meant(order, provider="manual") for order in (first, other)]
    for payment in paid:
        orders.settle(payment_id=payment.pk, now=NOW)
    double = other.lines.get().refunds.get()
    refunds.undo_refund(refund_key=double.payment_refund_key, reason="account closed", now=NOW)  # paid twice for good
    tell(disputes.opened, paid[0])
    assert [grant.source for grant in ben.grants.filter(revoked_at=None)] == [other.source]
    tell(disputes.won, paid[0], ref="dp-1")  # and now one of both is too many again
    assert titles(ben) == {album.pk}
    assert first.lines.get().refunds.get().by == "rule:already_owned"


def test_a_second_payment_that_is_disputed_costs_no_title(shop, album, ben):
    order = shop.order(ben, album)
    paid = [shop.meant(order), shop.meant(order, provider="manual")]
    for payment in paid:
        orders.settle(payment_id=payment.pk, now=NOW)
    surplus = Payment.objects.get(state="surplus")
    tell(disputes.opened, surplus)
    tell(disputes.lost, surplus)
    assert titles(ben) == {album.pk}
    key = surplus.refunds.get().key
    refunds.undo_refund(refund_key=key, reason="the charge is disputed", now=NOW)
    assert {holds(kind) for kind in ("clearing", "disputes", "refunds", "fees")} == {0}
    books_are_right()


def test_what_was_withdrawn_meanwhile_is_theirs_again_when_a_dispute_is_won(payment, album, ben):
    part = album.parts.first()
    part.withdrawn_at = NOW + timedelta(days=1)
    part.save()
    facts = {"payment_id": payment.pk, "dispute_ref": "dp-1", "amount": payment.money}
    disputes.opened(**facts, now=NOW + timedelta(days=2))
    disputes.won(**facts, now=NOW + timedelta(days=3))
    grant = ben.grants.get(revoked_at=None, release=album)
    assert grant.starts_at == NOW
    assert covers(grant, part)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_track_that_was_paid_for_before_its_album_stays_paid_when_its_dispute_is_won(shop, album, ben, at_once):
    """It was given and paid once: that the album came later makes it no second payment."""
    track = album.parts.first()
    order = shop.order(ben, track)
    payment = shop.meant(order, provider="manual")
    orders.settle(payment_id=payment.pk, now=NOW)
    if at_once:
        shop.paid(ben, album)  # its credit passes the track's price on
    else:
        other = shop.order(None, album, email=ben.email)  # a guest's address has no credit
        orders.settle(payment_id=shop.meant(other).pk, now=NOW)
    tell(disputes.opened, payment)
    assert tell(disputes.won, payment)
    line = order.lines.get()
    assert (line.refunded, line.refunds.count()) == (0, 0)
    assert (holds("clearing"), holds("disputes")) == (99, 0)
    books_are_right()
