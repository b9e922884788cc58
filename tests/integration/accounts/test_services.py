from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from tests.conftest import NOW

from bandstand.kernel.progress import silent
from bandstand.store.accounts import jobs, links, services
from bandstand.webkit.jobs.models import Job

pytestmark = pytest.mark.django_db


def mail_to(email, wish, mailoutbox):
    mailoutbox.clear()
    jobs.send_mail(now=NOW, progress=silent, email=email, wish=wish, language="en")
    (mail,) = mailoutbox
    assert mail.to == [email]
    return mail


def test_an_address_that_is_new_gets_one_guest_however_it_is_written():
    guest = services.guest_for(email=" Dora@Example.ORG ", now=NOW)
    assert guest.is_guest
    assert not guest.has_usable_password()
    assert services.guest_for(email="dora@example.org", now=NOW) == guest


def test_the_address_of_an_account_gives_that_account(ben):
    assert services.guest_for(email="BEN@example.org", now=NOW) == ben


def test_a_claimed_account_keeps_the_time_of_its_claim(db):
    guest = services.guest_for(email="dora@example.org", now=NOW)
    services.claim(user=guest, password="a quiet harbour", now=NOW)
    services.claim(user=guest, password="another quiet harbour", now=NOW + timedelta(days=1))
    guest.refresh_from_db()
    assert guest.claimed_at == NOW
    assert guest.check_password("another quiet harbour")


def test_a_changed_password_is_told_to_its_owner_and_a_first_one_is_not(ben):
    services.claim(user=services.guest_for(email="dora@example.org", now=NOW), password="a quiet harbour", now=NOW)
    assert not Job.objects.filter(name="accounts.tell_changed").exists()
    services.claim(user=ben, password="another quiet harbour", now=NOW)
    assert Job.objects.get(name="accounts.tell_changed").payload == {"user_id": ben.pk}


def test_the_same_password_again_changes_nothing(ben):
    before = ben.password
    services.claim(user=ben, password="a quiet harbour", now=NOW)
    ben.refresh_from_db()
    assert ben.password == before
    assert not Job.objects.exists()


def test_staff_may_be_made_twice(db):
    first = services.make_staff(email="ada@example.org", password="a quiet harbour", now=NOW)
    again = services.make_staff(email="ada@example.org", password="a quiet harbour", now=NOW)
    assert first == again
    assert again.is_staff
    assert again.is_superuser
    assert not again.is_guest


def test_every_address_causes_the_same_work(ben, django_assert_num_queries):
    guest = services.guest_for(email="dora@example.org", now=NOW)
    for email in (ben.email, guest.email, "nobody@example.org"):
        with django_assert_num_queries(3):  # savepoint, insert, release
            services.ask_for_mail(email=email, wish=services.Wish.SIGN_UP, language="en")
    assert Job.objects.filter(name="accounts.send_mail").count() == 3
    assert get_user_model().objects.count() == 2


def test_a_second_wish_while_the_first_waits_is_one_mail(db):
    for _ in range(3):
        services.ask_for_mail(email="dora@example.org", wish=services.Wish.RESET, language="en")
    assert Job.objects.count() == 1


def test_signing_up_with_a_new_address_makes_a_guest_and_mails_the_way_to_claim_it(mailoutbox):
    mail = mail_to("dora@example.org", "sign-up", mailoutbox)
    assert get_user_model().objects.get(email="dora@example.org").is_guest
    assert "/account/password/reset/key/" in mail.body


def test_signing_up_with_an_address_that_has_an_account_says_so_only_by_mail(ben, mailoutbox):
    mail = mail_to(ben.email, "sign-up", mailoutbox)
    assert links.sign_in_url() in mail.body
    ben.refresh_from_db()
    assert not ben.is_guest


def test_a_wish_for_an_address_without_account_makes_none(db, mailoutbox):
    for wish in ("reset", "open"):
        assert "/account/sign-up/" in mail_to("nobody@example.org", wish, mailoutbox).body
    assert not get_user_model().objects.exists()


def test_only_a_guest_gets_a_link_that_opens_the_shelf(ben, mailoutbox):
    services.guest_for(email="dora@example.org", now=NOW)
    assert "/account/open/" in mail_to("dora@example.org", "open", mailoutbox).body
    assert "/account/open/" not in mail_to(ben.email, "open", mailoutbox).body


def test_links_lead_to_the_address_in_the_settings(settings, mailoutbox):
    settings.STORE_URL = "https://music.example.org"
    for url in re.findall(r"https?://\S+", mail_to("dora@example.org", "sign-up", mailoutbox).body):
        assert url.startswith("https://music.example.org")


def token_of(guest, now=NOW):
    return links.open_url(guest, now=now).rstrip("/").rpartition("/")[2]


def test_a_mailed_link_lets_its_guest_in_once(db):
    guest = services.guest_for(email="dora@example.org", now=NOW)
    token = token_of(guest)
    assert services.peek_link(token=token, now=NOW) == guest
    assert services.open_by_link(token=token, now=NOW + timedelta(minutes=29)) == guest
    with pytest.raises(services.LinkUsedError):
        services.open_by_link(token=token, now=NOW + timedelta(minutes=29, seconds=1))


def test_a_mailed_link_ends_after_thirty_minutes(db):
    token = token_of(services.guest_for(email="dora@example.org", now=NOW))
    with pytest.raises(links.LinkExpiredError) as refused:
        services.open_by_link(token=token, now=NOW + timedelta(minutes=30))
    assert refused.value.ended_at == NOW + timedelta(minutes=30)


def test_a_claimed_account_opens_by_its_password_only(db):
    guest = services.guest_for(email="dora@example.org", now=NOW)
    token = token_of(guest)
    services.claim(user=guest, password="a quiet harbour", now=NOW)
    with pytest.raises(services.AccountClaimedError):
        services.open_by_link(token=token, now=NOW)


def test_a_changed_link_opens_nothing(db):
    token = token_of(services.guest_for(email="dora@example.org", now=NOW))
    for at in range(0, len(token), 7):
        other = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(links.LinkError):
            services.open_by_link(token=other, now=NOW)


def test_a_link_for_another_purpose_opens_nothing(db):
    from django.core import signing

    services.guest_for(email="dora@example.org", now=NOW)
    other = signing.Signer(salt="another").sign_object({"u": "0" * 32, "l": "", "e": 9_999_999_999})
    with pytest.raises(links.LinkError):
        services.open_by_link(token=other, now=NOW)
