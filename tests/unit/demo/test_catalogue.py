"""The facts of the demo hold what a shop needs, with numbers that check out."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import date, timedelta

import pytest

from bandstand.demo import catalogue
from bandstand.demo.catalogue import RELEASES, facts, toml
from bandstand.demo.covers import MOTIFS
from bandstand.demo.music import form
from bandstand.demo.music.styles import STYLES

TODAY = date(2026, 11, 20)
TRACKS = [track for release in RELEASES for track in release.tracks]


def _documents() -> dict[str, dict]:
    return {release.slug: tomllib.loads(catalogue.document(release, today=TODAY)) for release in RELEASES}


def test_there_are_enough_releases_and_tracks_in_many_styles():
    kinds = Counter(release.kind for release in RELEASES)
    assert kinds["session"] == 6
    assert sum(kinds.values()) - kinds["session"] >= 8
    assert len(TRACKS) >= 44
    assert {track.piece.style for track in TRACKS} == set(STYLES)


def test_every_track_has_a_length_that_suits_a_demo():
    assert all(45 < track.piece.seconds < 110 for track in TRACKS)


def test_every_piece_can_be_laid_out():
    for track in TRACKS:
        bars = form.bars_of(track.piece)
        assert len(bars) == sum(length for _, length in track.piece.sections)
        assert track.piece.scale_classes()


def test_no_two_tracks_play_alike():
    assert len({track.piece for track in TRACKS}) == len({track.piece.seed for track in TRACKS}) == len(TRACKS)


def test_numbers_have_their_form_and_are_used_once():
    codes = [track.isrc for track in TRACKS]
    assert all(re.fullmatch(r"[A-Z]{2}[A-Z0-9]{3}\d{7}", code) for code in codes)
    assert len(set(codes)) == len(codes)
    numbers = [release.gtin for release in RELEASES]
    assert len(set(numbers)) == len({release.number for release in RELEASES}) == len(RELEASES)
    for number in numbers:
        assert re.fullmatch(r"2\d{12}", number)
        assert sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(number)) % 10 == 0


def test_a_known_check_digit_is_found():
    assert facts.check_digit("400638133393") == "1"


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.slug)
def test_a_release_survives_the_round_trip_through_toml(release):
    told = tomllib.loads(catalogue.document(release, today=TODAY))
    assert told["release"]["title"] == release.title
    assert told["release"]["description"] == release.description
    assert told["release"]["date"] == release.day(TODAY)
    assert [track["title"] for track in told["track"]] == [track.title for track in release.tracks]
    assert [track["isrc"] for track in told["track"]] == [track.isrc for track in release.tracks]
    assert [credit["name"] for credit in told["release"].get("credits", [])] == [
        credit.name for credit in release.credits
    ]
    assert len({track["file"] for track in told["track"]}) == len(release.tracks)


@pytest.mark.parametrize("text", ['a "quoted" \\ thing', "two\n\nparagraphs\tand a tab", "雨 Ηλ é", "\x07bell\x7f"])
def test_any_text_survives_the_round_trip_through_toml(text):
    assert tomllib.loads(toml._table("[x]", {"text": text}))["x"]["text"] == text


def test_descriptions_have_two_paragraphs():
    assert all(release.description.count("\n\n") == 1 for release in RELEASES)


def test_every_release_has_a_cover_motif_of_its_own():
    assert {release.motif for release in RELEASES} == set(MOTIFS)
    assert len(MOTIFS) == len(RELEASES)


@pytest.mark.parametrize("ahead", range(14))
def test_next_tuesday_is_the_first_tuesday_after_today(ahead):
    today = TODAY + timedelta(days=ahead)
    tuesday = catalogue.next_tuesday(today)
    assert tuesday.weekday() == 1
    assert 1 <= (tuesday - today).days <= 7


def test_on_a_tuesday_next_tuesday_is_a_week_away():
    assert catalogue.next_tuesday(date(2026, 11, 24)) == date(2026, 12, 1)


def test_one_release_comes_next_tuesday_and_one_is_sold_in_japan_only():
    deals = {slug: told["deal"][0] for slug, told in _documents().items()}
    assert [slug for slug, deal in deals.items() if deal["from"] > TODAY] == ["slow-weather"]
    assert deals["slow-weather"]["from"] == date(2026, 11, 24)
    assert deals["slow-weather"]["preorder_from"] == date(2026, 10, 27)
    assert [slug for slug, deal in deals.items() if deal["release_tier"] == "yours"] == ["iliostasio"]
    assert [slug for slug, deal in deals.items() if deal["territories"] == ["JP"]] == ["kuhlhaus"]


def test_the_sessions_are_for_members_and_numbered():
    told = [document for document in _documents().values() if document["release"]["kind"] == "session"]
    assert sorted(document["release"]["series"]["episode"] for document in told) == [1, 2, 3, 4, 5, 6]
    assert all(document["deal"][0]["members_only"] for document in told)
    assert all("track_tier" not in document["deal"][0] for document in told)


def test_a_free_single_an_explicit_track_and_a_double_album_are_there():
    documents = _documents()
    assert documents["first-light"]["deal"][0]["release_tier"] == "free"
    assert documents["northbound-signals"]["release"]["explicit"] is True
    assert {track["file"].split("/")[0] for track in documents["sma-sviter"]["track"]} == {"CD1", "CD2"}


def test_lines_of_lyrics_stand_in_order_and_start_with_their_section():
    sung = [track for track in TRACKS if track.lyrics]
    assert len(sung) >= 5
    for track in sung:
        stamps = [int(row[1:3]) * 60 + float(row[4:9]) for row in track.lyrics.splitlines()]
        assert stamps == sorted(set(stamps))
        assert stamps[-1] < track.piece.seconds
        starts = form.section_starts(track.piece)
        for section, lines in track.lines:
            assert min(abs(stamp - starts[section][1]) for stamp in stamps) < 0.011
            following = starts[section + 1][1]
            assert sum(starts[section][1] - 0.01 <= stamp < following - 0.01 for stamp in stamps) == len(lines)


def test_a_preview_starts_within_its_track():
    for track in TRACKS:
        assert track.preview_start is not None
        assert 0 < track.preview_start < track.piece.seconds - 15


def test_file_names_are_fit_for_any_file_system():
    for release in RELEASES:
        for number, track in release.numbered():
            assert not set('<>:"\\|?*') & set(catalogue.track_path(release, number, track))
