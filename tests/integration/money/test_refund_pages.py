"""Staff returns a part, a line or an order; buyers read what became of it, and nobody what an address owns."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.conftest import NOW
from tests.integration.money.conftest import euro

from bandstand.kernel.money import Money
from bandstand.kernel.progress import silent
from bandstand.store.delivery.access import PLACED_HERE
from bandstand.store.orders import jobs
from bandstand.store.orders import services as orders
from bandstand.store.orders.forms import LineRefundForm
from bandstand.store.orders.models import OrderLine, Refund
from bandstand.store.orders.services import disputes, refunds
from bandstand.store.payments.models import Payment
from bandstand.webkit.models import AuditEvent


@pytest.fixture(autouse=True)
def _bank(settings):
    settings.MANUAL_ACCOUNT = "IBAN DE02 1203 0000 0000 2020 51"


@pytest.fixture
def bought(shop, album, single, ben):
    order = shop.order(ben, album, single)
    return orders.settle(payment_id=shop.meant(order, provider="manual").pk, now=NOW)


@pytest.fixture
def line(bought, album):
    return bought.lines.get(release=album)


@pytest.fixture
def staff(client, ada):
    client.force_login(ada)
    return client


def test_staff_returns_a_part_and_leaves_an_event(staff, ada, line, ben):
    here = reverse("admin:orders_refund_line", args=[line.order_id, line.pk])
    assert 'max="8.99"' in staff.get(here).content.decode()
    staff.post(here, {"amount": "2.50", "reason": "a scratch", "note": "third one", "keeps": ""})
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason, refund.note, refund.ends_grant) == (250, "a scratch", "third one", None)
    assert refund.by == str(ada.pk)
    event = AuditEvent.objects.get()
    assert (event.actor, event.row_key) == (f"user:{ada.pk}", str(line.order_id))
    assert "€2.50" in event.sentence


def test_a_button_that_is_pressed_twice_returns_one_part(staff, line):
    here = reverse("admin:orders_refund_line", args=[line.order_id, line.pk])
    page = staff.get(here)
    said = {"amount": "2.50", "reason": "a scratch", "seen": page.context["form"]["seen"].value()}
    answers = [staff.post(here, said, follow=True).content.decode() for _ in range(2)]
    assert Refund.objects.get().amount == 250
    assert ["went back since this page was shown" in answer for answer in answers] == [False, True]
    assert 'name="seen" value="250"' in staff.get(here).content.decode()


@pytest.mark.parametrize("amount", ["9.00", "0", "-1", "1.001", "many", ""])
def test_an_amount_that_can_not_go_back_is_asked_for_again(staff, line, amount):
    here = reverse("admin:orders_refund_line", args=[line.order_id, line.pk])
    answer = staff.post(here, {"amount": amount, "reason": "a scratch"})
    assert answer.status_code == 422
    assert not Refund.objects.exists()


def test_staff_returns_an_order_and_leaves_the_titles_to_the_buyer(staff, bought, ben):
    here = reverse("admin:orders_refund_order", args=[bought.pk])
    assert here in staff.get(reverse("admin:orders_order_change", args=[bought.pk])).content.decode()
    assert bought.number in staff.get(here).content.decode()
    staff.post(here, {"reason": "with our thanks", "keeps": "on"})
    for refund in Refund.objects.all():
        orders.mark_refund_sent(refund_key=refund.payment_refund_key, by="Ada", now=NOW)
    assert not any(left.gross - left.refunded for left in OrderLine.objects.all())
    assert ben.grants.filter(revoked_at=None).count() == 2
    assert "€10.98" in AuditEvent.objects.get().sentence


def test_a_refusal_is_told_and_leaves_no_event(staff, line):
    payment = Payment.objects.get()
    disputes.opened(payment_id=payment.pk, dispute_ref="dp", amount=payment.money, now=NOW)
    here = reverse("admin:orders_refund_line", args=[line.order_id, line.pk])
    answer = staff.post(here, {"amount": "1.00", "reason": "a wish"}, follow=True)
    assert "disputed" in answer.content.decode()
    assert not AuditEvent.objects.exists()
    listed = staff.get(reverse("admin:payments_dispute_changelist")).content.decode()
    assert line.order.number in listed


def test_an_order_whose_refund_stops_midway_leaves_an_event_of_what_went_back(staff, bought, monkeypatch):
    first, second = bought.lines.order_by("pk")
    true = refunds.refund_line

    def refused_for_the_second(*, line_id, **facts):
        if line_id == second.pk:
            raise orders.RefundRefusedError("the account is closed")
        return true(line_id=line_id, **facts)

    monkeypatch.setattr(refunds, "refund_line", refused_for_the_second)
    here = reverse("admin:orders_refund_order", args=[bought.pk])
    answer = staff.post(here, {"reason": "a wish"}, follow=True)
    assert "the account is closed" in answer.content.decode()
    assert Refund.objects.get().line == first
    event = AuditEvent.objects.get()
    assert event.row_key == str(bought.pk)
    assert str(first.price) in event.sentence
    assert "the account is closed" in event.sentence


def test_yen_are_asked_for_whole():
    form = LineRefundForm({"amount": "120", "reason": "x"}, left=Money(500, "JPY"), seen=0)
    assert form.is_valid()
    assert form.amount == Money(120, "JPY")
    assert not LineRefundForm({"amount": "1.5", "reason": "x"}, left=Money(500, "JPY"), seen=0).is_valid()


def test_the_buyer_reads_of_a_part_on_page_and_mail_and_nothing_of_the_note(client, line, ben, mailoutbox):
    client.force_login(ben)
    facts = {"reason": "a scratch", "note": "third complaint", "by": "Ada", "now": NOW}
    key = orders.refund_line(line_id=line.pk, amount=euro(250), **facts).payment_refund_key
    page = f"/order/{line.order.number}/"
    assert "is on its way back" in client.get(page).content.decode()
    orders.mark_refund_sent(refund_key=key, by="Ada", now=NOW)
    jobs.refund_mail(now=NOW, progress=silent, refund_key=key)
    shown, mail = client.get(page).content.decode(), mailoutbox[0].body
    assert "€2.50 for" in shown
    assert "has gone back to you" in shown
    assert "a scratch" in shown
    assert "a scratch" in mail
    assert "€6.49 of €8.99" in mail
    assert "stays on your shelf" in mail
    assert "complaint" not in shown + mail


def test_a_refund_that_was_refused_is_not_shown(client, line, ben):
    client.force_login(ben)
    key = orders.refund_line(line_id=line.pk, reason="a wish", by="Ada", now=NOW).payment_refund_key
    refunds.undo_refund(refund_key=key, reason="account closed", now=NOW)
    assert "back to you" not in client.get(f"/order/{line.order.number}/").content.decode()


def test_whoever_typed_an_address_does_not_read_what_it_owns(client, shop, album, bought, ben):
    order = shop.order(None, album, email=ben.email)
    orders.settle(payment_id=shop.meant(order, provider="manual").pk, now=NOW)
    refund = order.lines.get().refunds.get()
    assert refund.by == "rule:already_owned"
    session = client.session
    session[PLACED_HERE] = [order.number]
    session.save()
    page = client.get(f"/order/{order.number}/").content.decode()
    assert "could not be handed over" in page
    assert "on your shelf already" not in page
    client.force_login(ben)
    assert "on your shelf already" in client.get(f"/order/{order.number}/").content.decode()


def test_a_disputed_order_says_so(client, bought, ben):
    client.force_login(ben)
    payment = Payment.objects.get()
    disputes.opened(payment_id=payment.pk, dispute_ref="dp", amount=payment.money, now=NOW)
    page = client.get(f"/order/{bought.number}/").content.decode()
    assert "taken the money back" in page
    assert "yours for good" not in page
    disputes.won(payment_id=payment.pk, dispute_ref="dp", amount=payment.money, now=NOW)
    assert "yours for good" in client.get(f"/order/{bought.number}/").content.decode()
