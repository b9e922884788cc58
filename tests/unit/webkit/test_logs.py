from __future__ import annotations

import json
import logging
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.webkit.logs import REQUEST_ID, JsonFormatter


def line(message: str, *args: object, **extra: object) -> str:
    record = logging.getLogger("tests").makeRecord("tests", logging.INFO, "f.py", 1, message, args, None, extra=extra)
    return JsonFormatter().format(record)


@given(st.text())
def test_any_text_stays_on_one_line_of_plain_json(text):
    formatted = line("%s", text, title=text)
    assert formatted.isascii()
    assert formatted.isprintable()
    assert json.loads(formatted)["logger"] == "tests"


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2secret",
        "POST {'password': 'hunter2secret'}",
        '{"access_token": "hunter2secret"}',
        "Authorization: Bearer hunter2secret",
        "Cookie: sessionid=hunter2secret; a=b",
        "Set-Cookie: store-session=hunter2secret",
        "GET /shelf/?key=hunter2secret",
        "https://files.example/t/hunter2secrethunter2secret/song.flac",
        "Conflict: /account/open/.eJyrhunter2secret:1vMhunter2secret_-x/",
        "Conflict: /account/address/open/.eJyrhunter2secret:1vMhunter2secret_-x/",
        "Conflict: /account/erase/open/eyJ1hunter2secret:1vMhunter2secret_-x/",
        "Too Many Requests: /account/password/reset/key/2a-d9hunter2secret-hunter2secret/",
        "Not Found: /gift/hunter2secret-hunter2secret_hunter2secret7/",
        "postgresql://ben:hunter2secret@db/store",
        "X-API-Key: hunter2secret",
        "csrfmiddlewaretoken=hunter2secret",
    ],
)
def test_secrets_in_a_message_are_hidden(text):
    assert "hunter2secret" not in line("%s", text)


@pytest.mark.parametrize(
    "name", ["password", "ticket", "session_key", "csrf_token", "Authorization", "apikey", "card_number"]
)
def test_fields_that_sound_like_secrets_are_hidden(name):
    assert json.loads(line("x", **{name: "hunter2secret"}))[name] == "[hidden]"


def test_the_path_is_told_and_its_query_is_not(rf):
    request = rf.get("/search/", {"q": "my ex", "token": "hunter2secret"})
    told = json.loads(line("Not Found: %s", request.get_full_path(), request=request))
    assert told["path"] == "/search/"
    assert told["method"] == "GET"
    assert "my" not in told["message"]


def test_each_line_carries_the_request_it_belongs_to():
    mark = REQUEST_ID.set("abc123")
    try:
        assert json.loads(line("x"))["request"] == "abc123"
    finally:
        REQUEST_ID.reset(mark)
    assert "request" not in json.loads(line("x"))


def test_a_trace_is_one_field_without_secrets():
    try:
        int("password=hunter2secret\nsecond line")
    except ValueError:
        record = logging.getLogger("tests").makeRecord("t", logging.ERROR, "f.py", 1, "Failed.", (), sys.exc_info())
    formatted = JsonFormatter().format(record)
    assert "\n" not in formatted
    assert "password=[hidden]" in json.loads(formatted)["trace"]
    assert "ValueError" in json.loads(formatted)["trace"]


@pytest.mark.parametrize("hostile", ["a-" * 20_000, "?" * 20_000, "://" * 10_000, "a" * 50_000, "password" * 5_000])
def test_hostile_text_of_any_length_is_cut(hostile):
    assert len(line("%s", hostile)) < 20_000


def test_numbers_stay_numbers():
    told = json.loads(line("x", seconds=1.5, count=3, ok=True, when=time.gmtime(0)))
    assert (told["seconds"], told["count"], told["ok"]) == (1.5, 3, True)
