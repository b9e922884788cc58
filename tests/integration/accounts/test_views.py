from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client, RequestFactory
from tests.conftest import NOW
from tests.factories import make_storefront

from bandstand.kernel.progress import silent
from bandstand.store.accounts import jobs, links, services
from bandstand.store.pairing import access as pairing_access
from bandstand.store.pairing import services as pairing
from bandstand.store.pairing.models import AppToken
from bandstand.webkit.jobs.models import Job

pytestmark = pytest.mark.django_db
PASSWORD = "a quiet harbour"


@pytest.fixture(autouse=True)
def storefront(db):
    cache.clear()  # allauth counts tries there
    return make_storefront()


def sign_in(client, email, password=PASSWORD, **more):
    return client.post("/account/sign-in/", {"login": email, "password": password, **more})


def signed_in(client):
    return client.get("/account/").status_code == 200


def send_mails(now=NOW):
    """Do what a worker would do."""
    for job in Job.objects.filter(name="accounts.send_mail"):
        jobs.send_mail(now=now, progress=silent, **job.payload)
    Job.objects.all().delete()


def link_in(mail, part):
    return urlsplit(next(url for url in re.findall(r"http\S+", mail.body) if part in url)).path


def test_nobody_learns_by_signing_up_who_has_an_account(client, ben):
    services.guest_for(email="dora@example.org", now=NOW)
    answers = []
    for email in (ben.email, "dora@example.org", "nobody@example.org"):
        other = Client()
        posted = other.post("/account/sign-up/", {"email": email})
        page = other.get(posted.url)
        answers.append((posted.status_code, posted.url, re.sub(rb'value="[A-Za-z0-9]{64}"', b"", page.content)))
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("path", ["/account/password/reset/", "/account/link/"])
def test_nobody_learns_by_asking_for_a_link_who_has_an_account(client, ben, path):
    answers = {client.post(path, {"email": email}).url for email in (ben.email, "nobody@example.org")}
    assert answers == {"/account/mail-sent/"}


def test_signing_up_leads_by_mail_to_a_password_and_an_open_shelf(client, mailoutbox):
    client.post("/account/sign-up/", {"email": "dora@example.org"})
    send_mails()
    page = client.get(link_in(mailoutbox[0], "/key/"), follow=True)
    form = page.redirect_chain[-1][0]
    client.post(form, {"password1": "a long quiet evening", "password2": "a long quiet evening"})
    assert signed_in(client)
    user = get_user_model().objects.get(email="dora@example.org")
    assert not user.is_guest
    assert user.check_password("a long quiet evening")


def test_a_mailed_link_chooses_one_password_only(client, ben, mailoutbox):
    client.post("/account/password/reset/", {"email": ben.email})
    send_mails()
    link = link_in(mailoutbox[0], "/key/")
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "a long quiet evening", "password2": "a long quiet evening"})
    again = Client().get(link)
    assert again.status_code == 200
    assert again.context["token_fail"]


def test_a_new_password_ends_every_other_session(client, ben, mailoutbox):
    other = Client()
    sign_in(other, ben.email)
    assert signed_in(other)
    client.post("/account/password/reset/", {"email": ben.email})
    send_mails()
    form = client.get(link_in(mailoutbox[0], "/key/"), follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "a long quiet evening", "password2": "a long quiet evening"})
    assert not signed_in(other)
    assert sign_in(Client(), ben.email).status_code == 200  # the old password opens nothing


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(client, ben):
    other = Client()
    sign_in(other, ben.email)
    sign_in(client, ben.email)
    said = {"oldpassword": PASSWORD, "password1": "a long quiet evening", "password2": "a long quiet evening"}
    assert client.post("/account/password/change/", said).url == "/account/"
    assert signed_in(client)
    assert not signed_in(other)


def test_signing_in_gives_the_session_a_new_name(client, ben):
    client.post("/basket/put/", {"release": "1"})
    session = client.session
    session["before"] = True
    session.save()
    client.cookies["store-session"] = before = session.session_key
    sign_in(client, ben.email)
    assert client.cookies["store-session"].value != before
    assert not Session.objects.filter(pk=before).exists()


