"""Completing an album: what was paid for its tracks counts, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from tests.conftest import NOW
from tests.factories import make_storefront
from tests.integration.money.conftest import GERMANY, euro

from bandstand.store.deals.rules import Visitor
from bandstand.store.deals.services import set_price
from bandstand.store.grants.models import Grant
from bandstand.store.ledger import queries as ledger
from bandstand.store.orders import jobs, queries
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Credit, OrderLine, Refund
from bandstand.store.orders.services import disputes, intents, refunds
from bandstand.store.payments import queries as payments
from bandstand.store.receipts import jobs as receipts
from bandstand.webkit.jobs.models import Job

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def tracks(shop, album, ben):
    """Ben has bought two of the album's three tracks, at 0.99 each."""
    first, second, _ = album.parts.order_by("number")
    shop.paid(ben, first, second)
    return list(OrderLine.objects.order_by("pk"))


def give_back(line, *, amount=None):
    """Return money of a line, as far as the store's own rows go."""
    line = OrderLine.objects.select_related("order").get(pk=line.pk)
    refund = intents.intend_line_refund(
        line=line, payment=payments.success_of(line.order.number), amount=amount, reason="asked", by="user:1", now=LATER
    )
    refunds.finish_refund(refund_key=refund.payment_refund_key, now=LATER)
    return refund


def test_what_was_paid_for_tracks_comes_off_the_album_and_says_for_which(shop, tracks, album, ben):
    page = shop.page(shop.basket(ben, album, now=LATER))
    (line,) = page.lines
    assert (line.frozen.listed, line.frozen.credit, page.total) == (euro(899), euro(198), euro(701))
    assert [(part.title, part.money) for part in line.credits] == [("Track 1", euro(99)), ("Track 2", euro(99))]


def test_the_order_freezes_the_credit_and_names_the_lines_it_counts(shop, tracks, album, ben):
    order = shop.order(ben, album, now=LATER)
    line = order.lines.get()
    assert (line.listed, line.credit, line.discount, line.gross, order.gross) == (899, 198, 0, 701, 701)
    assert {(row.track_line_id, row.amount, row.uses) for row in line.credits.all()} == {
        (track.pk, 99, 99) for track in tracks
    }
    assert not OrderLine.objects.filter(passed_on__gt=0).exists()  # nothing was paid yet


def test_a_credit_takes_hold_when_the_order_is_paid(shop, tracks, album, ben):
    shop.paid(ben, album, now=LATER)
    assert {line.passed_on for line in OrderLine.objects.filter(pk__in=[line.pk for line in tracks])} == {99}
    assert Credit.objects.filter(held_at=LATER).count() == 2
    assert not ledger.unbalanced()


def test_settling_again_changes_no_credit(shop, tracks, album, ben):
    order = shop.order(ben, album, now=LATER)
    payment = shop.meant(order, now=LATER)
    for _ in range(2):
        orders.settle(payment_id=payment.pk, now=LATER)
    assert Credit.objects.filter(held_at__isnull=False).count() == 2


def test_two_orders_of_the_album_never_count_a_track_twice(shop, tracks, album, ben):
    first = shop.order(ben, album, now=LATER)
    second = shop.place(shop.basket(ben), email="ben.b@example.org", now=LATER)  # from another page, before any payment
    assert first.pk != second.pk
    for order in (first, second):
        orders.settle(payment_id=shop.meant(order, now=LATER).pk, now=LATER)
    assert Credit.objects.filter(held_at__isnull=False).count() == 2
    line = second.lines.get()
    assert (line.refunded, line.gross) == (701, 701)  # it was owned already, and all that was paid goes back


def test_the_rows_themselves_refuse_a_second_use(shop, tracks, album, ben):
    shop.paid(ben, album, now=LATER)
    row = Credit.objects.filter(track_line=tracks[0]).get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Credit.objects.create(line=tracks[1], track_line=row.track_line, amount=1, uses=1, held_at=LATER)


def test_what_is_passed_on_and_what_went_back_never_exceed_what_was_paid(tracks):
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderLine.objects.filter(pk=tracks[0].pk).update(passed_on=F("gross"), refunded=1)


def test_a_track_that_counts_towards_the_album_is_not_refunded(shop, tracks, album, ben):
    shop.paid(ben, album, now=LATER)
    with pytest.raises(orders.NothingToRefundError):
        give_back(tracks[0])


def test_when_the_album_goes_back_its_tracks_can_go_back_too_and_count_again(shop, tracks, album, ben):
    order = shop.paid(ben, album, now=LATER)
    give_back(order.lines.get())
    assert not Grant.objects.live().filter(holder=ben, release=album).exists()
    assert shop.page(shop.basket(ben, album, now=LATER)).sums.credit == euro(198)
    refund = give_back(tracks[0])
    assert refund.amount == 99
    paid = sum(line.gross for line in OrderLine.objects.all())
    back = sum(line.refunded for line in OrderLine.objects.all())
    assert (paid, back) == (99 + 99 + 701, 701 + 99)


