from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.store.delivery import rules

FORBIDDEN = set('<>:"/\\|?*')
titles = st.text(st.characters(exclude_categories=("Cs",)), max_size=300)


def test_a_track_is_named_by_its_place_and_title():
    assert rules.track_name(disc=1, number=2, title="Harbour", extension="flac", discs=1) == "02 Harbour.flac"


def test_discs_are_named_only_when_there_are_several():
    assert rules.track_name(disc=2, number=11, title="Harbour", extension="mp3", discs=2) == "2-11 Harbour.mp3"


@pytest.mark.parametrize("script", ["海の歌", "Песня о море", "أغنية البحر", "Ωδή", "Māra Līnde", "क्षमा", "👩‍🎤 live"])
def test_scripts_stay_as_they_are(script):
    assert rules.safe_name(script) == unicodedata.normalize("NFC", script)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("AC/DC", "AC-DC"),
        ("Evening: Ferry", "Evening - Ferry"),
        ("12:30", "12-30"),
        ("What?", "What"),
        ('He said "go"', "He said 'go'"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("two\r\nlines", "two lines"),
        ("...", "Untitled"),
        ("ends with dots...", "ends with dots"),
        (".hidden", "hidden"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("CON", "CON_"),
        ("nul.flac", "nul_.flac"),
        ("", "Untitled"),
    ],
)
def test_what_disks_forbid_is_replaced(title, name):
    assert rules.safe_name(title) == name


def test_a_long_name_is_cut_between_characters_and_keeps_its_accents_whole():
    assert rules.safe_name("e" * 20 + "x\u0323\u0302" * 60, limit=30).endswith("x\u0323\u0302")


@given(titles)
def test_every_title_gives_a_name_that_every_disk_keeps(title):
    name = rules.safe_name(title)
    assert 0 < len(name.encode()) <= rules.MAX_FILE_NAME
    assert not FORBIDDEN & set(name)
    assert name == name.strip()
    assert name[-1] != "."
    assert name[0] != "."
    assert all(unicodedata.category(c) not in ("Cc", "Cs") for c in name)
    assert rules.safe_name(name) == name


@given(titles, titles)
def test_folder_zip_and_track_names_fit_a_ticket(artist, title):
    assert len(rules.zip_name(artist=artist, title=title, fmt="MP3 V0").encode()) <= 255
    assert len(rules.track_name(disc=12, number=99, title=title, extension="flac", discs=12).encode()) <= 255


def test_names_that_differ_only_in_case_or_composition_are_numbered():
    assert rules.distinct(["Song.flac", "song.flac", "Café.flac", "Cafe\u0301.flac", "song (2).flac"]) == [
        "Song.flac", "song (2).flac", "Café.flac", "Cafe\u0301 (2).flac", "song (2) (2).flac",
    ]  # fmt: skip


@given(st.lists(titles, max_size=12))
def test_distinct_names_are_distinct_on_every_disk(texts):
    found = rules.distinct(rules.safe_name(text) for text in texts)
    assert len({unicodedata.normalize("NFC", unicodedata.normalize("NFC", n).casefold()) for n in found}) == len(texts)


def test_a_list_of_hashes_is_what_sha256sum_reads():
    assert rules.sums_text([("ab" * 32, "01 Sea.flac")]) == f"{'ab' * 32}  01 Sea.flac\n"
