from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.store.deals.services import EUROPE
from bandstand.store.taxes import rules


@given(st.integers(0, rules.HIGHEST))
def test_a_rate_reads_as_it_is_written(rate):
    assert rules.parts(rules.percent(rate)) == rate


@pytest.mark.parametrize(
    ("text", "rate"), [("19", 19_000), ("8.875", 8_875), (" 25,5 % ", 25_500), ("0", 0), ("100", 100_000)]
)
def test_a_rate_is_read_as_people_type_it(text, rate):
    assert rules.parts(text) == rate


@pytest.mark.parametrize("text", ["", "-1", "100.001", "19.0001", "nineteen", "1e1", "٣", "19 19"])
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(rules.RateError):
        rules.parts(text)


@pytest.mark.parametrize("text", ["", "D", "DEU", "1E", "É."])
def test_what_is_no_country_is_refused(text):
    with pytest.raises(rules.CountryError):
        rules.country_code(text)


def test_the_shipped_table_has_each_country_of_the_union_and_no_period_twice():
    periods = rules.shipped()
    assert set(EUROPE.split()) <= {period.country for period in periods}
    assert len({(period.country, period.since) for period in periods}) == len(periods)
    assert all(period.source and 0 < period.rate <= 27_000 for period in periods)


def test_the_periods_of_a_country_stand_in_order_and_each_changes_the_rate():
    for before, after in pairwise(rules.shipped()):
        if before.country == after.country:
            assert before.since < after.since
            assert before.rate != after.rate


@pytest.mark.parametrize(
    ("country", "since", "rate"),
    [
        ("DE", date(2020, 7, 1), 16_000),
        ("EE", date(2025, 7, 1), 24_000),
        ("FI", date(2024, 9, 1), 25_500),
        ("SK", date(2025, 1, 1), 23_000),
        ("RO", date(2025, 8, 1), 21_000),
        ("CH", date(2024, 1, 1), 8_100),
    ],
)
def test_known_changes_are_in_the_table(country, since, rate):
    assert (country, since, rate) in {(row.country, row.since, row.rate) for row in rules.shipped()}
