"""Addresses that a token may be sent to."""

from __future__ import annotations

import pytest

from bandstand.wire import web
from bandstand.wire.errors import PlainTextError
from bandstand.wire.web import AddressError


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Music.example.org/", "https://music.example.org"),
        ("https://music.example.org:443/shelf", "https://music.example.org"),
        ("https://music.example.org:8443", "https://music.example.org:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_an_address_has_one_spelling(url, origin):
    assert web.origin(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "music.example.org",
        "ftp://x",
        "https://",
        "https://user:pw@x",
        "https://x:port",
        "https://x/ y",
        "file:///etc/passwd",
        "https://x\n",
        "https://[x",
    ],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(AddressError):
        web.origin(url)


@pytest.mark.parametrize("url", ["http://music.example.org", "http://10.0.0.1", "http://localhost.example.org"])
def test_a_token_never_goes_out_in_plain_text(url):
    with pytest.raises(PlainTextError):
        web.origin(url)


@pytest.mark.parametrize(
    ("said", "wait"), [("7", 7.0), ("0", 0.0), ("999999", 300.0), ("", 5.0), ("soon", 5.0), ("-1", 5.0)]
)
def test_a_wait_has_an_end(said, wait):
    assert web._wait(said) == wait
    assert web._wait("Fri, 01 Jan 2100 00:00:00 GMT") == 300.0
