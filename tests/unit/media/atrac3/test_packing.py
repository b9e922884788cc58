"""Writing sound units: the bytes, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.media.codecs.atrac3._pack import UnitTooLargeError, pack_joint, pack_units, unit_bits
from bandstand.media.codecs.atrac3._parse import parse_second, parse_units
from bandstand.media.codecs.atrac3._speed import twins
from bandstand.media.codecs.atrac3._units import Stereo, Tones, Units

from . import streams

seeds = st.integers(0, 2**32 - 1)


def with_lines(selector, mantissas, *, constant=False, scale=30):
    """Return one unit whose first stretch has a selector and mantissas."""
    unit = Units.silent(1)
    unit.coded[0] = 1
    unit.selectors[0, 0], unit.scales[0, 0], unit.constant[0] = selector, scale, constant
    unit.mantissas[0, : len(mantissas)] = mantissas
    return unit


def with_tones(**changes):
    """Return one unit of four bands with two tones of one group."""
    tones = Tones(
        frame=np.zeros(2, "i4"), group=np.zeros(2, "u1"), constant=np.zeros(2, bool), lines=np.full(2, 3, "u1"),
        selector=np.full(2, 5, "u1"), scale=np.full(2, 9, "u1"), start=np.array([70, 600], "i2"),
        mantissas=np.pad(np.ones((2, 3), "i1"), ((0, 0), (0, 5))),
    )  # fmt: skip
    changed = {name: np.asarray(value, getattr(tones, name).dtype) for name, value in changes.items()}
    return replace(Units.silent(1), bands=np.array([4], "u1"), tones=replace(tones, **changed))


@settings(max_examples=25, deadline=None)
@given(seeds, st.sampled_from([40, 96, 152, 192]), st.booleans())
def test_units_survive_the_round_trip(seed, room, wild):
    units = streams.units(np.random.default_rng(seed), 12, room=room, wild=wild)
    assert parse_units(pack_units(units, room)) == units


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(5, 120))
def test_second_units_survive_the_round_trip_with_their_stereo(seed, room):
    rng = np.random.default_rng(seed)
    units, stereo = streams.units(rng, 12, room=room, second=True), streams.stereo(rng, 12)
    assert parse_second(pack_units(units, room, stereo)) == (units, stereo)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_the_bits_of_a_unit_are_what_it_needs(seed):
    units = streams.units(np.random.default_rng(seed), 4, room=192)
    need = -(-unit_bits(units) // 8)
    packed = pack_units(units, need)
    assert packed.shape == (4, need.max())
    with pytest.raises(UnitTooLargeError) as refused:
        pack_units(units, need - (np.arange(4) == 2))
    assert (refused.value.frame, refused.value.bits) == (2, unit_bits(units)[2])
    assert refused.value.room == 8 * (need[2] - 1)


@pytest.mark.skipif(twins() is None, reason="numba is not installed")
@settings(max_examples=12, deadline=None)
@given(seeds, st.booleans())
def test_the_compiled_writer_writes_what_numpy_writes(seed, second):
    rng = np.random.default_rng(seed)
    units, stereo = streams.units(rng, 10, room=190, second=second, wild=True), streams.stereo(rng, 10)
    one, other = (pack_units(units, 190, stereo if second else None, compiled=compiled) for compiled in (False, True))
    np.testing.assert_array_equal(one, other)
    one, other = (unit_bits(units, second=second, compiled=compiled) for compiled in (False, True))
    np.testing.assert_array_equal(one, other)


def test_a_silent_unit_is_three_bytes_and_zeros():
    # 101000 00 | 000 00000 | 00001 0 000 000: sign, one band without points, no tones, two selectors, which are 0
    assert pack_units(Units.silent(1), 192)[0].tobytes() == bytes.fromhex("a00008") + bytes(189)


def test_a_silent_second_unit_says_sum_and_difference():
    assert pack_units(Units.silent(1), 5, Stereo.plain(1))[0].tobytes().hex() == "7ffc000800"


def test_a_unit_of_known_fields_gives_known_bits():
    unit = with_lines(2, [1, 0, -2, 0, 0, 2, 0, -1])
    bits = "101000 00 000 00000 00000 0 010 011110 100 0 111 0 0 110 0 101".replace(" ", "")
    assert unit_bits(unit)[0] == len(bits)
    assert pack_units(unit, 7)[0].tobytes() == int(bits.ljust(56, "0"), 2).to_bytes(7, "big")


def test_the_units_of_a_joint_frame_meet_at_the_split():
    rng = np.random.default_rng(4)
    split = np.array([60, 120, 187])
    first, second = streams.units(rng, 3, room=split), streams.units(rng, 3, room=192 - split, second=True)
    stereo = streams.stereo(rng, 3)
    frames = pack_joint(first, second, stereo, split, 192)
    assert parse_units(frames) == first
    assert parse_second(frames[:, ::-1]) == (second, stereo)


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_a_joint_frame_never_ends_in_a_byte_that_readers_skip(seed):
    rng = np.random.default_rng(seed)
    stereo = replace(streams.stereo(rng, 60), swapped=np.ones(60, bool), weight=np.full(60, 7, "u1"))
    frames = pack_joint(Units.silent(60), Units.silent(60), stereo, np.full(60, 90), 192)
    assert 0xF8 not in frames[:, -1]


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        ("bands", replace(Units.silent(1), bands=np.array([5], "u1"))),
        ("coded", replace(Units.silent(1), coded=np.array([0], "u1"))),
        ("gain_counts", replace(Units.silent(1), gain_counts=np.array([[0, 1, 0, 0]], "u1"))),
        ("gain_places", replace(Units.silent(1), gain_counts=np.array([[2, 0, 0, 0]], "u1"))),
        ("gain_levels", replace(Units.silent(1), gain_levels=np.full((1, 4, 7), 16, "u1"))),
        ("selectors", replace(Units.silent(1), selectors=np.eye(1, 32, 2, dtype="u1"))),
        ("scales", replace(Units.silent(1), scales=np.full((1, 32), 64, "u1"))),
        ("mantissa 4", with_lines(3, [0, 4])),
        ("mantissa 8", with_lines(5, [8], constant=True)),
        ("selector 1", with_lines(1, [0, 2])),
        ("mantissa -2", with_lines(1, [-2, 0])),
        ("'selector'", with_tones(selector=[1, 1])),
        ("'lines'", with_tones(lines=[3, 2])),
        ("'start'", with_tones(start=[70, 1024])),
        ("mantissa", with_tones(mantissas=np.full((2, 8), 9))),
        ("band", replace(with_tones(), bands=np.array([2], "u1"))),
        ("'frame'", with_tones(frame=[0, 1])),
    ],
)
def test_fields_that_nothing_can_read_back_are_refused_by_name(field, unit):
    for compiled in (False, True):
        with pytest.raises(ValueError, match=field):
            pack_units(unit, 192, compiled=compiled)


def test_more_tones_than_readers_take_are_refused():
    many = {name: np.repeat(getattr(with_tones().tones, name)[:1], 8, axis=0) for name in Tones.__dataclass_fields__}
    unit = replace(with_tones(), tones=Tones(**many))
    with pytest.raises(ValueError, match="more than 7 tones"):
        pack_units(unit, 192)
    many = {name: np.repeat(column, 9, axis=0) for name, column in many.items()}
    many["start"] = (np.arange(72) * 14).astype("i2")
    with pytest.raises(ValueError, match="more than 64 tones"):
        pack_units(replace(unit, tones=Tones(**many)), 400)


def test_the_matrix_that_no_writer_may_use_is_refused():
    stereo = replace(Stereo.plain(1), matrix=np.array([[3, 2, 3, 3]], "u1"))
    with pytest.raises(ValueError, match="matrix"):
        pack_units(Units.silent(1), 96, stereo)
