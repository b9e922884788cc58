"""Comparing fingerprints, from numbers."""

from __future__ import annotations

import numpy as np
import pytest

from bandstand.media import fingerprints


def items(seed: int, count: int = 400) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**32, count, dtype=np.uint32)


def packed(numbers: np.ndarray) -> bytes:
    return numbers.astype("<u4").tobytes()


def with_errors(numbers: np.ndarray, share: float) -> np.ndarray:
    bits = np.random.default_rng(9).random((numbers.size, 32)) < share
    return numbers ^ (bits @ (1 << np.arange(32, dtype=np.uint64))).astype(np.uint32)


@pytest.mark.parametrize("shift", [0, 24, 150])
def test_a_later_start_is_found_with_its_offset(shift: int):
    one = items(1)
    found = fingerprints.compare(packed(one), packed(one[shift:]))
    assert found == fingerprints.Likeness(0.0, shift, 400 - shift)
    back = fingerprints.compare(packed(one[shift:]), packed(one))
    assert (back.offset, back.same) == (-shift, True)


def test_the_error_is_the_share_of_bits_that_differ():
    one = items(2)
    found = fingerprints.compare(packed(one), packed(with_errors(one, 0.1)))
    assert found.error == pytest.approx(0.1, abs=0.01)
    assert found.same


def test_other_numbers_are_no_match():
    found = fingerprints.compare(packed(items(3)), packed(items(4)))
    assert found.error > 0.4
    assert not found.same


def test_what_is_too_short_or_too_plain_tells_nothing():
    hum = np.full(400, 627_964_279, np.uint32)
    assert fingerprints.compare(packed(items(5)), packed(items(5, 20))) is None
    assert fingerprints.compare(packed(hum), packed(hum)) is None
    assert fingerprints.marks(packed(hum)) == fingerprints.marks(b"") == []


def test_marks_are_chosen_by_value_not_by_place():
    one = items(6)
    whole, later = set(fingerprints.marks(packed(one))), set(fingerprints.marks(packed(one[24:])))
    assert len(whole) == fingerprints.MARKS
    assert len(whole & later) > 0.8 * fingerprints.MARKS
    assert not whole & set(fingerprints.marks(packed(items(7))))
