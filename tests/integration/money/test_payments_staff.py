"""What staff sees of payments, and what it is told when a provider is silent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.conftest import NOW

from bandstand.store.payments import services as payments
from bandstand.store.payments.models import Payment, ProviderEvent, ProviderWatch
from bandstand.webkit import health
from bandstand.webkit.jobs.models import Job
from bandstand.webkit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(shop, album, ben):
    return shop.meant(shop.order(ben, album))


@pytest.fixture
def staff(client, ada):
    client.force_login(ada)
    return client


@pytest.mark.parametrize("model", ["payment", "paymentrefund", "providerevent", "dispute", "providerwatch"])
def test_lists_can_be_searched_and_filtered(staff, payment, model):
    ProviderEvent.objects.create(
        provider="pretend", event_id="evt_1", kind="paid", payment=payment, said_at=NOW, received_at=NOW
    )
    payments.note_answers(provider="pretend", answered=True, now=NOW)
    for query in ("", "?q=evt_1", "?q=" + payment.order_number):
        assert staff.get(reverse(f"admin:payments_{model}_changelist") + query).status_code == 200


def test_a_payment_page_shows_no_hashes_of_the_payer(staff, payment):
    Payment.objects.update(visitor="a" * 32, account="b" * 32, mailbox="c" * 32)
    page = staff.get(reverse("admin:payments_payment_change", args=[payment.pk])).content.decode()
    assert payment.key in page
    assert "a" * 32 not in page


def test_asking_now_is_a_job_and_an_event(staff, payment):
    staff.post(reverse("admin:payments_payment_changelist"), {"action": "ask_now", "_selected_action": [payment.pk]})
    assert Job.objects.get(name="orders.ask_payment").payload == {"payment_id": payment.pk}
    assert payment.key in AuditEvent.objects.latest("pk").sentence


def test_a_payment_that_has_ended_is_not_asked_about(payment):
    payments.fail(payment_id=payment.pk, reason="declined", now=NOW)
    with pytest.raises(payments.NothingToAskError):
        payments.ask_soon(payment_id=payment.pk, now=NOW)


def test_the_health_page_warns_of_a_silent_provider_and_of_what_nobody_did(client, payment):
    assert health.WARNINGS["payments"]() == "1 payments should have been asked about long ago"
    Payment.objects.update(ask_after=timezone.now())
    assert health.WARNINGS["payments"]() == ""
    payments.note_answers(provider="stripe", answered=False, now=timezone.now() - timedelta(minutes=16))
    assert "stripe has been silent since" in client.get("/readyz").json()["warnings"]["payments"]
    assert client.get("/readyz").status_code == 200
    payments.note_answers(provider="stripe", answered=True, now=timezone.now())
    assert ProviderWatch.objects.get().silent_since is None
    assert health.WARNINGS["payments"]() == ""


def test_who_tried_to_pay_is_forgotten_after_a_day(payment):
    Payment.objects.update(visitor="a" * 32, mailbox="c" * 32)
    assert payments.forget_payers(NOW + timedelta(hours=23)) == 0
    assert payments.forget_payers(NOW + timedelta(hours=25)) == 1
    payment.refresh_from_db()
    assert (payment.visitor, payment.account, payment.mailbox) == ("", "", "")
