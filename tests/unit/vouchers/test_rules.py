"""Codes as people type them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.store.vouchers import rules

codes = st.text(rules.LETTERS, min_size=12, max_size=12)
signs = st.text("- \u2013.\t", max_size=3)
ALIKE = {"0": "0Oo", "1": "1IiLl"}


@given(codes, st.data())
def test_a_code_is_found_however_it_is_typed(text, data):
    typed = "".join(
        data.draw(signs) + data.draw(st.sampled_from(ALIKE.get(letter, letter + letter.lower()))) for letter in text
    )
    assert rules.fold(typed + data.draw(signs)) == text


@given(codes)
def test_a_code_is_read_back_from_its_groups(text):
    assert rules.grouped(text) == f"{text[:4]}-{text[4:8]}-{text[8:]}"
    assert rules.fold(rules.grouped(text)) == text


@given(st.text())
def test_any_text_gives_a_code_or_nothing(typed):
    folded = rules.fold(typed)
    assert len(folded) <= rules.LONGEST
    assert rules.fold(folded) == folded


def test_a_drawn_code_has_sixty_random_bits(monkeypatch):
    assert len(rules.LETTERS) ** rules.RANDOM_LETTERS == 2**60
    drawn = [rules.new_text() for _ in range(400)]
    assert len(set(drawn)) == 400
    assert {letter for text in drawn for letter in text} == set(rules.LETTERS)
    random.seed(7)  # it must not be the generator that anybody can wind back
    once = rules.new_text()
    random.seed(7)
    assert rules.new_text() != once


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("summer26", "SUMMER26"), ("  Welcome ", "WELCOME"), ("AB", None), ("TWO WORDS", None), ("ÄRGER", None)],
)
def test_a_word_is_letters_and_digits(typed, shown):
    assert rules.word(typed) == shown


def test_a_reduction_for_some_releases_reaches_no_others():
    some = rules.Reduction(percent=10, release_ids=frozenset({3}))
    assert some.reaches(3)
    assert not some.reaches(4)
    assert rules.Reduction(percent=10).reaches(4)


@pytest.mark.parametrize("why", list(rules.Why))
def test_every_refusal_has_a_reason_and_a_way_out(why):
    refused = rules.VoucherRefusedError(why)
    assert refused.code == f"vouchers.{why}"
    assert refused.sentence
    assert refused.hint
