from __future__ import annotations

from datetime import timedelta

import pytest

from bandstand.webkit.limits import Rate, client_ip


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 198.51.100.2", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "nonsense\r\nX: y", "192.0.2.1"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "2001:db8::7", "2001:db8::7"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(rf, settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_ip(request) == expected


def test_a_socket_without_an_address_is_one_unknown_visitor(rf):
    assert client_ip(rf.get("/", REMOTE_ADDR="")) == "unknown"


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("10/m", Rate(10, timedelta(minutes=1))),
        ("100/15m", Rate(100, timedelta(minutes=15))),
        ("5/h", Rate(5, timedelta(hours=1))),
        ("3/d", Rate(3, timedelta(days=1))),
    ],
)
def test_a_rate_reads_as_it_is_written(text, rate):
    assert Rate.parse(text) == rate


@pytest.mark.parametrize("text", ["", "10", "0/m", "10/0m", "ten/m", "10/w", "-1/m", "10/m "])
def test_anything_else_is_no_rate(text):
    with pytest.raises(ValueError, match="no rate"):
        Rate.parse(text)
