"""ATRAC3 in RIFF/WAV."""

from __future__ import annotations

import dataclasses
import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import omas

from bandstand.kernel.errors import FormatError
from bandstand.kernel.units import Bytes, Frames, Hz
from bandstand.media.containers import Codec, Trim
from bandstand.media.containers.at3 import At3Format, At3Reader, At3Writer
from bandstand.media.tags import Tags

formats = st.builds(
    At3Format,
    channels=st.integers(1, 2),
    rate=st.integers(1, 192_000).map(Hz),
    frame_bytes=st.integers(1, 8_192).map(Bytes),
    joint=st.booleans(),
)
FMT = struct.pack("<HHIIHHHHIHHHH", 0x0270, 2, 44_100, 16_537, 384, 0, 14, 1, 0x1000, 0, 0, 1, 0)


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) & 1)


def wav(*chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + sum(map(len, chunks))) + b"WAVE" + b"".join(chunks)


@given(told=formats)
def test_a_format_survives_the_round_trip(told: At3Format):
    assert At3Format.read(told.pack(), at=20) == told


@given(start=st.integers(0, 32), body=st.binary(max_size=40))
def test_any_bytes_give_a_format_or_a_format_error(start: int, body: bytes):
    refused = None
    try:
        At3Format.read(FMT[:start] + body, at=20)
    except FormatError as error:
        refused = error
    assert refused is None or 20 <= refused.at <= 52


def test_the_format_of_lp2_has_the_known_bytes():
    assert At3Format(channels=2, rate=Hz(44_100), frame_bytes=Bytes(384), joint=False).pack() == FMT


def test_what_was_written_is_read_again():
    content = omas.made("at3", omas.facts(cut_off=77), omas.frames())
    reader = At3Reader(BytesIO(content))
    assert reader.facts == dataclasses.replace(omas.facts(cut_off=77), duration_ms=round((9 * 1024 - 1162 - 77) / 44.1))
    assert b"".join(reader.payload()) == b"".join(omas.frames())
    assert struct.unpack_from("<I", content, 4)[0] == len(content) - 8


def test_the_delay_that_is_told_leaves_out_what_every_decoder_knows():
    content = omas.made("at3", omas.facts(), omas.frames(), Tags())
    assert content[20:52] == FMT
    assert content[52:68] == b"fact" + struct.pack("<III", 8, 9 * 1024 - 1162, 1024)


def test_a_length_that_nobody_knows_is_not_made_up():
    content = omas.made("at3", dataclasses.replace(omas.facts(), trim=None), omas.frames())
    assert At3Reader(BytesIO(content)).facts.trim is None


@given(start=st.integers(0, 12), frames=st.integers(1, 12))
def test_frames_come_in_blocks_from_any_frame_on(start: int, frames: int):
    reader = At3Reader(BytesIO(omas.made("at3", omas.facts(), omas.frames())))
    assert b"".join(reader.blocks(start, frames=frames)) == b"".join(list(omas.frames())[start:])


def test_chunks_of_others_may_stand_anywhere():
    sound = b"".join(omas.frames(3))
    content = wav(
        chunk(b"JUNK", b"odd"), chunk(b"fmt ", FMT), chunk(b"fact", bytes(4)), chunk(b"data", sound), chunk(b"x", b"")
    )
    reader = At3Reader(BytesIO(content))
    assert b"".join(reader.blocks()) == sound
    assert (reader.facts.trim, reader.facts.cut) == (None, False)


@pytest.mark.parametrize("said", [(0, 9_000), (2**32 - 1, 2**32 - 1)])
def test_a_delay_that_is_longer_than_the_sound_is_left_out(said: tuple[int, int]):
    body = chunk(b"fact", struct.pack("<II", *said))
    reader = At3Reader(BytesIO(wav(chunk(b"fmt ", FMT), body, chunk(b"data", bytes(384 * 3)))))
    assert reader.facts.trim is None


def test_a_length_that_is_longer_than_the_sound_is_cut_to_it():
    body = chunk(b"fact", struct.pack("<II", 2**32 - 1, 1024))
    reader = At3Reader(BytesIO(wav(chunk(b"fmt ", FMT), body, chunk(b"data", bytes(384 * 3)))))
    assert reader.facts.trim == Trim(Frames(1162), Frames(3 * 1024 - 1162))


def test_a_file_that_was_cut_off_says_so():
    content = omas.made("at3", omas.facts(), omas.frames(), Tags())
    reader = At3Reader(BytesIO(content[:-1]))
    assert (reader.facts.frames, reader.facts.cut) == (8, True)
    assert b"".join(reader.blocks()) == b"".join(omas.frames(8))


@pytest.mark.parametrize(
    ("content", "at"),
    [
        (b"", 0),
        (b"RIFX\0\0\0\0WAVE", 0),
        (wav(chunk(b"fmt ", FMT)), 12),
        (wav(chunk(b"data", bytes(384))), 12),
        (wav(chunk(b"fmt ", FMT[:20]), chunk(b"data", b"")), 20),
        (wav(chunk(b"fmt ", b"\x01\0" + FMT[2:]), chunk(b"data", b"")), 20),
        (wav(chunk(b"fmt ", FMT[:12] + b"\0\0" + FMT[14:]), chunk(b"data", b"")), 32),
        (wav(chunk(b"fmt ", FMT[:28] + b"\2\0\0\0"), chunk(b"data", b"")), 48),
    ],
)
def test_what_is_no_such_file_is_refused_where_it_is_wrong(content: bytes, at: int):
    with pytest.raises(FormatError) as refused:
        At3Reader(BytesIO(content))
    assert refused.value.at == at


def test_chunks_without_end_are_refused():
    with pytest.raises(FormatError) as refused:
        At3Reader(BytesIO(wav(*[chunk(b"JUNK", b"")] * 1_001)))
    assert refused.value.what == "chunks"


@pytest.mark.parametrize("count", [8, 10])
def test_another_number_of_frames_than_announced_is_no_file(count: int):
    writer = At3Writer(BytesIO(), omas.facts(9), Tags())
    writer.write(b"".join(omas.frames(count)))
    with pytest.raises(FormatError) as refused:
        writer.close()
    assert refused.value.found == count * 384


@pytest.mark.parametrize(
    "wrong",
    [
        {"codec": Codec.MP3},
        {"frames": None},
        {"frame_bytes": None},
        {"rate": Hz(0)},
        {"channels": 3},
        {"frames": 2**24},
        {"trim": Trim(Frames(100), Frames(1))},
    ],
)
def test_what_the_file_can_not_say_is_refused_before_a_byte_is_written(wrong: dict):
    sink = BytesIO()
    with pytest.raises(FormatError):
        At3Writer(sink, dataclasses.replace(omas.facts(), **wrong), Tags())
    assert sink.getvalue() == b""


@given(data=st.data())
def test_a_changed_file_is_read_or_refused(data: st.DataObject):
    content = bytearray(omas.made("at3", omas.facts(), omas.frames(), Tags()))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, 80))] = data.draw(st.integers(0, 255))
    refused = None
    try:
        reader = At3Reader(BytesIO(content[: data.draw(st.integers(0, len(content)))]))
        assert reader.facts.frames is not None
        assert sum(map(len, reader.payload())) <= len(content)
    except FormatError as error:
        refused = error
    assert refused is None or refused.at >= 0
