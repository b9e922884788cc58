from __future__ import annotations

import pytest
from django.core.validators import validate_unicode_slug
from hypothesis import given
from hypothesis import strategies as st

from bandstand.store.catalogue.rules import MAX_LINE, Billed, artist_line, base_slug, free_slug, sort_name


@pytest.mark.parametrize(
    ("billed", "line"),
    [
        ([Billed("Mara Linde")], "Mara Linde"),
        ([Billed("Mara Linde"), Billed("Jo Tamm", "featured")], "Mara Linde feat. Jo Tamm"),
        (
            [Billed("A"), Billed("B"), Billed("C"), Billed("D", "featured"), Billed("E", "featured")],
            "A, B & C feat. D & E",
        ),
        ([Billed("Jo Tamm", "featured"), Billed("Mara Linde")], "Mara Linde feat. Jo Tamm"),
        ([Billed("A"), Billed("A")], "A"),
        ([], ""),
    ],
)
def test_billed_artists_read_as_on_a_cover(billed, line):
    assert artist_line(billed) == line


def test_a_line_of_very_many_artists_fits_its_column():
    assert len(artist_line([Billed(f"Artist number {n}") for n in range(100)])) <= MAX_LINE


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [
        ("The Tides", "en", "Tides, The"),
        ("the tides", "", "tides, the"),
        ("The Tides", "en-GB", "Tides, The"),
        ("The Tides", "de", "The Tides"),
        ("Theo", "en", "Theo"),
        ("The", "en", "The"),
        ("Die Gezeiten", "de", "Die Gezeiten"),
        ("東京", "ja", "東京"),
    ],
)
def test_only_an_english_article_goes_to_the_end(name, language, expected):
    assert sort_name(name, language) == expected


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Evening Ferry", "evening-ferry"),
        ("静かな港", "静かな港"),
        ("Λιμάνι του Βορρά", "λιμάνι-του-βορρά"),
        ("ميناء هادئ", "ميناء-هادئ"),
        ("AC/DC: Live!", "acdc-live"),
        ("🎷🎷", "release"),
        ("---", "release"),
    ],
)
def test_addresses_keep_the_script_of_the_name(text, slug):
    assert base_slug(text, fallback="release", longest=120) == slug


@given(st.text(max_size=400))
def test_any_name_gives_an_address_that_is_valid_and_fits(text):
    slug = free_slug(base_slug(text, fallback="release", longest=120), set())
    validate_unicode_slug(slug)
    assert len(slug) <= 112


def test_a_taken_address_is_numbered():
    assert free_slug("x", set()) == "x"
    assert free_slug("x", {"x-ray"}) == "x"
    assert free_slug("x", {"x"}) == "x-2"
    assert free_slug("x", {"x", "x-2", "x-7", "x-ray-9"}) == "x-8"
