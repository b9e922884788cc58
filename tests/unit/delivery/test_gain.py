from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.store.delivery.facts import Gain, Level, gain_of

levels = st.builds(Level, st.floats(-60, 0), st.floats(-60, 3), st.integers(1, 10_000_000))


def test_one_sound_is_brought_to_the_reference():
    found = gain_of([Level(-14.5, -1.0, 200_000)])
    assert found.gain == pytest.approx(-3.5)
    assert found.peak == pytest.approx(0.891251)


def test_a_loud_minute_weighs_more_than_a_loud_second():
    long = gain_of([Level(-10.0, -1.0, 60_000), Level(-20.0, -3.0, 60_000)]).gain
    short = gain_of([Level(-10.0, -1.0, 1_000), Level(-20.0, -3.0, 60_000)]).gain
    assert long == pytest.approx(-5.40, abs=0.01)
    assert short == pytest.approx(1.41, abs=0.01)


def test_silence_and_what_was_not_measured_say_nothing():
    assert gain_of([Level(None, None, 60_000), Level(-70.0, -120.0, 60_000)]) == Gain()
    assert gain_of([Level(-14.5, -1.0, 60_000), Level(-70.0, -120.0, 600_000)]).gain == pytest.approx(-3.5)


@given(st.lists(levels, min_size=1, max_size=30), st.randoms())
def test_an_album_lies_between_its_tracks_in_whatever_order(album, random):
    found, own = gain_of(album), [gain_of([level]).gain for level in album]
    assert min(own) - 1e-9 <= found.gain <= max(own) + 1e-9
    random.shuffle(album)
    assert gain_of(album) == found
