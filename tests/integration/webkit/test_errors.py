from __future__ import annotations

import json

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("refused", 409),
        ("outside", 503),
        ("setup", 500),
        ("locked", 503),
        ("other-database", 500),
        ("bug", 500),
        ("missing", 404),
        ("forbidden", 403),
        ("suspicious", 400),
    ],
)
def test_what_a_view_lets_through_becomes_a_plain_page(visitor, how, status):
    response = visitor.get(f"/wrong/{how}/")
    assert response.status_code == status
    assert b"<h1>" in response.content
    assert b"secret" not in response.content
    assert "no-store" in response["Cache-Control"]


def test_the_sentence_and_the_way_out_are_shown_as_text(visitor):
    page = visitor.get("/wrong/refused/").content.decode()
    assert "This &lt;b&gt;rental&lt;/b&gt; ended." in page
    assert "Rent it again." in page


@pytest.mark.parametrize("how", ["locked", "outside"])
def test_what_may_work_later_says_when(visitor, how):
    assert int(visitor.get(f"/wrong/{how}/")["Retry-After"]) > 0


def test_the_page_names_the_request_for_the_one_who_writes_to_us(visitor):
    response = visitor.get("/wrong/refused/")
    assert response["X-Request-Id"] in response.content.decode()


def test_htmx_shows_the_error_in_place_of_the_page(visitor):
    response = visitor.get("/wrong/refused/", headers={"HX-Request": "true"})
    assert (response["HX-Retarget"], response["HX-Reselect"], response["HX-Reswap"]) == ("#main", "#main", "outerHTML")


def test_a_program_gets_json(visitor):
    response = visitor.get("/wrong/refused/", headers={"Accept": "application/json"})
    told = json.loads(response.content)
    assert told == {"code": "refused", "sentence": "This <b>rental</b> ended.", "hint": "Rent it again."}


def test_nobody_is_left_without_words_when_the_template_is_broken(visitor, settings, tmp_path):
    folder = tmp_path / "webkit"
    folder.mkdir()
    (folder / "error.html").write_text("{% nonsense %}")
    templates = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]
    settings.TEMPLATES = templates
    response = visitor.get("/wrong/refused/")
    assert response.status_code == 409
    assert b"This &lt;b&gt;rental&lt;/b&gt; ended." in response.content


def test_a_host_that_is_not_ours_is_refused_without_touching_anything(visitor):
    response = visitor.get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert b"evil" not in response.content


def test_a_form_without_its_secret_is_refused_with_the_way_out():
    response = Client(enforce_csrf_checks=True).post("/form/")
    assert response.status_code == 403
    assert b"Load the page again" in response.content


def test_too_often_is_429_with_the_time_to_wait(visitor):
    assert [visitor.get("/limited/").status_code for _ in range(3)] == [200, 200, 429]
    assert 0 < int(visitor.get("/limited/")["Retry-After"]) <= 60


def test_another_address_is_not_held_to_it(visitor):
    for _ in range(3):
        visitor.get("/limited/")
    assert visitor.get("/limited/", REMOTE_ADDR="203.0.113.9").status_code == 200
