"""Sessions: whose they are, how long they last, and that nothing of them stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_storefront

from bandstand.kernel.progress import silent
from bandstand.store.accounts import jobs
from bandstand.store.accounts.services import sessions

pytestmark = pytest.mark.django_db


def test_sessions_that_are_over_are_forgotten(monkeypatch):
    monkeypatch.setattr(sessions, "BATCH", 2)
    for number in range(5):
        Session.objects.create(session_key=f"over{number:028}", session_data="", expire_date=NOW - timedelta(seconds=1))
    Session.objects.create(session_key=f"live{0:028}", session_data="", expire_date=NOW + timedelta(seconds=1))
    jobs.forget_sessions(now=NOW, progress=silent)
    assert [session.pk for session in Session.objects.all()] == [f"live{0:028}"]


def test_a_session_that_somebody_made_up_is_not_taken_over(ben):
    make_storefront()
    client = Client()
    client.cookies["store-session"] = chosen = "a" * 32
    client.post("/account/sign-in/", {"login": ben.email, "password": "a quiet harbour"})
    assert client.get("/account/").status_code == 200
    assert client.cookies["store-session"].value != chosen
    assert not Session.objects.filter(pk=chosen).exists()


def test_a_session_says_nothing_to_who_reads_the_next_one(ben, cleo):
    make_storefront()
    client = Client()
    client.force_login(ben)
    session = client.session
    session["orders"] = ["BEN-1"]
    session.save()
    client.post("/account/sign-out/")
    client.force_login(cleo)
    assert "orders" not in client.session
