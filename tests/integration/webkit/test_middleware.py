from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW", "PROPFIND"])
def test_methods_nobody_needs_are_refused(visitor, method):
    response = visitor.generic(method, "/")
    assert response.status_code == 405
    assert "GET" in response["Allow"]


def test_each_answer_names_its_request(visitor):
    first, second = visitor.get("/")["X-Request-Id"], visitor.get("/")["X-Request-Id"]
    assert first != second
    assert len(first) == 16


@pytest.mark.parametrize(("proxies", "taken"), [(0, False), (1, True)])
def test_an_id_from_outside_is_taken_only_from_our_proxy(visitor, settings, proxies, taken):
    settings.TRUSTED_PROXIES = proxies
    response = visitor.get("/", headers={"X-Request-Id": "outer-id-0001"})
    assert (response["X-Request-Id"] == "outer-id-0001") is taken


@pytest.mark.parametrize("hostile", ["short", "x" * 65, "a b c d e f g", "<script>alert(1)</script>", "ärgerlich-id"])
def test_an_odd_id_is_never_taken(visitor, settings, hostile):
    settings.TRUSTED_PROXIES = 1
    assert visitor.get("/", headers={"X-Request-Id": hostile})["X-Request-Id"] != hostile


def test_pages_say_what_they_may_do_and_who_may_embed_them(visitor):
    response = visitor.get("/")
    assert "camera=()" in response["Permissions-Policy"]
    assert "autoplay=(self)" in response["Permissions-Policy"]
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_strangers_page_is_kept_by_his_own_browser_at_most_and_asked_for_again(visitor):
    response = visitor.get("/")
    assert response["Cache-Control"] == "private, no-cache"
    assert "Cookie" in response["Vary"]


def test_a_page_for_somebody_signed_in_is_kept_by_nobody(client, ben):
    client.force_login(ben)
    assert client.get("/")["Cache-Control"] == "private, no-store"


def test_a_page_for_a_guest_with_a_basket_is_kept_by_nobody(visitor):
    visitor.get("/remember/")
    assert visitor.get("/")["Cache-Control"] == "private, no-store"


def test_a_stranger_costs_no_query(visitor, django_assert_num_queries):
    with django_assert_num_queries(0):
        visitor.get("/")


def test_what_a_view_says_about_keeping_stands(visitor):
    assert visitor.get("/kept/")["Cache-Control"] == "public, max-age=60"
