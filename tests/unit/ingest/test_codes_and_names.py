from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.store.ingest.rules import codes, names
from bandstand.store.ingest.rules.names import FileName


@pytest.mark.parametrize("text", ["4006381333931", "400-638133393 1", "73513537", "036000291452", "10012345678902"])
def test_right_gtins_are_taken(text):
    assert codes.gtin(text)


@given(st.integers(0, 11), st.integers(1, 9))
def test_a_gtin_with_one_wrong_digit_is_refused(place, add):
    digits = list("4006381333931")
    digits[place] = str((int(digits[place]) + add) % 10)
    assert codes.gtin("".join(digits)) is None


@pytest.mark.parametrize("text", ["", "abc", "123", "٤٠٠٦٣٨١٣٣٣٩٣١", "40063813339310000", "0"])
def test_other_texts_are_no_gtin(text):
    assert codes.gtin(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DEXX12600001", "DEXX12600001"),
        ("de-xx1-26-00001", "DEXX12600001"),
        ("ISRC DE-XX1-26-00001", "DEXX12600001"),
        ("DEXX1260000", None),
        ("1234567890AB", None),
        ("", None),
    ],
)
def test_an_isrc_is_read_with_and_without_hyphens(text, code):
    assert codes.isrc(text) == code


def test_languages_and_series_names_are_checked():
    assert codes.language("pt-BR") == "pt-BR"
    assert codes.language("English") is None
    assert codes.is_slug("living-room")
    assert not codes.is_slug("Living Room")
    assert {"DE", "JP", "ZW"} <= codes.TERRITORIES
    assert len(codes.TERRITORIES) == 249


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("01 Harbour.flac", FileName(None, 1, "Harbour")),
        ("01. Harbour.flac", FileName(None, 1, "Harbour")),
        ("01 - Harbour.flac", FileName(None, 1, "Harbour")),
        ("1-03 Harbour.flac", FileName(1, 3, "Harbour")),
        ("2.04 Harbour.flac", FileName(2, 4, "Harbour")),
        ("CD2/04_Slack_Water.flac", FileName(2, 4, "Slack Water")),
        ("Disc 3 - Live/05.flac", FileName(3, 5, "05")),
        ("Harbour.flac", FileName(None, None, "Harbour")),
        ("99 Luftballons live.flac", FileName(None, 99, "Luftballons live")),
        ("1984.flac", FileName(None, None, "1984")),
        ("03 静かな港.flac", FileName(None, 3, "静かな港")),
        ("٠٣ ميناء.flac", FileName(None, 3, "ميناء")),
    ],
)
def test_file_names_say_disc_number_and_title(path, said):
    assert names.of_file(path) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Mara Linde - Evening Ferry (2026)", ("Mara Linde", "Evening Ferry")),
        ("Mara_Linde_-_Evening_Ferry", ("Mara Linde", "Evening Ferry")),
        ("Evening Ferry", ("", "Evening Ferry")),
        ("東京 - 夜", ("東京", "夜")),
        ("A - B - C", ("A", "B - C")),
    ],
)
def test_folder_names_say_artist_and_title(name, said):
    assert names.of_folder(name) == said


@pytest.mark.parametrize(
    ("artist", "said"),
    [
        ("Mara Linde feat. Jo Tamm", ("Mara Linde", "Jo Tamm")),
        ("Mara Linde (ft. Jo Tamm)", ("Mara Linde", "Jo Tamm")),
        ("Mara Linde featuring Jo Tamm", ("Mara Linde", "Jo Tamm")),
        ("AC/DC & Friends", ("AC/DC & Friends", "")),
        ("Feat. Nobody", ("Feat. Nobody", "")),
    ],
)
def test_featured_artists_are_found_in_one_text(artist, said):
    assert names.featured(artist) == said


def test_names_sort_by_their_numbers():
    assert sorted(["10 B", "2 A", "CD10/1", "CD2/1", "١ ع"], key=names.natural)[:2] == ["2 A", "10 B"]


@given(st.text(min_size=1, max_size=80))
def test_any_name_is_read_without_complaint(text):
    said = names.of_file(text)
    assert said.number is None or 1 <= said.number <= 999
    assert names.of_folder(text)
    assert names.natural(text) is not None
