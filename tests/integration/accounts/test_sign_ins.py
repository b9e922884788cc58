"""Where somebody is signed in: listed, ended one by one or all together, and over after their time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from bandstand.store.accounts import middleware, rules, services
from bandstand.store.accounts.models import SignIn

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)


def a_while_ago(client, **ago):
    """Let a session have been here last some time ago, and have begun then as well."""
    session, then = client.session, int((timezone.now() - timedelta(**ago)).timestamp())
    session[middleware.MARK] = [then, then, session.session_key]
    session.save()


@pytest.fixture
def two(ben, sign_in):
    here, there = Client(headers={"User-Agent": FIREFOX}), Client(headers={"User-Agent": PHONE})
    for client in (here, there):
        sign_in(client, ben)
        client.get("/account/")
    return here, there


def test_the_list_says_which_browser_is_where_and_which_is_this_one(two):
    here, _ = two
    rows = here.get("/account/sessions/").context["browsers"]
    assert {(row.name, row.here) for row in rows} == {("Firefox, Linux", True), ("Safari, iPhone", False)}
    assert {row.address for row in rows} == {"127.0.0.1"}


def test_one_browser_is_signed_out_by_another(two, signed_in):
    here, there = two
    (other,) = [row for row in here.get("/account/sessions/").context["browsers"] if not row.here]
    here.post(f"/account/sessions/{other.pk}/end/")
    assert (signed_in(here), signed_in(there)) == (True, False)


def test_every_other_browser_is_signed_out(two, signed_in):
    here, there = two
    here.post("/account/sessions/end/")
    assert (signed_in(here), signed_in(there)) == (True, False)
    assert len(here.get("/account/sessions/").context["browsers"]) == 1


def test_nobody_ends_the_session_of_somebody_else(two, cleo, sign_in, signed_in):
    here, _ = two
    stranger = Client()
    sign_in(stranger, cleo)
    for row in SignIn.objects.exclude(user=cleo):
        assert stranger.post(f"/account/sessions/{row.pk}/end/").status_code == 404
    assert stranger.post(f"/account/sessions/{'9' * 30}/end/").status_code == 404
    assert signed_in(here)


def test_a_session_that_was_signed_out_is_not_listed(two):
    here, there = two
    there.post("/account/sign-out/")
    assert [row.here for row in here.get("/account/sessions/").context["browsers"]] == [True]


@pytest.mark.parametrize(("days", "stays"), [(13.9, True), (14.1, False)])
def test_a_listener_is_signed_out_after_two_weeks_without_a_visit(client, ben, signed_in, days, stays):
    client.force_login(ben)
    a_while_ago(client, days=days)
    assert signed_in(client) is stays


@pytest.mark.parametrize(("hours", "stays"), [(23.9, True), (24.1, False)])
def test_staff_are_signed_out_after_a_day_without_a_visit(client, ada, signed_in, hours, stays):
    client.force_login(ada)
    a_while_ago(client, hours=hours)
    assert (client.get("/backoffice/").status_code == 200) is stays
    assert signed_in(client) is stays


def test_a_session_ends_some_day_however_often_it_is_used(client, ben, signed_in):
    client.force_login(ben)
    session, now = client.session, timezone.now()
    for whole, stays in ((rules.LISTENER.whole - timedelta(minutes=5), True), (rules.LISTENER.whole, False)):
        session = client.session
        session[middleware.MARK] = [int((now - whole).timestamp()), int(now.timestamp()), session.session_key]
        session.save()
        assert signed_in(client) is stays


def test_signing_in_again_begins_anew(client, ben, sign_in):
    sign_in(client, ben)
    a_while_ago(client, days=13)
    client.post("/account/sign-out/")
    sign_in(client, ben)
    begun, _, _ = client.session[middleware.MARK]
    assert timezone.now().timestamp() - begun < 60


def test_a_page_writes_nothing_when_the_session_was_noted_just_now(client, ben, django_assert_num_queries):
    client.force_login(ben)
    client.get("/account/sessions/")
    seen = SignIn.objects.get().seen_at
    client.get("/account/sessions/")
    assert SignIn.objects.get().seen_at == seen


def test_an_account_that_is_switched_off_has_no_session_left(two, ben):
    services.switch_off(user_id=ben.pk, actor="command", by=None, now=timezone.now())
    assert not SignIn.objects.filter(user=ben).exists()
    assert not Session.objects.exists()


def test_a_changed_password_leaves_one_session(two, ben):
    here, _ = two
    said = {"oldpassword": "a quiet harbour", "password1": "a long quiet evening", "password2": "a long quiet evening"}
    here.post("/account/password/change/", said)
    assert [row.here for row in here.get("/account/sessions/").context["browsers"]] == [True]
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox, Linux"),
        (PHONE, "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        ("curl/8.9.1", "curl"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_simply(agent, name):
    assert rules.browser_of(agent) == name
