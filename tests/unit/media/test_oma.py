"""OMA files: the header, frames in clear and protected, what is locked."""

from __future__ import annotations

import dataclasses
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import omas
from tests.omas import LP2, NODE, ROOT, TAGGED

from bandstand.kernel.errors import FormatError, RefusedError, TruncatedError
from bandstand.kernel.units import Bytes, Frames, Hz
from bandstand.licences import openmg
from bandstand.licences.openmg import Keys
from bandstand.media.containers import Codec, Facts, LockedError, Trim, _omaheader, oma
from bandstand.media.containers._ea3 import Ea3Tag, Frame
from bandstand.media.containers._omaheader import OmaHeader
from bandstand.media.containers.oma import OmaReader, OmaWriter
from bandstand.media.tags import Tags

MPEG = b"\xff\xfb\x90\x64" + bytes(413)  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz, joint stereo
ADTS = b"\xff\xf1\x50\x80" + bytes(60)  # AAC LC, 44.1 kHz, two channels

headers = st.builds(
    OmaHeader,
    codec=st.sampled_from(Codec),
    parameters=st.integers(0, 2**24 - 1),
    protection=st.integers(0, 0xFFFF),
    version=st.integers(0, 255),
    content_id=st.binary(min_size=20, max_size=20),
    duration_ms=st.integers(0, 2**32 - 1),
    mpeg_frames=st.integers(0, 2**32 - 1),
    iv=st.binary(min_size=8, max_size=8),
    unknown=st.tuples(st.binary(min_size=4, max_size=4), st.binary(min_size=44, max_size=44)),
)


def opened(content: bytes, *, keys: Keys = Keys()) -> OmaReader:  # noqa: B008  # frozen
    return OmaReader(BytesIO(content), keys)


def header(**changed: object) -> OmaHeader:
    return OmaHeader(**{"codec": Codec.ATRAC3, "parameters": 0x002030} | changed)


@given(value=headers)
def test_a_header_survives_the_round_trip(value: OmaHeader):
    assert len(value.pack()) == 96
    assert OmaHeader.read(value.pack(), at=0) == value


@given(start=headers.map(OmaHeader.pack), cut=st.integers(0, 96), body=st.binary(max_size=96))
def test_any_bytes_give_a_header_or_a_format_error(start: bytes, cut: int, body: bytes):
    refused = None
    try:
        OmaHeader.read(start[:cut] + body, at=3072).facts(at=3072)
    except FormatError as error:
        refused = error
    assert refused is None or 3072 <= refused.at < 3072 + 96


@pytest.mark.parametrize(
    ("parameters", "rate", "length", "joint"),
    [
        ("002030", 44_100, 384, False),
        ("002026", 44_100, 304, False),
        ("022018", 44_100, 192, True),
        ("000030", 32_000, 384, False),
        ("008030", 96_000, 384, False),
    ],
)
def test_atrac3_parameters_are_the_known_bytes(parameters: str, rate: int, length: int, joint: bool):
    found = header(parameters=int(parameters, 16)).facts(at=0)
    assert (found.rate, found.frame_bytes, found.joint, found.frame_samples) == (rate, length, joint, 1024)
    assert _omaheader.of(found).pack()[32:36].hex() == "00" + parameters


def test_atrac3plus_parameters_are_read():
    found = header(codec=Codec.ATRAC3PLUS, parameters=0x002800 | 0x2E7).facts(at=0)
    assert (found.rate, found.channels, found.frame_bytes, found.frame_samples) == (44_100, 2, 5_952, 2048)
    assert found.bit_rate == 5_952 * 8 * 44_100 // 2048


def test_the_header_of_an_mp3_repeats_its_first_frame():
    made = _omaheader.of(Facts(codec=Codec.MP3, duration_ms=1000, frames=38), first=MPEG)
    assert made.pack()[32:36].hex() == "0380d910"
    assert (made.duration_ms, made.mpeg_frames) == (1000, 38)
    assert (made.facts(at=0).rate, made.facts(at=0).channels) == (44_100, 2)


@pytest.mark.parametrize(
    ("at", "value"), [(0, b"EA4"), (4, b"\0\x5f"), (32, b"\x07"), (33, b"\0\xe0\x30"), (34, b"\x20\0")]
)
def test_a_header_that_is_wrong_is_refused_where_it_is_wrong(at: int, value: bytes):
    changed = bytearray(header().pack())
    changed[at : at + len(value)] = value
    with pytest.raises(FormatError) as refused:
        OmaHeader.read(bytes(changed), at=1000).facts(at=1000)
    assert 0 <= refused.value.at - 1000 - at <= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"codec": Codec.WMA},
        {"codec": Codec.ATRAC3PLUS},
        {"channels": 1},
        {"rate": Hz(22_050)},
        {"frame_bytes": Bytes(383)},
        {"frame_bytes": None},
        {"codec": Codec.LPCM, "rate": Hz(48_000)},
    ],
)
def test_what_an_oma_file_can_not_say_is_refused_before_a_byte_is_written(wrong: dict):
    sink = BytesIO()
    with pytest.raises(FormatError):
        oma.create(sink, dataclasses.replace(omas.facts(), **wrong), Tags())
    assert sink.getvalue() == b""


