"""The preview budget: fair over time, bounded in memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.webkit.files.budget import HOUR, Budget


def test_a_scraper_is_stopped_and_told_how_long() -> None:
    budget = Budget(600)
    waits = [budget.take("198.51.100.7", now=0.0) for _ in range(10_000)]
    assert waits[:600] == [0.0] * 600
    assert all(wait > 0 for wait in waits[600:])
    assert waits[600] == pytest.approx(6.0)
    assert budget.take("198.51.100.8", now=0.0) == 0.0


def test_who_waits_as_told_may_go_on() -> None:
    budget = Budget(2)
    assert [budget.take("a", now=0.0) for _ in range(2)] == [0.0, 0.0]
    wait = budget.take("a", now=0.0)
    assert budget.take("a", now=wait + 0.001) == 0.0


def test_a_clock_that_goes_back_gives_nothing() -> None:
    budget = Budget(1)
    assert budget.take("a", now=100.0) == 0.0
    assert budget.take("a", now=50.0) > 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),  # one household has 2**64 addresses
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:198.51.100.7", "198.51.100.7", True),
        ("198.51.100.7", "198.51.100.8", False),
    ],
)
def test_what_counts_as_one_address(one: str, other: str, same: bool) -> None:
    budget = Budget(1)
    budget.take(one, now=0.0)
    assert (budget.take(other, now=0.0) > 0) is same


def test_memory_is_bounded_whoever_asks() -> None:
    budget = Budget(5, addresses=100)
    for number in range(1000):
        budget.take(f"10.0.{number // 256}.{number % 256}", now=float(number))
    assert len(budget) == 100


@given(st.lists(st.floats(0, 900), max_size=60), st.integers(1, 20))
def test_no_hour_ever_has_more_than_twice_the_budget(gaps: list[float], per_hour: int) -> None:
    budget, now, taken = Budget(per_hour), 0.0, []
    for gap in gaps:
        now += gap
        if budget.take("a", now=now) == 0:
            taken.append(now)
    assert all(sum(start <= at < start + HOUR for at in taken) <= 2 * per_hour for start in taken)
