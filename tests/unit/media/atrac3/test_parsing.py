"""Reading sound units: any bytes, and what the error says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.kernel.errors import FormatError, TruncatedError
from bandstand.media.codecs.atrac3._faults import Fault
from bandstand.media.codecs.atrac3._pack import pack_units
from bandstand.media.codecs.atrac3._parse import parse_second, parse_units, scan_units
from bandstand.media.codecs.atrac3._speed import twins
from bandstand.media.codecs.atrac3._units import Stereo, Units

from . import streams

FIELDS = ("code", "bit", "found")


def unit_of(bits: str, size: int = 16) -> np.ndarray:
    text = bits.replace(" ", "")
    return np.frombuffer(int(text.ljust(8 * size, "0"), 2).to_bytes(size, "big"), np.uint8)[None]


BROKEN = [
    ("100000 00", "sign of the sound unit", 0, 0x20),
    ("101000 00 010 0100 00110 0100 00110", "place of a gain point", 3, 6),
    ("101000 00 000 00001 10", "mode of tones", 2, 2),
    ("101000 00 000 00001 00 1 000 001", "selector of tones", 2, 1),
]


@pytest.mark.parametrize(("bits", "what", "at", "found"), BROKEN)
@pytest.mark.parametrize("row", [0, 2])
def test_a_unit_that_breaks_the_syntax_says_what_and_where(bits, what, at, found, row):
    rows = np.repeat(pack_units(Units.silent(1), 16), 4, axis=0)
    rows[row] = unit_of(bits)[0]
    with pytest.raises(FormatError) as refused:
        parse_units(rows)
    assert (refused.value.what, refused.value.at, refused.value.found) == (what, row * 16 + at, found)


@pytest.mark.parametrize("compiled", [False, True])
def test_sixty_five_tones_are_too_many(compiled):
    cells = "111" + "000000 000000 0" * 7
    group = "1111 000 010" + (cells * 10 + "000" * 6)
    scan = scan_units(unit_of("101000 11" + "000" * 4 + "00001 00" + group, 200), compiled=compiled)
    assert (scan.faults.code[0], scan.faults.found[0]) == (Fault.TONES, 65)


@pytest.mark.parametrize("compiled", [False, True])
def test_groups_without_components_are_dropped(compiled):
    empty, one = "1 000 010 000 000 000 000", "1 000 010 000 001 000011 000101 100 000 000"
    scan = scan_units(unit_of("101000 00 000 00011 00" + empty + one + empty + "00000 0 000", 30), compiled=compiled)
    assert not scan.faults.code[0]
    tones = scan.units.tones
    assert (tones.group.tolist(), tones.start.tolist(), tones.scale.tolist()) == ([0], [69], [3])
    assert tones.mantissas[0, 0] == 1


def test_a_unit_that_goes_on_behind_its_end_is_truncated():
    whole = streams.units(np.random.default_rng(8), 1, room=192)
    rows = pack_units(whole, 192)[:, :40]
    with pytest.raises(TruncatedError) as refused:
        parse_units(rows)
    assert refused.value.at == 40


def test_bytes_before_a_second_unit_are_skipped():
    rng = np.random.default_rng(2)
    units, stereo = streams.units(rng, 5, room=60, second=True), streams.stereo(rng, 5)
    rows = np.pad(pack_units(units, 60, stereo), ((0, 0), (3, 0)), constant_values=0xF8)
    assert parse_second(rows) == (units, stereo)


def test_nothing_but_bytes_to_skip_is_no_unit():
    with pytest.raises(FormatError, match="0xF8"):
        parse_second(np.full((1, 40), 0xF8, np.uint8))


def test_broken_units_of_a_block_are_silent_and_the_others_unharmed():
    rng = np.random.default_rng(6)
    units = streams.units(rng, 6, room=100)
    rows = pack_units(units, 100)
    rows[[1, 4], 0] = 0
    scan = scan_units(rows)
    assert np.flatnonzero(scan.faults.code).tolist() == [1, 4]
    good = [0, 2, 3, 5]
    np.testing.assert_array_equal(scan.units.mantissas[good], units.mantissas[good])
    assert not scan.units.selectors[[1, 4]].any()
    assert not np.isin(scan.units.tones.frame, [1, 4]).any()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.integers(1, 200))
def test_any_bytes_give_units_that_can_be_written_or_faults(seed, second, size):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 256, (40, size), dtype=np.uint8)
    rows[:, 0] = rows[:, 0] & 3 | 0xA0 if not second else rows[:, 0]
    if size > 1 and second:
        rows[:, 1] = rows[:, 1] & 0xF3 | 0x0C
    rows[:10, 1 + second + rng.integers(0, 6) :] = 0
    scan = scan_units(rows, second=second)
    assert (scan.faults.bit[scan.faults.code > 0] <= 8 * size).all()
    packed = pack_units(scan.units, 600)
    assert parse_units(packed) == scan.units


@pytest.mark.skipif(twins() is None, reason="numba is not installed")
@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_the_compiled_reader_reads_what_numpy_reads(seed, second):
    rng = np.random.default_rng(seed)
    valid = streams.units(rng, 10, room=150, second=second, wild=True)
    rows = pack_units(valid, 150, streams.stereo(rng, 10) if second else None)
    mutated = np.where(rng.random((30, 150)) < 0.01, rng.integers(0, 256, (30, 150)), np.tile(rows, (3, 1)))
    noise = rng.integers(0, 256, (30, 150)) & rng.integers(0, 256, (30, 1))
    noise[:, 0] = 0xA0 | noise[:, 0] & 3
    rows = np.concatenate((rows, mutated.astype("u1"), noise.astype("u1")))
    one, other = (scan_units(rows, second=second, compiled=compiled) for compiled in (False, True))
    assert one.units == other.units
    assert one.stereo == other.stereo
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(one.faults, name), getattr(other.faults, name))


def test_units_are_equal_when_all_their_elements_are():
    one, other = Units.silent(3), Units.silent(3)
    assert one == other
    other.mantissas[2, 1000] = 1
    assert one != other
    assert Stereo.plain(2) != Units.silent(2)