def test_what_was_written_is_read_again():
    reader = opened(omas.made("oma", omas.facts(cut_off=77), omas.frames()))
    assert reader.facts == dataclasses.replace(omas.facts(cut_off=77), duration_ms=round((9 * 1024 - 1162 - 77) / 44.1))
    assert reader.tags == TAGGED
    assert b"".join(reader.payload()) == b"".join(omas.frames())
    assert reader.tag.texts(b"TLEN") == [str(reader.facts.duration_ms)]


@pytest.mark.parametrize("seal", [None, openmg.seal(ROOT)], ids=["clear", "protected"])
@given(start=st.integers(0, 12), frames=st.integers(1, 12))
def test_frames_come_in_blocks_from_any_frame_on(seal: openmg.Seal | None, start: int, frames: int):
    content = omas.sealed(seal) if seal else omas.made("oma", omas.facts(), omas.frames())
    blocks = list(opened(content, keys=Keys(roots=(ROOT,))).blocks(start, frames=frames))
    assert b"".join(blocks) == b"".join(list(omas.frames())[start:])
    assert all(0 < len(block) <= frames * LP2 and len(block) % LP2 == 0 for block in blocks)


@given(data=st.data())
def test_it_does_not_matter_in_which_pieces_the_sound_was_written(data: st.DataObject):
    sound = b"".join(omas.frames())
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sound)), max_size=6)))
    pieces = [sound[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(sound)], strict=True)]
    assert omas.made("oma", omas.facts(), iter(pieces)) == omas.made("oma", omas.facts(), omas.frames())


def test_two_walks_over_one_file_do_not_disturb_each_other():
    reader = opened(omas.sealed(openmg.seal(ROOT)), keys=Keys(roots=(ROOT,)))
    both = list(zip(reader.blocks(frames=1), reader.blocks(frames=1), strict=True))
    assert [one for one, _ in both] == [other for _, other in both] == list(omas.frames())


@pytest.mark.parametrize(
    ("codec", "payload", "told"),
    [
        (Codec.MP3, MPEG * 7, (44_100, 2, None)),
        (Codec.AAC, ADTS * 50, (44_100, 2, None)),
        (Codec.LPCM, bytes(range(255, -1, -1)) * 9, (44_100, 2, round(2304 / 4 / 44.1))),
    ],
)
@pytest.mark.parametrize("seal", [None, openmg.seal(ROOT)], ids=["clear", "protected"])
def test_other_sound_than_atrac_is_carried_to_its_last_byte(codec, payload, told, seal):
    sink = BytesIO()
    writer = oma.create(sink, Facts(codec=codec, rate=Hz(44_100), channels=2), TAGGED, seal=seal)
    writer.write(payload[:2])
    writer.write(payload[2:])
    writer.close()
    reader = opened(sink.getvalue(), keys=Keys(roots=(ROOT,)))
    assert b"".join(reader.payload()) == b"".join(reader.blocks()) == payload
    assert (reader.facts.rate, reader.facts.channels, reader.facts.duration_ms) == told
    if seal:
        tail = len(payload) % 1024
        assert sink.getvalue().endswith(payload[-tail:])
        assert payload[:1024] not in sink.getvalue()


def test_a_file_that_we_can_not_make_is_carried_byte_for_byte():
    tag = Ea3Tag((Frame(b"WXYZ", b"\x09what", 7), Frame(b"TIT2", b"\0A"), Frame(b"WXYZ", b"")), 100)
    head = header(codec=Codec.ATRAC3PLUS_LOSSLESS, content_id=b"\x01\x0f\x50\0" * 5, unknown=(b"1234", b"x" * 44))
    original = tag.pack() + head.pack() + b"BLK" * 1000
    reader, sink = opened(original), BytesIO()
    writer = OmaWriter.of(sink, reader.header, reader.tag)
    for block in reader.payload():
        writer.write(block)
    writer.close()
    assert sink.getvalue() == original
    assert reader.facts.codec is Codec.ATRAC3PLUS_LOSSLESS