def test_when_the_albums_money_did_not_arrive_its_tracks_count_again(shop, tracks, album, ben):
    order = shop.paid(ben, album, now=LATER)
    refund = give_back(order.lines.get())
    refunds.undo_refund(refund_key=refund.payment_refund_key, reason="account closed", now=LATER)
    assert Grant.objects.live().filter(holder=ben, release=album).exists()
    with pytest.raises(orders.NothingToRefundError):
        give_back(tracks[0])
    assert not ledger.unbalanced()


def test_a_part_of_the_albums_price_that_goes_back_keeps_the_credit(shop, tracks, album, ben):
    order = shop.paid(ben, album, now=LATER)
    give_back(order.lines.get(), amount=euro(100))
    with pytest.raises(orders.NothingToRefundError):
        give_back(tracks[0])


def test_a_track_that_was_refunded_does_not_count(shop, tracks, album, ben):
    give_back(tracks[0])
    assert shop.page(shop.basket(ben, album, now=LATER)).sums.credit == euro(99)


def test_a_track_that_was_refunded_between_order_and_payment_is_not_passed_on(shop, tracks, album, ben):
    order = shop.order(ben, album, now=LATER)
    give_back(tracks[0])
    orders.settle(payment_id=shop.meant(order, now=LATER).pk, now=LATER)
    lines = {line.pk: line for line in OrderLine.objects.all()}
    assert (lines[tracks[0].pk].passed_on, lines[tracks[1].pk].passed_on) == (0, 99)
    assert all(line.refunded + line.passed_on <= line.gross for line in lines.values())


def test_nobody_elses_tracks_count_nor_those_of_an_address_without_account(shop, tracks, album, ben, cleo):
    assert not shop.page(shop.basket(cleo, album, now=LATER)).sums.credit
    loose = shop.basket(None, album, now=LATER)
    assert not shop.page(loose).sums.credit
    order = shop.place(loose, email=ben.email, now=LATER)  # the guest's order goes to Ben's account, at the full price
    assert (order.holder, order.gross) == (ben, 899)


def test_money_of_another_currency_does_not_count(shop, tracks, album, ben):
    basket = shop.basket(ben, album, now=LATER)
    yen = make_storefront(currency="JPY", territories=["JP"])
    orders.move_basket(
        basket_id=basket.pk, storefront_id=yen.pk, before=GERMANY, visitor=Visitor(territory="JP"), now=LATER
    )
    found = queries.basket_of(holder_id=ben.pk, token=None)
    page = queries.basket_page(found, visitor=Visitor(territory="JP"), now=LATER)
    assert (page.sums.credit.amount, page.total.amount, page.currency) == (0, 1500, "JPY")


def test_a_gift_takes_no_credit(shop, tracks, album, ben):
    basket = shop.basket(ben, album, now=LATER)
    page = queries.basket_page(basket, visitor=GERMANY, gift=True, now=LATER)
    assert (page.sums.credit.amount, page.total) == (0, euro(899))


def test_a_credit_is_at_most_the_price(shop, tracks, album, ben):
    set_price(tier="album", amount=euro(150))
    order = shop.order(ben, album, now=LATER)
    line = order.lines.get()
    assert (order.gross, line.credit, order.state) == (0, 150, "paid")
    assert [(row.amount, row.uses) for row in line.credits.order_by("pk")] == [(99, 99), (51, 51)]
    refund = give_back(tracks[1])
    assert refund.amount == 48


def test_a_basket_with_credit_costs_a_fixed_number_of_queries(
    shop, tracks, album, single, ben, django_assert_max_num_queries
):
    shop.basket(ben, album, single, now=LATER)
    found = queries.basket_of(holder_id=ben.pk, token=None)
    with django_assert_max_num_queries(14):
        queries.basket_page(found, visitor=GERMANY, now=LATER)


@pytest.fixture
def for_nothing(shop, tracks, album, ben):
    """Ben gets the album for nothing: his two tracks were as much."""
    set_price(tier="album", amount=euro(198))
    order = shop.order(ben, album, now=LATER)
    assert (order.gross, order.state) == (0, "paid")
    return payments.success_of(tracks[0].order.number)


def dispute(verb, payment):
    verb(payment_id=payment.pk, dispute_ref="dp-1", amount=payment.money, now=LATER)


def shelf(holder):
    return set(Grant.objects.live().filter(holder=holder).values_list("release_id", "part_id"))


def test_an_album_that_was_had_for_its_tracks_goes_with_them_when_a_bank_takes_their_money(for_nothing, tracks, ben):
    dispute(disputes.opened, for_nothing)
    assert shelf(ben) == set()
    dispute(disputes.lost, for_nothing)
    assert shelf(ben) == set()
    lines = OrderLine.objects.filter(pk__in=[line.pk for line in tracks])
    assert {(line.refunded, line.passed_on) for line in lines} == {(99, 0)}
    assert not Credit.objects.filter(ended_at=None).exists()
    assert ledger.balance("fees", "pretend", "EUR") == euro(0)  # the tracks' seller bears it
    assert not ledger.unbalanced()


