from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.kernel.money import Money
from bandstand.store.shopfront import countries, rules
from bandstand.store.shopfront.rules import Sound

CD = Sound(44_100, 16, 2, lossless=True, loudness=-14.2)
STUDIO = Sound(96_000, 24, 2, lossless=True, loudness=-9.04)
LOSSY = Sound(48_000, None, 2, lossless=False, loudness=None)


@pytest.mark.parametrize(
    ("sounds", "said"),
    [
        ([CD], "44.1 kHz / 16 bit"),
        ([CD, CD, STUDIO], "96 kHz / 24 bit, 44.1 kHz / 16 bit"),
        ([LOSSY], "48 kHz"),
        ([], ""),
    ],
)
def test_quality_names_every_kind_once_the_best_first(sounds, said):
    assert rules.quality(sounds) == said


@pytest.mark.parametrize(
    ("sounds", "said"), [([CD], "−14.2 LUFS"), ([CD, STUDIO], "−14.2 to −9.0 LUFS"), ([LOSSY], ""), ([], "")]
)
def test_loudness_is_one_value_or_a_range(sounds, said):
    assert rules.loudness(sounds) == said


@pytest.mark.parametrize(
    ("money", "said"), [(Money(899, "EUR"), "8.99"), (Money(5, "EUR"), "0.05"), (Money(1200, "JPY"), "1200")]
)
def test_machines_read_amounts_with_a_point(money, said):
    assert rules.decimal(money) == said


def test_a_moment_falls_on_the_storefronts_own_day():
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert rules.local_day(late, "Europe/Berlin") == date(2026, 11, 24)
    assert rules.local_day(late, "America/New_York") == date(2026, 11, 23)


@given(st.text())
def test_no_text_ends_the_data_block_and_every_text_survives_it(text):
    block = rules.linked_data({"name": text})
    inner = block.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not set("<>&\u2028\u2029") & set(inner)
    assert json.loads(inner) == {"name": text}


def test_countries_are_in_the_order_of_their_names():
    names = [name for _, name in countries.choices(["SE", "DE", "AT"])]
    assert names == ["Austria", "Germany", "Sweden"]
    assert len(countries.choices(["ww"])) == len(countries.NAMES) == 249 - 7  # where nobody lives, nobody pays
    assert countries.name("XX") == "XX"