def test_a_file_without_a_tag_is_read():
    reader = opened(header().pack() + b"".join(omas.frames(3)))
    assert (reader.facts.frames, reader.facts.trim, reader.facts.duration_ms) == (3, None, 70)
    assert reader.tags == Tags()


def test_a_frame_that_is_cut_off_is_said_and_left_out():
    content = omas.made("oma", omas.facts(), omas.frames())[:-100]
    reader = opened(content)
    assert (reader.facts.frames, reader.facts.cut) == (8, True)
    assert reader.facts.trim == Trim(Frames(1162), Frames(8 * 1024 - 1162))
    assert b"".join(reader.blocks()) == b"".join(omas.frames(8))


def test_a_last_frame_that_is_not_whole_is_not_written():
    writer = oma.create(BytesIO(), omas.facts(), Tags())
    writer.write(bytes(LP2 + 5))
    with pytest.raises(FormatError) as refused:
        writer.close()
    assert refused.value.found == 5


@pytest.mark.parametrize("said", ["9999 1", "-1 5", "1162", "1162 x", "", "１ ２"])
def test_a_trim_that_lies_is_left_out(said: str):
    from bandstand.media.containers import _ea3

    content = _ea3.padded([_ea3.named(oma.TRIM, said)]).pack() + header().pack() + b"".join(omas.frames(9))
    assert opened(content).facts.trim is None
    assert opened(content).facts.duration_ms == round(9 * 1024 / 44.1)


def test_only_what_is_there_is_refused_when_it_ends_in_the_header():
    content = omas.made("oma", omas.facts(), omas.frames())
    with pytest.raises(TruncatedError) as refused:
        opened(content[: len(content) - 9 * LP2 - 1])
    assert refused.value.at == len(content) - 9 * LP2 - 96


@pytest.mark.parametrize(
    ("keys", "locked"),
    [
        (Keys(roots=(ROOT,)), False),
        (Keys(nodes=(NODE,)), False),
        (Keys(roots=(NODE,), nodes=(ROOT,)), True),
        (Keys(), True),
    ],
    ids=["root key", "node key", "other keys", "no key"],
)
def test_a_protected_file_opens_with_our_keys_and_else_shows_what_it_is(keys: Keys, locked: bool):
    reader = opened(omas.sealed(openmg.seal(ROOT, nodes=(NODE,))), keys=keys)
    assert reader.tags == TAGGED
    assert (reader.facts.codec, reader.facts.duration_ms, reader.facts.protected) == (Codec.ATRAC3, 183, True)
    assert bool(reader.facts.locked) is locked
    if not locked:
        assert b"".join(reader.payload()) == b"".join(omas.frames())
        return
    for ask in (reader.blocks, reader.payload):
        with pytest.raises(LockedError) as refused:
            ask()
        assert isinstance(refused.value, RefusedError)
        assert refused.value.code == "oma.locked"
        assert refused.value.reason == reader.facts.locked


@pytest.mark.parametrize("mark", [0x0000, 0x0001, 0x0080, 0xFFFE, 0xFF00])
def test_every_mark_but_the_two_open_ones_locks(mark: int):
    content = header(protection=mark).pack() + b"".join(omas.frames())
    with pytest.raises(LockedError):
        opened(content, keys=Keys(roots=(ROOT,))).payload()


@pytest.mark.parametrize("mark", [0xFFFF, 0xFF80])
def test_the_two_open_marks_open(mark: int):
    content = header(protection=mark).pack() + b"".join(omas.frames())
    assert b"".join(opened(content).payload()) == b"".join(omas.frames())


def test_a_damaged_key_part_locks():
    content = omas.sealed(openmg.seal(ROOT)).replace(b"KEYRING ", b"KEYRINGS")
    assert opened(content, keys=Keys(roots=(ROOT,))).facts.locked


def test_a_protected_header_is_not_written_over_clear_sound():
    with pytest.raises(ValueError, match="protected"):
        OmaWriter.of(BytesIO(), header(protection=1), Ea3Tag())


@given(data=st.data())
def test_a_changed_file_is_read_or_refused(data: st.DataObject):
    content = bytearray(omas.sealed(openmg.seal(ROOT, nodes=(NODE,))))
    places = st.integers(0, 400) | st.integers(2_900, len(content) - 1)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(places)] = data.draw(st.integers(0, 255))
    refused = None
    try:
        reader = opened(bytes(content[: data.draw(st.integers(0, len(content)))]), keys=Keys(nodes=(NODE,)))
        assert reader.facts.codec in Codec
        assert isinstance(reader.tags, Tags)
        sum(map(len, reader.payload()))
    except (FormatError, LockedError) as error:
        refused = error
    assert refused is None or getattr(refused, "at", 0) >= 0
