"""Orders for somebody else, from the checkout to a shelf."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from tests.conftest import NOW

from bandstand.kernel.money import Money
from bandstand.store.accounts.models import User
from bandstand.store.deals.rules import Visitor
from bandstand.store.grants.models import Grant
from bandstand.store.orders import jobs, queries
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Gift, Refund
from bandstand.store.orders.rules.gift import REMIND_AFTER, GiftWishError, wish
from bandstand.store.orders.services import forgetting, gifts
from bandstand.store.payments import services as payments
from bandstand.webkit.jobs.models import Job

pytestmark = pytest.mark.django_db
GERMANY = Visitor(territory="DE", member=True)
TOMORROW = NOW + timedelta(days=1)


def wished(*, day=None, **facts):
    of = {"recipient_name": "Cleo", "recipient_email": "cleo@example.org", "sender_name": "Ben", "message": "For <b>"}
    return wish(**(of | facts), day=day, zone="Europe/Berlin", now=NOW)


@pytest.fixture
def give(shop, ben, settings):
    """A gift of these titles that Ben has paid, at the manual provider."""
    settings.MANUAL_ACCOUNT = "IBAN DE02 1203 0000 0000 2020 51"

    def of(*titles, **facts):
        basket = orders.basket_for(holder_id=ben.pk, token=None, storefront_id=shop.storefront.pk, now=NOW)
        for title in titles:
            kind = "release_id" if hasattr(title, "parts") else "part_id"
            orders.put_in_basket(basket_id=basket.pk, **{kind: title.pk}, gift=True, visitor=GERMANY, now=NOW)
        found = queries.basket_of(holder_id=ben.pk, token=None)
        page = queries.basket_page(found, visitor=GERMANY, gift=True, now=NOW)
        order = orders.place_order(
            basket_id=basket.pk,
            holder_id=ben.pk,
            email=ben.email,
            billing_country="DE",
            checkout_key=page.checkout_key,
            expected=page.total,
            gift=wished(**facts),
            now=NOW,
        )
        if not order.total:
            return order
        payment = payments.begin(order_number=order.number, provider="manual", amount=order.total, now=NOW)
        return orders.settle(payment_id=payment.pk, now=NOW)

    return of


def shelf(holder):
    return set(Grant.objects.live().filter(holder=holder).values_list("release_id", flat=True))


def post():
    """Run the mails of gifts that wait, as workers do, and return what was sent."""
    mail.outbox.clear()
    for job in Job.objects.alive().filter(name__in=["orders.gift_mail", "orders.gift_reminder"]):
        {"orders.gift_mail": jobs.gift_mail, "orders.gift_reminder": jobs.gift_reminder}[job.name](
            now=NOW, progress=lambda _: None, **job.payload
        )
        job.delete()
    return list(mail.outbox)


def test_a_gift_for_today_is_mailed_once_and_lies_on_no_shelf(give, ben, album):
    order = give(album)
    assert not Grant.objects.exists()
    (sent,) = post()
    assert sent.to == ["cleo@example.org"]
    assert order.gift.token in sent.body
    assert "For <b>" in sent.body
    assert gifts.deliver_due(NOW + timedelta(minutes=1)) == 0
    assert post() == []


def test_a_gift_for_a_day_is_mailed_on_its_morning(give, album):
    order = give(album, day=(NOW + timedelta(days=10)).date())
    morning = order.gift.deliver_at
    assert gifts.deliver_due(morning - timedelta(seconds=1)) == 0
    assert post() == []
    assert gifts.deliver_due(morning) == 1
    assert gifts.deliver_due(morning) == 0
    assert len(post()) == 1


def test_an_unpaid_gift_is_mailed_to_nobody(shop, ben, album):
    basket = shop.basket(ben, album)
    order = shop.place(basket, email=ben.email, gift=wished())
    assert gifts.deliver_due(TOMORROW) == 0
    with pytest.raises(gifts.GiftEndedError):
        gifts.claim(token=order.gift.token, holder_id=ben.pk, now=NOW)


def test_one_who_is_signed_in_claims_it_once(give, ben, cleo, album):
    order = give(album)
    claimed = gifts.claim(token=order.gift.token, holder_id=cleo.pk, now=NOW)
    assert [line.release for line in claimed.given] == [album]
    assert claimed.had == []
    assert shelf(cleo) == {album.pk}
    assert shelf(ben) == set()
    with pytest.raises(gifts.GiftClaimedError):
        gifts.claim(token=order.gift.token, holder_id=ben.pk, now=NOW)
    assert Job.objects.filter(name="delivery.prepare").count() == 1


def test_a_guest_claims_it_to_the_address_it_was_mailed_to(give, album):
    order = give(album, recipient_email="New@Example.org")
    gifts.claim(token=order.gift.token, holder_id=None, now=NOW)
    holder = User.objects.get(email="new@example.org")
    assert shelf(holder) == {album.pk}
    assert holder.is_guest


def test_what_the_recipient_has_goes_back_to_the_giver_as_money(give, shop, ben, cleo, album, single):
    shop.paid(cleo, album)
    order = give(album, single)
    claimed = gifts.claim(token=order.gift.token, holder_id=cleo.pk, now=NOW)
    assert [line.release for line in claimed.given] == [single]
    assert [line.release for line in claimed.had] == [album]
    refund = Refund.objects.get(line__order=order)
    assert (refund.amount, refund.line.release) == (899, album)
    assert shelf(cleo) == {album.pk, single.pk}


def test_what_the_giver_owns_can_be_given(give, shop, ben, cleo, album):
    shop.paid(ben, album)
    order = give(album)
    assert order.total == Money(899, "EUR")
    gifts.claim(token=order.gift.token, holder_id=cleo.pk, now=NOW)
    assert shelf(cleo) == {album.pk}
    assert shelf(ben) == {album.pk}


def test_tracks_that_were_given_away_count_towards_no_album(give, shop, ben, cleo, album):
    order = give(album.parts.first())
    gifts.claim(token=order.gift.token, holder_id=cleo.pk, now=NOW)
    for person in (ben, cleo):
        assert shop.page(shop.basket(person, album)).total == Money(899, "EUR")


def test_a_gift_taken_back_pays_the_giver_and_its_link_ends(give, ben, cleo, album, single):
    order = give(album, single)
    assert gifts.take_back(order_id=order.pk, now=NOW) == 2
    assert sum(Refund.objects.values_list("amount", flat=True)) == order.gross
    assert Job.objects.filter(name="orders.send_refund").count() == 2
    for call in (
        lambda: gifts.claim(token=order.gift.token, holder_id=cleo.pk, now=NOW),
        lambda: gifts.take_back(order_id=order.pk, now=NOW),
        lambda: gifts.keep(order_id=order.pk, now=NOW),
        lambda: gifts.readdress(order_id=order.pk, name="Cleo", email="c@example.org", now=NOW),
    ):
        with pytest.raises(gifts.GiftReturnedError):
            call()
    assert post() == []
    assert Refund.objects.count() == 2


def test_a_gift_whose_price_staff_returned_with_the_title_goes_to_its_giver_when_taken_back(give, ben, album):
    order = give(album)
    kept = orders.refund_line(line_id=order.lines.get().pk, ends_grant=False, reason="thanks", by="Ada", now=NOW)
    orders.mark_refund_sent(refund_key=kept.payment_refund_key, by="Ada", now=NOW)
    assert gifts.take_back(order_id=order.pk, now=NOW) == 0
    assert shelf(ben) == {album.pk}
    assert Refund.objects.count() == 1


def test_a_claimed_gift_is_taken_back_by_nobody(give, cleo, album):
    order = give(album)
    gifts.claim(token=order.gift.token, holder_id=cleo.pk, now=NOW)
    with pytest.raises(gifts.GiftClaimedError):
        gifts.take_back(order_id=order.pk, now=NOW)
    assert not Refund.objects.exists()


def test_a_gift_of_what_costs_nothing_goes_to_its_giver_when_taken_back(give, ben, free):
    order = give(free)
    assert gifts.take_back(order_id=order.pk, now=NOW) == 0
    assert shelf(ben) == {free.pk}


def test_the_giver_may_keep_what_nobody_claimed(give, ben, album):
    order = give(album)
    gifts.keep(order_id=order.pk, now=NOW)
    assert shelf(ben) == {album.pk}


def test_another_address_gets_another_link(give, cleo, album):
    order = give(album)
    post()
    old = order.gift.token
    gift = gifts.readdress(order_id=order.pk, name="Cleo", email="right@example.org", now=TOMORROW)
    assert gift.token != old
    with pytest.raises(Gift.DoesNotExist):
        gifts.claim(token=old, holder_id=cleo.pk, now=TOMORROW)
    (sent,) = post()
    assert sent.to == ["right@example.org"]
    assert gift.token in sent.body


def test_the_same_address_gets_the_same_link_again(give, album):
    order = give(album)
    post()
    gift = gifts.readdress(order_id=order.pk, name="Cleo", email="cleo@example.org", now=TOMORROW)
    assert gift.token == order.gift.token
    assert len(post()) == 1
    with pytest.raises(GiftWishError):
        gifts.readdress(order_id=order.pk, name="Cleo", email="nowhere", now=TOMORROW)


def test_a_gift_that_waits_for_its_day_changes_its_address_silently(give, album):
    order = give(album, day=(NOW + timedelta(days=10)).date())
    gifts.readdress(order_id=order.pk, name="Cleo", email="right@example.org", now=TOMORROW)
    assert post() == []
    gifts.deliver_due(order.gift.deliver_at)
    assert [sent.to for sent in post()] == [["right@example.org"]]


def test_a_giver_is_reminded_once_after_sixty_days(give, ben, cleo, album, single):
    order, claimed = give(album), give(single)
    gifts.claim(token=claimed.gift.token, holder_id=cleo.pk, now=NOW)
    post()
    assert gifts.remind_givers(NOW + REMIND_AFTER - timedelta(seconds=1)) == 0
    assert gifts.remind_givers(NOW + REMIND_AFTER) == 1
    assert gifts.remind_givers(NOW + REMIND_AFTER) == 0
    (sent,) = post()
    assert sent.to == [ben.email]
    assert order.number in sent.body


def test_a_refunded_gift_can_not_be_claimed(give, cleo, album, single):
    order = give(album, single)
    line = order.lines.get(release=album)
    refund = orders.refund_line(line_id=line.pk, reason="Scratched", by="test", now=NOW)
    orders.mark_refund_sent(refund_key=refund.payment_refund_key, by="test", now=NOW)
    claimed = gifts.claim(token=order.gift.token, holder_id=cleo.pk, now=NOW)
    assert [line.release for line in claimed.given] == [single]


def test_a_claimed_gift_that_is_refunded_leaves_the_shelf(give, cleo, album):
    order = give(album)
    gifts.claim(token=order.gift.token, holder_id=cleo.pk, now=NOW)
    refund = orders.refund_line(line_id=order.lines.get().pk, reason="Scratched", by="test", now=NOW)
    orders.mark_refund_sent(refund_key=refund.payment_refund_key, by="test", now=NOW)
    assert shelf(cleo) == set()


def test_a_mail_that_waits_is_not_sent_when_the_gift_was_taken_back_meanwhile(give, album):
    order = give(album)
    gifts.take_back(order_id=order.pk, now=NOW)
    assert post() == []


def test_what_a_giver_wrote_is_forgotten_with_them_once_the_gift_has_arrived(give, ben, cleo, album, single):
    waiting, arrived = give(album), give(single)
    gifts.claim(token=arrived.gift.token, holder_id=cleo.pk, now=NOW)
    assert gifts.erase(holder_id=ben.pk, now=NOW) == 1
    assert Gift.objects.get(order=arrived).recipient_email == ""
    assert Gift.objects.get(order=arrived).message == ""
    assert Gift.objects.get(order=waiting).recipient_email == "cleo@example.org"


def test_what_an_erased_giver_wrote_goes_when_the_gift_is_claimed_or_returned(give, ben, cleo, album, single):
    claimed, returned = give(album), give(single)
    forgetting.erase(holder_id=ben.pk, now=NOW)
    assert Gift.objects.get(order=claimed).sender_name == "Ben"  # it still has to arrive
    assert gifts.claim(token=claimed.gift.token, holder_id=cleo.pk, now=NOW).gift.sender_name == "Ben"
    gifts.take_back(order_id=returned.pk, now=NOW)
    for gift in Gift.objects.all():
        assert (gift.sender_name, gift.message, gift.recipient_email) == ("-", "", "")


def test_what_a_living_giver_wrote_stays_with_a_claimed_gift(give, cleo, album):
    order = give(album)
    gifts.claim(token=order.gift.token, holder_id=cleo.pk, now=NOW)
    assert Gift.objects.get(order=order).sender_name == "Ben"


def test_a_gift_to_the_address_of_somebody_forgotten_does_not_keep_it(give, ada, cleo, album, single):
    waiting, elsewhere = give(album), give(single)
    gifts.claim(token=elsewhere.gift.token, holder_id=ada.pk, now=NOW)  # Cleo passed the link on
    forgetting.erase(holder_id=cleo.pk, now=NOW)
    assert Gift.objects.get(order=elsewhere).recipient_email == ""
    assert Gift.objects.get(order=waiting).recipient_email == "cleo@example.org"


def test_the_receipt_goes_to_the_giver_and_says_whom_it_is_for(give, ben, album):
    from bandstand.store.receipts import jobs as receipts

    order = give(album)
    mail.outbox.clear()
    receipts.mail(now=NOW, progress=lambda _: None, order_number=order.number)
    (sent,) = mail.outbox
    assert sent.to == [ben.email]
    assert "gift for Cleo" in sent.body
    assert order.gift.token not in sent.body
