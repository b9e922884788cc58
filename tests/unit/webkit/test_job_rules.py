from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.kernel.errors import InputError, OutsideError, RefusedError, SetupError
from bandstand.webkit.jobs import rules
from bandstand.webkit.jobs.rules import Verdict


class GoneForGoodError(OutsideError):
    retry = False


@pytest.mark.parametrize("error", [RefusedError("No."), InputError("Broken file."), GoneForGoodError("Gone.")])
def test_what_can_not_get_better_is_put_aside_at_once(error):
    assert rules.judge(error, attempt=1, tries=3) is Verdict.PARK


@pytest.mark.parametrize(
    "error", [OutsideError("Timeout."), SetupError("No encoder here."), KeyError("x"), MemoryError()]
)
def test_what_may_get_better_is_tried_again_until_its_tries_are_used_up(error):
    assert [rules.judge(error, attempt=n, tries=3) for n in (1, 2, 3)] == [Verdict.AGAIN, Verdict.AGAIN, Verdict.PARK]


@given(st.integers(1, 50), st.floats(0, 1))
def test_pauses_grow_but_stay_within_half_an_hour(attempt, chance):
    pause = rules.wait_before_next(attempt, chance=chance)
    assert timedelta(seconds=2.5) <= pause <= timedelta(minutes=22.5)
    assert pause <= rules.wait_before_next(attempt + 1, chance=chance)


def test_jobs_that_failed_together_do_not_come_back_together():
    assert len({rules.wait_before_next(1, chance=n / 10) for n in range(10)}) == 10


@given(st.integers(1_600_000_000, 3_000_000_000), st.integers(1, 604_800))
def test_a_moment_lies_in_one_slot_and_the_next_period_in_the_next(stamp, seconds):
    moment = datetime.fromtimestamp(stamp, UTC)
    every = timedelta(seconds=seconds)
    assert rules.slot(moment + every, every) == rules.slot(moment, every) + 1


def test_a_slot_is_kept_longer_than_the_longest_period():
    assert rules.KEPT > rules.LONGEST_PERIOD


def test_the_reason_is_the_sentence_with_its_way_out_or_the_class_and_is_cut():
    assert (
        rules.reason(InputError("The cover is broken.", hint="Send another.")) == "The cover is broken. Send another."
    )
    assert rules.reason(ValueError("x" * 9_000)).startswith("ValueError: xxx")
    assert len(rules.reason(ValueError("x" * 9_000))) == rules.ERROR_LENGTH
