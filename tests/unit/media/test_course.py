"""How loud an excerpt is, from the course of the whole."""

from __future__ import annotations

import pytest

from bandstand.media._course import Course, Cut

STEADY = Course([-20.0] * 400, [-6.0] * 40, 1000.0)


def cut(start: int, length: int, fade_in: int = 0, fade_out: int = 0) -> Cut:
    return Cut(start=start, length=length, fade_in=fade_in, fade_out=fade_out)


def test_a_part_of_a_steady_sound_is_as_loud_as_all_of_it():
    assert STEADY.loudness(cut(5_130, 30_000)) == pytest.approx(-20.0)


def test_only_what_lies_within_the_cut_counts():
    course = Course([-10.0] * 100 + [-20.0] * 300, [-1.0] * 10 + [-9.0] * 30, 1000.0)
    assert course.loudness(cut(10_400, 20_000)) == pytest.approx(-20.0)
    assert course.true_peak(cut(10_400, 20_000)) == -9.0


def test_a_fade_takes_off_what_it_takes_from_the_power():
    # all of it is one fade: the mean of a squared ramp is a third; blocks more than 10 dB below the mean are left out
    assert STEADY.loudness(cut(0, 30_000, fade_in=30_000)) == pytest.approx(-20 - 4.77 + 0.8, abs=0.15)


def test_quiet_stretches_are_gated_out():
    course = Course([-20.0] * 200 + [-45.0] * 200, [-6.0] * 40, 1000.0)
    assert course.loudness(cut(0, 40_000)) == pytest.approx(-20.0, abs=0.1)


def test_silence_stays_silence():
    assert Course([-70.0] * 100, [-120.0] * 10, 1000.0).loudness(cut(0, 10_000)) == -70.0


def test_a_cut_shorter_than_a_window_still_has_a_loudness():
    assert Course([-26.0, -23.0], [-6.0], 200.0).loudness(cut(0, 200)) == pytest.approx(-24.2, abs=0.1)


def test_a_peak_at_the_edge_of_a_block_is_never_missed():
    course = Course([-20.0] * 50, [-30.0, -30.0, -3.0, -30.0, -30.0], 1000.0)
    assert course.true_peak(cut(500, 1_400)) == -3.0  # ends in the second; its last samples come with the third
    assert course.true_peak(cut(2_999, 10)) == -3.0
