"""The tag of OMA files: frames as they stand, and what Bandstand says in them."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import ID3

from bandstand.kernel.errors import FormatError, TruncatedError
from bandstand.media.containers import _ea3
from bandstand.media.containers._ea3 import Ea3Tag, Frame
from bandstand.media.tags import Picture, Tags, oma

names = st.from_regex(rb"[A-Z][A-Z0-9]{3}", fullmatch=True)
frames = st.builds(Frame, names, st.binary(max_size=80), st.integers(0, 0xFFFF))
tags = st.builds(Ea3Tag, st.lists(frames, max_size=8).map(tuple), st.integers(0, 50))
JPEG = b"\xff\xd8\xffpicture"


def packed(name: bytes, body: bytes, flags: int = 0) -> bytes:
    return struct.pack(">4sIH", name, len(body), flags) + body


@given(tag=tags)
def test_unknown_frames_survive_byte_for_byte_and_in_order(tag: Ea3Tag):
    stream = BytesIO(tag.pack())
    assert _ea3.read(stream, end=len(tag.pack())) == tag
    assert _ea3.read(stream, end=len(tag.pack())).pack() == tag.pack()


@given(body=st.binary(max_size=200), known=st.booleans())
def test_any_bytes_give_a_tag_or_a_format_error(body: bytes, known: bool):
    refused = None
    try:
        oma.tags(Ea3Tag.read(packed(b"TXXX", b"\2a\0\0b") * known + body, at=10))
    except FormatError as error:
        refused = error
    assert refused is None or refused.at >= 10


@given(
    st.binary(max_size=60), st.sampled_from([b"TIT2", b"TXXX", b"APIC", b"GEOB", b"COMM", b"USLT", b"IPLS", b"TRCK"])
)
def test_a_frame_with_any_body_is_read_or_left_alone(body: bytes, name: bytes):
    tag = Ea3Tag((Frame(name, body),))
    assert isinstance(oma.tags(tag), Tags)
    assert isinstance(tag.object("OMG_LSI"), bytes)


@pytest.mark.parametrize(
    "body",
    [b"\0H\xe6y", b"\1\xff\xfeH\0\xe6\0y\0", b"\1\xfe\xff\0H\0\xe6\0y", b"\2\0H\0\xe6\0y\0\0", b"\3H\xc3\xa6y\0"],
    ids=["latin-1", "little-endian", "big-endian", "without a mark", "utf-8"],
)
def test_a_title_is_read_in_every_encoding(body: bytes):
    assert oma.tags(Ea3Tag((Frame(b"TIT2", body),))).title == "Hæy"


def test_a_named_text_is_read_with_a_mark_before_each_part():
    body = b"\1" + "\ufeffOMG_TRACK\0\ufeff7".encode("utf-16-le")
    assert oma.tags(Ea3Tag((Frame(b"TXXX", body),))).track == 7


def test_texts_are_utf_16_without_a_mark_as_the_players_want_them():
    written = oma.tag(Tags(title="雨"), [])
    assert written.frames == (Frame(b"TIT2", b"\2\x96\xe8"),)


def test_what_the_players_own_programs_show_stands_under_their_names():
    said = Tags(artists_sort=("Øst, Åse",), track=3, date="2024-05-17", album_artists=("The Quay",))
    named = oma.tag(said, []).named()
    assert named["OMG_TRACK"] == "3"
    assert named["OMG_TRLDA"] == "2024/05/17 00:00:00"
    assert named["OMG_TPE1S"] == "Øst, Åse"
    assert named["OMG_ATPE1"] == "The Quay"
    assert oma.tag(said, []).texts(b"TYER") == ["2024"]


@pytest.mark.parametrize(
    ("year", "released", "date"),
    [
        ("2005", "2005/03/09 00:00:00", "2005-03-09"),
        ("2005", "2005/01/01 00:00:00", "2005"),
        ("", "2005/01/01 00:00:00", "2005"),
        ("2005", "soon", "2005"),
    ],
)
def test_the_day_of_release_is_read_as_the_players_write_it(year: str, released: str, date: str):
    tag = Ea3Tag((_ea3.text(b"TYER", year), _ea3.named("OMG_TRLDA", released)))
    assert oma.tags(tag).date == date


def test_several_artists_are_one_text_for_players_and_a_list_for_us():
    written = oma.tag(Tags(artists=("AC/DC", "Bo")), [])
    assert written.texts(b"TPE1") == ["AC/DC; Bo"]
    assert oma.tags(written).artists == ("AC/DC", "Bo")


def test_a_list_that_another_program_has_outdated_does_not_count():
    written = oma.tag(Tags(artists=("AC/DC", "Bo")), [])
    changed = Ea3Tag(tuple(_ea3.text(b"TPE1", "Cleo") if f.name == b"TPE1" else f for f in written.frames))
    assert oma.tags(changed).artists == ("Cleo",)


def test_the_cover_of_the_players_own_programs_is_found_and_ours_goes_first():
    theirs = _ea3.geob("OMG_TDFCA", JPEG)
    assert oma.tags(Ea3Tag((theirs,))).picture == Picture(JPEG, "image/jpeg")
    ours = _ea3.apic("image/jpeg", JPEG + b"ours")
    assert oma.tags(Ea3Tag((theirs, ours))).picture == Picture(JPEG + b"ours", "image/jpeg")


def test_an_independent_reader_finds_the_same_in_it():
    said = Tags(
        title="雨 🎷",
        artists=("Åse",),
        album="Harbour",
        track=3,
        tracks=12,
        date="2024-05-17",
        credits=(("guitar", "Bob"),),
        lyrics="One\nTwo",
        comment="Live",
        picture=Picture(JPEG, ""),
    )
    found = ID3(BytesIO(b"ID3" + oma.tag(said, []).pack()[3:]))
    assert (str(found["TIT2"]), str(found["TPE1"]), str(found["TALB"])) == ("雨 🎷", "Åse", "Harbour")
    assert (str(found["TRCK"]), str(found["TDRC"]), str(found["TXXX:OMG_TRACK"])) == ("3/12", "2024", "3")
    assert [frame.people for frame in found.getall("TIPL")] == [[["guitar", "Bob"]]]
    assert [frame.text for frame in found.getall("USLT")] == ["One\nTwo"]
    assert [frame.text for frame in found.getall("COMM")] == [["Live"]]
    assert [(frame.type, frame.mime, frame.data) for frame in found.getall("APIC")] == [(3, "image/jpeg", JPEG)]


def test_the_first_of_two_key_parts_counts():
    tag = Ea3Tag((_ea3.geob("other", b"0"), _ea3.geob("OMG_BKLSI", b"1"), _ea3.geob("OMG_LSI", b"2")))
    assert tag.object("OMG_LSI", "OMG_BKLSI") == b"1"


@pytest.mark.parametrize("length", [0, 2_990, 3_062, 3_063, 10_000])
def test_a_tag_has_the_usual_length_or_whole_kilobytes(length: int):
    tag = _ea3.padded([Frame(b"PRIV", bytes(length))])
    assert len(tag.pack()) == max(3_072, -(-(length + 20) // 1_024) * 1_024)
    assert len(_ea3.padded([]).pack()) == 3_072


@pytest.mark.parametrize(
    ("head", "at"),
    [
        (b"ea3\x02\0\0\0\0\0\0", 3),
        (b"ea3\x03\0\x80\0\0\0\0", 5),
        (b"ea3\x03\0\x40\0\0\0\0", 5),
        (b"ea3\x03\0\0\0\0\x80\0", 6),
        (b"ea3\x03\0\0\x7f\x7f\x7f\x7f", 6),
        (b"ea3\x03\0\0\0\0\0\x01", 6),
        (b"ea3\x03", 0),
    ],
)
def test_a_tag_header_that_can_not_be_read_is_refused_where_it_is_wrong(head: bytes, at: int):
    with pytest.raises(FormatError) as refused:
        _ea3.read(BytesIO(head), end=len(head))
    assert refused.value.at == at


@pytest.mark.parametrize(
    ("body", "at"),
    [
        (packed(b"tit2", b""), 10),
        (packed(b"TIT2", b"\0a") + packed(b"\xff\xff\xff\xff", b""), 22),
        (packed(b"TIT2", b"\0a")[:-1], 14),
    ],
)
def test_a_broken_frame_is_refused_where_it_stands(body: bytes, at: int):
    with pytest.raises(FormatError) as refused:
        Ea3Tag.read(body, at=10)
    assert refused.value.at == at


def test_frames_without_end_are_refused():
    with pytest.raises(FormatError) as refused:
        Ea3Tag.read(packed(b"PRIV", b"") * 1_001, at=10)
    assert refused.value.what == "frames"


def test_a_frame_that_reaches_beyond_the_tag_is_truncated():
    with pytest.raises(TruncatedError):
        Ea3Tag.read(struct.pack(">4sIH", b"TIT2", 2**31, 0), at=10)


def test_a_compressed_frame_is_kept_and_not_read():
    tag = Ea3Tag((Frame(b"TIT2", b"\0abc", 0x80),))
    assert oma.tags(tag).title == ""
    assert Ea3Tag.read(tag.pack()[10:], at=10) == tag
