"""Another address: proved by mail, told to the old one, and no way to take an account over."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone
from tests.integration.accounts.conftest import PASSWORD

from bandstand.kernel.progress import silent
from bandstand.store.accounts import jobs, links, services
from bandstand.webkit.jobs.models import Job

pytestmark = pytest.mark.django_db

NEW = "ben.new@example.org"


def deliver():
    for job in Job.objects.filter(name__startswith="accounts."):
        getattr(jobs, job.name.partition(".")[2])(now=timezone.now(), progress=silent, **job.payload)
    Job.objects.all().delete()


def links_in(mail):
    return [urlsplit(url).path for url in re.findall(r"http\S+", mail.body)]


@pytest.fixture
def asked(client, ben, sign_in, mailoutbox):
    """Ben, signed in, has asked for another address; the path in the mail."""
    sign_in(client, ben)
    client.post("/account/address/", {"email": NEW})
    deliver()
    by_address = {mail.to[0]: mail for mail in mailoutbox}
    assert set(by_address) == {ben.email, NEW}
    return next(path for path in links_in(by_address[NEW]) if "/open/" in path)


def test_the_address_changes_by_a_press_after_the_mailed_link(client, ben, asked, sign_in, signed_in, mailoutbox):
    elsewhere = Client()
    sign_in(elsewhere, ben)
    old = ben.email
    assert client.get(asked).status_code == 200
    ben.refresh_from_db()
    assert ben.email == old  # looking changes nothing
    assert client.post(asked).url == "/account/"
    ben.refresh_from_db()
    assert ben.email == NEW
    assert (signed_in(client), signed_in(elsewhere)) == (True, False)
    deliver()
    assert mailoutbox[-1].to == [old]
    assert not EmailAddress.objects.filter(email=old).exists()


def test_the_old_address_signs_in_no_more(client, ben, asked, sign_in, signed_in):
    old = ben.email
    client.post(asked)
    for email, inside in ((old, False), (NEW, True)):
        other = Client()
        other.post("/account/sign-in/", {"login": email, "password": PASSWORD})
        assert signed_in(other) is inside


def test_the_link_is_for_the_account_that_asked(asked, cleo, sign_in):
    stranger = Client()
    assert stranger.post(asked).url.startswith("/account/sign-in/")
    sign_in(stranger, cleo)
    assert stranger.post(asked).status_code == 409
    cleo.refresh_from_db()
    assert cleo.email == "cleo@example.org"


def test_a_new_password_makes_the_link_void(client, ben, asked, sign_in):
    services.claim(user=ben, password="a long quiet evening", now=timezone.now())
    sign_in(client, ben, "a long quiet evening")
    assert client.post(asked).status_code == 409


def test_the_link_ends_after_an_hour_and_works_once(client, ben, asked):
    token = asked.rstrip("/").rsplit("/", 1)[1]
    with pytest.raises(links.LinkExpiredError):
        services.peek_address(token=token, user=ben, now=timezone.now() + timedelta(hours=1))
    assert client.post(asked).status_code == 302
    assert client.post(asked).status_code == 409


def test_a_link_of_one_purpose_is_none_for_another(client, ben, sign_in):
    sign_in(client, ben)
    token = urlsplit(links.open_url(ben, now=timezone.now())).path.rstrip("/").rsplit("/", 1)[1]
    assert client.post(f"/account/address/open/{token}/").status_code == 409


def test_an_address_of_another_account_is_not_taken_and_nobody_learns_that_it_has_one(
    client, ben, cleo, sign_in, mailoutbox
):
    sign_in(client, ben)
    assert client.post("/account/address/", {"email": cleo.email}).url == "/account/mail-sent/"
    deliver()
    (told,) = [mail for mail in mailoutbox if mail.to == [cleo.email]]
    assert not [path for path in links_in(told) if "/open/" in path]


def test_who_came_first_keeps_the_address(client, ben, asked):
    services.guest_for(email=NEW, now=timezone.now())
    page = client.post(asked)
    assert page.status_code == 409
    assert page.context["refusal"].code == "accounts.address_taken"
    ben.refresh_from_db()
    assert ben.email == "ben@example.org"


def test_an_account_asks_five_times_an_hour(client, ben, sign_in):
    sign_in(client, ben)
    got = [client.post("/account/address/", {"email": f"n{count}@example.org"}).status_code for count in range(6)]
    assert got == [302] * 5 + [429]
