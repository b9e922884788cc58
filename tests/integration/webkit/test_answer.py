from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_a_visit_gets_the_whole_page(visitor):
    response = visitor.get("/", {"part": "shelf"})
    assert b"<!doctype" in response.content
    assert b'<section id="shelf">Tom &amp; Jerry</section>' in response.content


def test_htmx_gets_the_part_it_asked_for(visitor):
    response = visitor.get("/", {"part": "shelf"}, headers=HTMX)
    assert response.content.strip() == b'<section id="shelf">Tom &amp; Jerry</section>'


@pytest.mark.parametrize("more", [{"HX-Boosted": "true"}, {"HX-History-Restore-Request": "true"}])
def test_a_boosted_link_and_the_history_get_the_whole_page(visitor, more):
    assert b"<!doctype" in visitor.get("/", {"part": "shelf"}, headers=HTMX | more).content


def test_without_a_part_htmx_gets_the_whole_page(visitor):
    assert b"<!doctype" in visitor.get("/", headers=HTMX).content


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_caches_learn_that_both_live_at_one_address(visitor, headers):
    vary = visitor.get("/", {"part": "shelf"}, headers=headers)["Vary"]
    assert "HX-Request" in vary


def test_a_message_comes_with_the_part_out_of_band_and_once(visitor):
    told = visitor.get("/", {"part": "shelf", "tell": "1"}, headers=HTMX).content
    assert b'<ul id="messages" hx-swap-oob="true"><li>It is in your basket.</li></ul>' in told
    assert b"messages" not in visitor.get("/", {"part": "shelf"}, headers=HTMX).content


def test_the_status_is_the_views(visitor):
    assert visitor.get("/", {"status": "409"}).status_code == 409
