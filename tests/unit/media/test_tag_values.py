"""The value that all tag schemes share."""

from __future__ import annotations

import dataclasses
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.media.tags import Picture, Tags
from bandstand.media.tags._model import credit, decibels, number, performer


@given(st.text(max_size=3000))
def test_every_text_becomes_one_line_that_stays_as_it_is(text: str):
    once = Tags(title=text).title
    assert Tags(title=once).title == once
    assert len(once) <= 2000
    assert not [c for c in once if unicodedata.category(c) in {"Cc", "Zl", "Zp"}]
    once.encode()


@given(st.text(max_size=500))
def test_lyrics_keep_their_lines(text: str):
    once = Tags(lyrics=text).lyrics
    assert Tags(lyrics=once).lyrics == once
    assert "\r" not in once


def test_lyrics_end_at_their_limit_between_characters():
    assert Tags(lyrics="é" * 60_000).lyrics == "é" * 50_000


def test_scripts_emoji_and_slashes_are_left_alone():
    title = "AC/DC \u05e9\u05dc\u05d5\u05dd 東京 👩‍🎤"
    assert Tags(title=title).title == title


def test_control_characters_and_lone_surrogates_go():
    assert Tags(title="a\0b\x1b[31m\ud800c\n").title == "a b [31mc"


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("03/12", 3), (" 7 ", 7), ("0", None), ("A1", None), ("", None), ("٣", None), ("9" * 30, None)],
)
def test_counts_are_read_and_nonsense_is_nothing(text: str, value: int | None):
    assert number(text) == value


@pytest.mark.parametrize(("text", "value"), [("-7.03 dB", -7.03), ("+1,5 DB", 1.5), ("0.98", 0.98), ("loud", None)])
def test_gains_are_read_in_their_spellings(text: str, value: float | None):
    assert decibels(text) == value


def test_gains_that_are_no_gains_are_dropped():
    tags = Tags(track_gain=float("nan"), album_gain=1e9, track_peak=-1.0, album_peak=float("inf"))
    assert tags == Tags()


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_a_credit_survives_as_name_and_role(role: str, name: str):
    for kept in Tags(credits=((role, name),)).credits:
        assert credit(performer(*kept)) == kept


def test_a_picture_is_kept_by_its_own_first_bytes():
    jpeg = b"\xff\xd8\xff\xe0" + bytes(10)
    kept = Tags(picture=Picture(jpeg, "image/svg+xml")).picture
    assert kept == Picture(jpeg, "image/jpeg")
    assert Tags(picture=Picture(b"<svg/>", "image/png")).picture is None
    assert Tags(picture=Picture(jpeg + bytes(11_000_000), "image/jpeg")).picture is None


def test_replacing_a_field_cleans_it_too():
    assert dataclasses.replace(Tags(title="a"), artists=("  b ", "", "\0")).artists == ("b",)
