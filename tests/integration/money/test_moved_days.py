"""A release whose day moves: what was ordered ahead follows, its buyers are told, and may cancel until it comes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from tests.conftest import NOW
from tests.factories import make_deal, make_part, make_release
from tests.integration.money.conftest import euro

from bandstand.kernel.clock import local_midnight
from bandstand.store.deals.models import Deal
from bandstand.store.deals.rules import DealTerms
from bandstand.store.deals.services import replace_deals, set_price
from bandstand.store.grants.models import Grant
from bandstand.store.ledger import queries as books
from bandstand.store.orders import jobs
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import OrderLine, Refund
from bandstand.store.orders.rules.gift import GiftWish
from bandstand.store.orders.services import ahead, disputes, gifts, promises, refunds
from bandstand.store.payments.models import Payment
from bandstand.webkit.jobs.models import Job

DAY, LATER, EARLIER = date(2026, 11, 24), date(2026, 12, 8), date(2026, 11, 22)
SOON = NOW + timedelta(hours=1)


def midnight(day):
    return local_midnight(day, "Europe/Berlin")


COMES = midnight(DAY)


@pytest.fixture
def coming(storefront):
    """An album for 8.99 that comes on Tuesday and can be ordered ahead."""
    release = make_release(tracks=3, title="Slow Weather")
    make_deal(release=release, start_day=DAY, preorder_day=date(2026, 11, 1))
    return release


def move(release, day, **terms):
    """A new delivery says another day."""
    facts = {"release_tier": "album", "track_tier": "track", "preorder_day": date(2026, 11, 1), **terms}
    replace_deals(release_id=release.pk, deals=[DealTerms(start_day=day, **facts)], source="delivery 2", now=NOW)
    Deal.objects.filter(release=release).exclude(source="delivery 2").update(ended_at=NOW)


def post(now=SOON):
    """Send the mails that wait, and return them."""
    mail.outbox.clear()
    for job in Job.objects.filter(name="orders.day_moved_mail").order_by("pk"):
        jobs.day_moved_mail(now=now, progress=print, **job.payload)
    return [(letter.to[0], letter.subject, letter.body) for letter in mail.outbox]


def starts():
    return list(Grant.objects.values_list("starts_at", flat=True))


def test_a_later_day_moves_line_and_right_once_and_is_told(shop, coming, ben):
    order = shop.paid(ben, coming)
    move(coming, LATER)
    assert [ahead.follow_days(SOON) for _ in range(3)] == [1, 0, 0]
    assert OrderLine.objects.get().available_at == midnight(LATER)
    assert starts() == [midnight(LATER)]
    [(to, subject, body)] = post()
    assert (to, "comes later" in subject) == (ben.email, True)
    assert "Tuesday 24 November 2026" in body
    assert "Tuesday 8 December 2026" in body
    assert reverse("shopfront:order", args=[order.number]) in body
    assert "cancel it" in body
    assert promises.check_promises(COMES) == 0
    assert OrderLine.objects.get().price_checked_at is None  # the promise waits for the new day


def test_an_earlier_day_brings_it_earlier(shop, coming, ben):
    shop.paid(ben, coming)
    move(coming, EARLIER)
    assert ahead.follow_days(SOON) == 1
    assert starts() == [midnight(EARLIER)]
    [(_, subject, _)] = post()
    assert "comes earlier" in subject


def test_a_day_that_has_begun_brings_it_at_once_and_the_promise_is_kept(shop, coming, ben):
    shop.paid(ben, coming)
    move(coming, date(2026, 11, 10))
    set_price(tier="album", amount=euro(699))
    assert ahead.follow_days(SOON) == 1
    assert starts() == [SOON]
    [(_, subject, body)] = post()
    assert "is here" in subject
    assert "cancel" not in body
    assert promises.check_promises(SOON) == 1


def test_what_is_no_longer_ordered_ahead_still_follows(shop, coming, ben):
    shop.paid(ben, coming)
    move(coming, LATER, preorder_day=None)
    assert ahead.follow_days(SOON) == 1
    assert starts() == [midnight(LATER)]


def test_a_release_without_any_day_keeps_the_one_it_was_bought_for(shop, coming, ben):
    shop.paid(ben, coming)
    Deal.objects.update(ended_at=NOW)
    assert ahead.follow_days(SOON) == 0
    assert starts() == [COMES]


def test_single_tracks_that_are_sold_already_do_not_bring_the_release(shop, coming, ben):
    make_part(release=coming)
    make_deal(release=coming, release_tier=None, track_tier="track")
    shop.paid(ben, coming)
    assert ahead.follow_days(SOON) == 0


def test_members_who_may_have_it_earlier_do_not_bring_it_to_others(shop, coming, ben):
    shop.paid(ben, coming)
    make_deal(release=coming, start_day=EARLIER, members_only=True)
    assert ahead.follow_days(SOON) == 0


def test_what_has_come_stays(shop, coming, ben):
    shop.paid(ben, coming)
    move(coming, LATER)
    assert ahead.follow_days(COMES + timedelta(minutes=1)) == 0
    assert starts() == [COMES]


def test_a_storefront_that_changes_its_clock_moves_the_hour_and_mails_nobody(shop, coming, ben, storefront):
    shop.paid(ben, coming)
    type(storefront).objects.update(time_zone="Europe/London")
    assert ahead.follow_days(SOON) == 1
    assert starts() == [local_midnight(DAY, "Europe/London")]
    assert post() == []


def test_an_order_that_is_paid_after_the_day_moved_gives_it_from_the_new_day(shop, coming, ben):
    order = shop.order(ben, coming)
    move(coming, LATER)
    assert ahead.follow_days(SOON) == 1
    assert post() == []
    orders.settle(payment_id=shop.meant(order).pk, now=SOON)
    assert starts() == [midnight(LATER)]


def test_a_title_that_comes_back_after_a_dispute_has_the_new_day(shop, coming, ben):
    shop.paid(ben, coming)
    payment = Payment.objects.get()
    told = {"payment_id": payment.pk, "dispute_ref": "dp-1", "amount": payment.money}
    disputes.opened(**told, now=SOON)
    move(coming, EARLIER)
    ahead.follow_days(SOON)
    assert post() == []  # nobody waits for it now
    disputes.won(**told, now=SOON)
    assert [grant.starts_at for grant in Grant.objects.live()] == [midnight(EARLIER)]


def test_a_mail_about_a_day_that_moved_again_is_not_sent(shop, coming, ben):
    shop.paid(ben, coming)
    for day in (LATER, EARLIER):
        move(coming, day)
        ahead.follow_days(SOON)
    assert Job.objects.filter(name="orders.day_moved_mail").count() == 2
    assert ["comes earlier" in subject for _, subject, _ in post()] == [True]


def test_many_follow_in_turns(shop, coming, ben, cleo, monkeypatch):
    monkeypatch.setattr(ahead, "BATCH", 1)
    shop.paid(ben, coming)
    shop.paid(cleo, coming)
    move(coming, LATER)
    assert ahead.follow_days(SOON) == 2
    assert set(starts()) == {midnight(LATER)}
    assert {to for to, *_ in post()} == {ben.email, cleo.email}


@pytest.mark.parametrize("buyers", [1, 4])
def test_looking_for_days_that_moved_takes_as_many_questions_for_many_as_for_one(
    shop, coming, ben, django_assert_num_queries, django_user_model, buyers
):
    for place in range(buyers):
        shop.paid(django_user_model.objects.create_user(f"buyer{place}@example.org"), coming)
    with django_assert_num_queries(3):
        assert ahead.follow_days(SOON) == 0


def gift_of(shop, giver, release):
    basket = shop.basket(giver, release)
    wish = GiftWish(recipient_name="Cleo", recipient_email="cleo@example.org", sender_name="Ben", deliver_at=NOW)
    order = shop.place(basket, gift=wish)
    orders.settle(payment_id=shop.meant(order).pk, now=NOW)
    return order.gift


def test_of_a_gift_its_recipient_is_told_and_its_giver_while_nobody_has_it(shop, coming, ben, cleo):
    gift = gift_of(shop, ben, coming)
    move(coming, LATER)
    ahead.follow_days(SOON)
    [(to, _, body)] = post()
    assert to == ben.email
    assert "cancel" not in body  # a gift is taken back
    gifts.claim(token=gift.token, holder_id=cleo.pk, now=SOON)
    assert starts() == [midnight(LATER)]
    Job.objects.all().delete()
    move(coming, EARLIER)
    Deal.objects.filter(start_day=LATER).update(ended_at=NOW)
    ahead.follow_days(SOON)
    [(to, _, body)] = post()
    assert to == "cleo@example.org"
    assert gift.order.number not in body


def test_until_it_comes_it_can_be_cancelled_and_the_money_goes_back_once(shop, coming, ben):
    order = shop.paid(ben, coming)
    line = order.lines.get()
    refund = ahead.cancel(line_id=line.pk, now=SOON)
    assert (refund.amount, refund.by) == (899, "rule:cancelled_ahead")
    assert not Grant.objects.live().exists()  # at once: else both could be had for a while
    with pytest.raises(ahead.HasComeError):
        ahead.cancel(line_id=line.pk, now=SOON)
    refunds.finish_refund(refund_key=refund.payment_refund_key, now=COMES)
    assert Refund.objects.count() == 1
    assert not Grant.objects.live().exists()
    assert books.unbalanced() == []
    shop.paid(ben, coming, now=SOON)  # and it can be ordered again


def test_what_its_provider_would_not_return_is_the_buyers_again_from_its_day(shop, coming, ben):
    order = shop.paid(ben, coming)
    refund = ahead.cancel(line_id=order.lines.get().pk, now=SOON)
    refunds.undo_refund(refund_key=refund.payment_refund_key, reason="no", now=SOON)
    assert Grant.objects.live().get().starts_at == COMES


def test_what_has_come_is_disputed_given_away_or_unpaid_cannot_be_cancelled(shop, coming, ben, cleo):
    order = shop.paid(ben, coming)
    line, payment = order.lines.get(), Payment.objects.get()
    with pytest.raises(ahead.HasComeError):
        ahead.cancel(line_id=line.pk, now=COMES)
    told = {"payment_id": payment.pk, "dispute_ref": "dp-1", "amount": payment.money}
    disputes.opened(**told, now=SOON)
    unpaid = shop.order(cleo, coming).lines.get()
    given = gift_of(shop, ben, make_other(coming)).order.lines.get()
    for one in (line, unpaid, given):
        with pytest.raises(ahead.HasComeError):
            ahead.cancel(line_id=one.pk, now=SOON)
    assert not Refund.objects.exists()


def make_other(coming):
    release = make_release(tracks=1)
    make_deal(release=release, start_day=DAY, preorder_day=date(2026, 11, 1))
    return release


def test_the_page_of_an_order_says_the_day_and_cancels(client, shop, coming, ben, cleo):
    order = shop.paid(ben, coming)
    line, here = order.lines.get(), reverse("shopfront:order", args=[order.number])
    OrderLine.objects.update(available_at=timezone.now() + timedelta(days=3650))  # the view asks the real clock
    assert client.post(f"{here}cancel/", {"line": line.pk}).status_code == 404
    client.force_login(cleo)
    assert client.post(f"{here}cancel/", {"line": line.pk}).status_code == 404
    client.force_login(ben)
    assert "Cancel, €8.99 back" in client.get(here).content.decode()
    assert client.post(f"{here}cancel/", {"line": "x"}).status_code == 404
    page = client.post(f"{here}cancel/", {"line": line.pk}, follow=True).content.decode()
    assert "€8.99 is on its way back to you" in page
    assert "You cancelled it before it came." in page
    assert "Cancel, " not in page
    again = client.post(f"{here}cancel/", {"line": line.pk}, follow=True).content.decode()
    assert "cancelled any more" in again or "can&#x27;t be cancelled" in again
    assert Refund.objects.count() == 1
