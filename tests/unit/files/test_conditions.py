"""RFC 9110, section 13: conditions and their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.webkit.files.conditions import Validators, Verdict, http_date, judge, range_holds, read_date

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
MODIFIED = datetime(1994, 11, 6, 8, 49, 37, 250_000, tzinfo=UTC)
OURS = Validators("abc", MODIFIED)
SAME, BEFORE, AFTER = (http_date(MODIFIED + timedelta(seconds=shift)) for shift in (0, -1, 1))
GO, NOT_MODIFIED, FAILED = Verdict


@pytest.mark.parametrize(
    "text", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_the_three_forms_of_a_date_are_one_moment(text: str) -> None:
    assert read_date(text, now=NOW) == MODIFIED.replace(microsecond=0)


def test_a_two_digit_year_is_never_more_than_fifty_years_ahead() -> None:
    near, far = (read_date(f"Friday, 01-Jan-{year} 00:00:00 GMT", now=NOW) for year in ("76", "77"))
    assert [date.year for date in (near, far) if date] == [2076, 1977]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 +0100",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt",
    ],
)
def test_what_is_no_date_is_ignored(text: str) -> None:
    assert read_date(text, now=NOW) is None
    assert judge("GET", {"if-modified-since": text, "if-unmodified-since": text}, OURS, now=NOW) is GO


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_date_survives_the_round_trip(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert read_date(http_date(moment), now=NOW) == moment


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"if-match": '"abc"'}, GO),
        ({"if-match": '"x", "abc"'}, GO),
        ({"if-match": '"x",, ,"abc",'}, GO),
        ({"if-match": "*"}, GO),
        ({"if-match": '"x"'}, FAILED),
        ({"if-match": 'W/"abc"'}, FAILED),  # strong comparison
        ({"if-match": "abc"}, FAILED),
        ({"if-match": '"abc" "x"'}, GO),
        ({"if-match": '"abc"x'}, FAILED),
        ({"if-match": ""}, FAILED),
        ({"if-none-match": '"abc"'}, NOT_MODIFIED),
        ({"if-none-match": 'W/"abc"'}, NOT_MODIFIED),  # weak comparison
        ({"if-none-match": '"a,b", W/"x","abc"'}, NOT_MODIFIED),
        ({"if-none-match": "*"}, NOT_MODIFIED),
        ({"if-none-match": '"x"'}, GO),
        ({"if-none-match": "junk"}, GO),
        ({"if-modified-since": SAME}, NOT_MODIFIED),
        ({"if-modified-since": AFTER}, NOT_MODIFIED),
        ({"if-modified-since": BEFORE}, GO),
        ({"if-unmodified-since": SAME}, GO),
        ({"if-unmodified-since": AFTER}, GO),
        ({"if-unmodified-since": BEFORE}, FAILED),
        # section 13.2.2: who is asked first
        ({"if-match": '"abc"', "if-unmodified-since": BEFORE}, GO),
        ({"if-match": '"x"', "if-none-match": '"abc"'}, FAILED),
        ({"if-match": '"abc"', "if-none-match": '"abc"'}, NOT_MODIFIED),
        ({"if-none-match": '"x"', "if-modified-since": SAME}, GO),
        ({"if-none-match": '"abc"', "if-modified-since": BEFORE}, NOT_MODIFIED),
        ({"if-unmodified-since": BEFORE, "if-modified-since": SAME}, FAILED),
        ({"if-unmodified-since": SAME, "if-none-match": '"abc"'}, NOT_MODIFIED),
        ({}, GO),
    ],
)
def test_conditions_are_judged_in_the_order_of_the_standard(headers: dict[str, str], expected: Verdict) -> None:
    assert judge("GET", headers, OURS, now=NOW) is expected
    assert judge("HEAD", headers, OURS, now=NOW) is expected


def test_a_method_that_writes_fails_where_a_read_is_not_modified() -> None:
    assert judge("PUT", {"if-none-match": "*"}, OURS, now=NOW) is FAILED
    assert judge("PUT", {"if-modified-since": SAME}, OURS, now=NOW) is GO


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        (None, True),
        ('"abc"', True),
        (' "abc" ', True),
        ('W/"abc"', False),
        ('"x"', False),
        ('"abc", "abc"', False),
        ("abc", False),
        (SAME, True),
        ("Sunday, 06-Nov-94 08:49:37 GMT", True),
        (AFTER, False),  # an exact match, not a comparison
        (BEFORE, False),
        ("", False),
    ],
)
def test_a_range_holds_for_the_very_same_version_only(value: str | None, holds: bool) -> None:
    assert range_holds({} if value is None else {"if-range": value}, OURS, now=NOW) is holds


def test_a_date_within_the_second_of_the_change_is_no_strong_validator() -> None:
    headers = {"if-range": SAME}
    assert not range_holds(headers, OURS, now=MODIFIED)
    assert range_holds(headers, OURS, now=MODIFIED + timedelta(seconds=1))


@given(st.dictionaries(st.sampled_from(["if-match", "if-none-match", "if-range", "if-modified-since"]), st.text()))
def test_no_header_text_breaks_the_judge(headers: dict[str, str]) -> None:
    assert judge("GET", headers, OURS, now=NOW) in Verdict
    assert range_holds(headers, OURS, now=NOW) in (True, False)