def test_a_dispute_about_tracks_that_is_won_brings_their_album_back(for_nothing, tracks, album, ben):
    before = shelf(ben)
    dispute(disputes.opened, for_nothing)
    dispute(disputes.won, for_nothing)
    assert shelf(ben) == before
    assert (album.pk, None) in before
    assert Credit.objects.filter(held_at__isnull=False, ended_at=None).count() == 2
    assert not ledger.unbalanced()


def test_a_loss_that_is_told_at_once_ends_the_album_too(for_nothing, ben):
    dispute(disputes.lost, for_nothing)
    assert shelf(ben) == set()
    assert ledger.balance("fees", "pretend", "EUR") == euro(0)


def let_jobs_run():
    for job in Job.objects.filter(name="orders.look_again"):
        jobs.look_again(now=LATER, progress=print, **job.payload)


@pytest.fixture
def between(shop, tracks, album, ben):
    """Ben has ordered the album for 7.01, and not paid it; the payment of his two tracks; how he pays."""
    order = shop.order(ben, album, now=LATER)
    assert order.gross == 701

    def pay():
        orders.settle(payment_id=shop.meant(order, now=LATER).pk, now=LATER)
        let_jobs_run()

    return order, payments.success_of(tracks[0].order.number), pay


def test_an_album_rests_while_a_bank_has_the_money_of_tracks_it_counts(between, tracks, album, ben, client, mailoutbox):
    order, paid, pay = between
    dispute(disputes.opened, paid)
    pay()
    assert shelf(ben) == set()
    receipts.mail(now=LATER, progress=print, order_number=order.number)
    assert "rests until that is settled" in mailoutbox[-1].body
    assert "This is yours for good" not in mailoutbox[-1].body
    client.force_login(ben)
    page = client.get(f"/order/{order.number}/").content.decode()
    assert "rests until that is settled" in page
    assert "yours for good" not in page
    dispute(disputes.won, paid)
    let_jobs_run()
    assert (album.pk, None) in shelf(ben)
    assert {line.passed_on for line in OrderLine.objects.filter(pk__in=[line.pk for line in tracks])} == {99}
    assert not Refund.objects.exists()
    assert not ledger.unbalanced()


@pytest.mark.parametrize("when", ["before it is paid", "after"])
def test_what_was_paid_for_an_album_goes_back_when_a_bank_keeps_the_money_of_its_tracks(
    between, tracks, album, ben, when
):
    order, paid, pay = between
    dispute(disputes.opened, paid)
    if when == "after":
        pay()
        let_jobs_run()
        assert not Refund.objects.exists()
    dispute(disputes.lost, paid)
    let_jobs_run() if when == "after" else pay()
    let_jobs_run()
    refund = Refund.objects.get(line=order.lines.get())
    assert (refund.amount, refund.by) == (701, "rule:credit_lost")
    refunds.finish_refund(refund_key=refund.payment_refund_key, now=LATER)
    assert shelf(ben) == set()
    lines = OrderLine.objects.filter(pk__in=[line.pk for line in tracks])
    assert {(line.refunded, line.passed_on) for line in lines} == {(99, 0)}
    assert sum(row.money.amount for row in ledger.trial_balance() if row.kind in {"payable", "tax"}) == 0
    assert not ledger.unbalanced()


def test_a_small_loss_passes_nothing_on_either(between, tracks, ben):
    order, paid, pay = between
    told = {"payment_id": paid.pk, "dispute_ref": "dp-1", "amount": euro(2), "now": LATER}
    disputes.lost(**told)
    pay()
    assert shelf(ben) == set()
    assert not OrderLine.objects.filter(passed_on__gt=0).exists()
    refund = Refund.objects.get(line=order.lines.get())
    refunds.finish_refund(refund_key=refund.payment_refund_key, now=LATER)
    refunds.undo_refund(refund_key=refund.payment_refund_key, reason="account closed", now=LATER)
    assert not OrderLine.objects.filter(passed_on__gt=0).exists()
    assert shelf(ben) == set()


def test_a_second_order_of_the_album_is_no_way_around(shop, between, album, ben):
    _, paid, pay = between
    second = shop.place(shop.basket(ben), email="ben.b@example.org", now=LATER)
    dispute(disputes.opened, paid)
    pay()
    orders.settle(payment_id=shop.meant(second, now=LATER).pk, now=LATER)
    assert shelf(ben) == set()
    dispute(disputes.won, paid)
    let_jobs_run()
    assert (album.pk, None) in shelf(ben)
    assert [refund.by for refund in Refund.objects.all()] == ["rule:already_owned"]  # one of them, once
    let_jobs_run()
    assert Refund.objects.count() == 1
