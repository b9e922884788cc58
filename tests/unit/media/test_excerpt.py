"""The filters of the preview."""

from __future__ import annotations

import pytest

from bandstand.kernel.units import Decibels
from bandstand.media._excerpt import cut, levelled
from bandstand.media.probe import Loudness
from bandstand.media.recipes import RECIPES

EXCERPT = RECIPES.get("preview").excerpt or pytest.fail("the preview is no excerpt")


def measured(integrated: float, true_peak: float) -> Loudness:
    return Loudness(integrated=Decibels(integrated), range=Decibels(3.0), true_peak=Decibels(true_peak))


def test_a_loud_excerpt_is_only_turned_down():
    assert levelled(EXCERPT, measured(-8.0, 0.5)) == "volume=-8.00dB"


def test_a_quiet_excerpt_with_room_is_only_turned_up():
    assert levelled(EXCERPT, measured(-22.0, -12.0)) == "volume=6.00dB"


def test_peaks_without_room_meet_the_limiter():
    assert "alimiter=limit=" in levelled(EXCERPT, measured(-20.0, -2.0))


def test_an_excerpt_of_rare_peaks_stays_quieter_rather_than_squeezed():
    assert levelled(EXCERPT, measured(-40.0, -3.0)).startswith("volume=8.00dB,")


def test_silence_is_left_as_it_is():
    assert levelled(EXCERPT, measured(-70.0, -120.0)) == ""


def test_a_short_track_has_shorter_fades():
    filters = cut(EXCERPT, 0, 1000)
    assert "afade=t=in:d=0.250" in filters
    assert "afade=t=out:st=0.750:d=0.250" in filters