def test_signing_out_needs_a_press_and_ends_the_session(client, ben):
    sign_in(client, ben.email)
    key = client.cookies["store-session"].value
    assert client.get("/account/sign-out/").status_code == 200
    assert signed_in(client)
    client.post("/account/sign-out/")
    assert not signed_in(client)
    assert not Session.objects.filter(pk=key).exists()


@pytest.mark.parametrize("email", ["ben@example.org", "nobody@example.org"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_words(client, ben, email):
    page = sign_in(client, email, "not the password")
    assert page.status_code == 200
    assert page.context["form"].non_field_errors() == [
        "The email address and/or password you specified are not correct."
    ]


def test_a_guest_has_no_password_to_guess(client):
    guest = services.guest_for(email="dora@example.org", now=NOW)
    for password in ("", "!", guest.password):
        sign_in(client, guest.email, password)
        assert not signed_in(client)


@pytest.mark.parametrize("email", ["ben@example.org", "nobody@example.org"])
def test_too_many_tries_are_refused_even_with_the_right_password(client, ben, email):
    for _ in range(5):
        assert sign_in(Client(), email, "not the password").status_code == 200
    cache.clear()  # as in another process, or after a restart
    refused = sign_in(client, email)
    assert refused.status_code == 429
    assert b"That was tried too often." in refused.content
    assert not signed_in(client)


def test_tries_before_the_right_password_are_forgotten(ben):
    for _ in range(3):
        for _ in range(4):
            sign_in(Client(), ben.email, "not the password")
        assert sign_in(Client(), ben.email).status_code == 302


def from_network(number):
    return Client(headers={"X-Forwarded-For": f"198.51.{number}.7"})


def test_nobody_is_kept_out_by_the_tries_of_others(ben, settings):
    settings.TRUSTED_PROXIES = 1
    for _ in range(6):
        sign_in(from_network(1), ben.email, "not the password")
    assert sign_in(from_network(1), ben.email).status_code == 429
    assert sign_in(from_network(2), ben.email).status_code == 302


def test_an_address_is_tried_a_hundred_times_an_hour_save_where_its_owner_is(ben, settings):
    settings.TRUSTED_PROXIES = 1
    assert sign_in(from_network(250), ben.email).status_code == 302
    tries = [sign_in(from_network(n // 5), ben.email, "not the password").status_code for n in range(100)]
    assert tries == [200] * 99 + [429]  # the owner's own sign-in is one of the hundred
    assert sign_in(from_network(200), ben.email).status_code == 429
    assert sign_in(from_network(250), ben.email).status_code == 302
    tries = [sign_in(from_network(250), ben.email, "not the password").status_code for _ in range(6)]
    assert tries == [200] * 5 + [429]  # and no guessing from there either


def test_one_visitor_tries_thirty_addresses_a_minute(settings):
    settings.TRUSTED_PROXIES = 1
    tries = [
        Client(headers={"X-Forwarded-For": f"10.0.0.{n}, 192.0.2.1"}).post(
            "/account/sign-in/", {"login": f"nobody{n}@example.org", "password": "not the password"}
        )
        for n in range(31)
    ]
    assert [page.status_code for page in tries] == [200] * 30 + [429]
    other = Client(headers={"X-Forwarded-For": "192.0.2.2"})  # another visitor behind the same proxy
    assert sign_in(other, "nobody@example.org").status_code == 200


def test_one_address_gets_three_mails_an_hour(client, ben):
    answers = [Client().post("/account/password/reset/", {"email": ben.email}).status_code for _ in range(5)]
    assert answers == [302, 302, 302, 429, 429]


def test_mails_that_others_ask_for_do_not_keep_the_owner_from_one_until_they_are_twenty(ben, settings):
    settings.TRUSTED_PROXIES = 1

    def ask(network):
        return from_network(network).post("/account/password/reset/", {"email": ben.email}).status_code

    assert [ask(1) for _ in range(5)] == [302, 302, 302, 429, 429]
    assert [ask(2 + n // 3) for n in range(17)] == [302] * 17
    assert ask(9) == 429


def test_the_same_password_set_by_a_mailed_link_ends_sessions_and_programs_too(client, ben):
    sign_in(client, ben.email)
    token = pairing.issue(holder=ben, name="Fetch", kind=AppToken.Kind.DEVICE, now=NOW)[1]
    carrying = RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})
    assert pairing_access.holder_of(carrying) == ben
    ben.refresh_from_db()  # signing in has changed what a link is made of
    other = Client()
    there = other.get(urlsplit(links.password_url(ben)).path).url
    other.post(there, {"password1": PASSWORD, "password2": PASSWORD})
    assert not signed_in(client)
    with pytest.raises(pairing_access.NotSignedInError):
        pairing_access.holder_of(carrying)
    assert sign_in(Client(), ben.email).status_code == 302


def test_links_in_mails_ignore_the_host_that_a_request_names(client, ben, mailoutbox, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.STORE_URL = "https://music.example.org"
    client.post("/account/password/reset/", {"email": ben.email}, headers={"Host": "evil.example"})
    send_mails()
    assert "evil.example" not in mailoutbox[0].body
    assert "https://music.example.org/account/" in mailoutbox[0].body


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_leads_nowhere_else(client, ben, there):
    assert sign_in(client, ben.email, next=there).url == "/shelf/"
    assert sign_in(Client(), ben.email, next="/basket/").url == "/basket/"


def test_a_guests_link_shows_a_button_first_and_opens_once(client):
    guest = services.guest_for(email="dora@example.org", now=NOW)
    from django.utils import timezone

    path = urlsplit(links.open_url(guest, now=timezone.now())).path
    assert client.get(path).status_code == 200
    assert not signed_in(client)
    assert client.post(path).url == "/shelf/"
    assert signed_in(client)
    again = Client().post(path)
    assert again.status_code == 409
    assert again.context["refusal"].code == "accounts.link_used"


def test_a_link_that_is_not_ours_offers_a_new_one(client):
    page = client.get("/account/open/made-up/")
    assert page.status_code == 409
    assert b"/account/link/" in page.content


def test_a_guest_who_came_by_link_may_choose_a_password(client):
    guest = services.guest_for(email="dora@example.org", now=NOW)
    client.force_login(guest)
    assert client.get("/account/password/change/").url == "/account/password/set/"
    client.post("/account/password/set/", {"password1": "a long quiet evening", "password2": "a long quiet evening"})
    guest.refresh_from_db()
    assert not guest.is_guest


def test_a_common_or_short_password_is_refused(client):
    client.force_login(services.guest_for(email="dora@example.org", now=NOW))
    for password in ("short", "password123"):
        page = client.post("/account/password/set/", {"password1": password, "password2": password})
        assert page.context["form"].errors


def test_every_account_page_can_be_shown(client, ben):
    for path in ("sign-in", "sign-up", "password/reset", "link", "mail-sent", "inactive"):
        assert client.get(f"/account/{path}/").status_code == 200, path
    client.force_login(ben)
    for path in ("", "sign-out/", "password/change/"):
        page = client.get(f"/account/{path}")
        assert (page.status_code, "no-store" in page["Cache-Control"]) == (200, True), path


@pytest.mark.parametrize(
    "path",
    [
        "/account/email/",
        "/account/confirm-email/",
        "/account/reauthenticate/",
        "/account/signup/",
        "/account/2fa/",
        "/account/factors/codes/download/",
        "/account/sign-in/trust/",
    ],
)
def test_what_this_store_does_not_use_has_no_address(client, path):
    assert client.get(path).status_code == 404


def test_staff_sign_in_where_everybody_does(client):
    assert client.get("/backoffice/login/?next=/backoffice/").url == "/account/sign-in/?next=/backoffice/"


def test_mails_are_plain_text_without_markup(client, ben, mailoutbox):
    client.post("/account/sign-up/", {"email": ben.email})
    send_mails()
    (mail,) = mailoutbox
    assert mail.content_subtype == "plain"
    assert "<" not in mail.body
    assert "&#" not in mail.body
    assert "\n" not in mail.subject
