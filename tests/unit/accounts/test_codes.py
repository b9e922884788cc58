"""Codes of authenticator apps against the vectors of RFC 6238, Appendix B (the last six digits of each)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.store.accounts import codes, rules

SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_a_code_is_that_of_the_standard(seconds, code):
    assert codes.code_at(SECRET, codes.step_of(datetime.fromtimestamp(seconds, UTC))) == code


@pytest.mark.parametrize("typed", ["287 082", " 287082 ", "287-082", "2 8 7 0 8 2"])
def test_a_code_is_read_however_it_is_typed(typed):
    assert codes.matching_step(SECRET, typed, now=datetime.fromtimestamp(59, UTC)) == 1


@given(st.text(max_size=60))
def test_any_text_is_a_code_or_none(typed):
    step = codes.matching_step(SECRET, typed, now=NOW)
    assert step is None or codes.code_at(SECRET, step) == codes.plain(typed)


@pytest.mark.parametrize(
    ("text", "good"), [(SECRET, True), (SECRET.lower(), True), ("ABC", False), ("", False), ("1!", False)]
)
def test_a_secret_is_base32_of_some_length(text, good):
    assert codes.is_secret(text) is good


def test_a_new_secret_is_new_and_good():
    assert codes.is_secret(codes.new_secret())
    assert codes.new_secret() != codes.new_secret()


@pytest.mark.parametrize(
    ("begun", "seen", "over"),
    [
        (timedelta(0), timedelta(0), False),
        (timedelta(days=14), timedelta(hours=1), True),
        (timedelta(days=13), timedelta(hours=24), True),
        (timedelta(days=13), timedelta(hours=23), False),
    ],
)
def test_a_sign_in_of_staff_ends_unused_and_at_all(begun, seen, over):
    assert rules.is_over(begun_at=NOW - begun, seen_at=NOW - seen, lasting=rules.STAFF, now=NOW) is over
