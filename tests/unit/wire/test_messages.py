"""Messages from stores are read strictly: whatever comes is a message or a MessageError."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.wire.v1 import reading
from bandstand.wire.v1.client import shown
from bandstand.wire.v1.messages import DeviceCode, File, Manifest, Pending, Title, Token
from bandstand.wire.v1.reading import MessageError

FILE = File(name="01 Harbour.flac", size=31_415_926, sha256="ab" * 32, url="https://files.example.org/t/x/y")
TITLE = Title(
    id=7, artist="Mara Linde", title="雨", folder="Mara Linde - 雨", format="flac", files=(FILE,),
    pending=(Pending(format="flac", percent=40),),
)  # fmt: skip
PAGE = Manifest(
    format="flac", formats=("flac", "alac"), titles_total=300, links_until=datetime(2026, 11, 23, 12, tzinfo=UTC),
    ask_again=10, next=51, titles=(TITLE,),
)  # fmt: skip
CODE = DeviceCode(
    device_code="x" * 43, user_code="K7QM-2XWD", verification_uri="https://a.example/connect/",
    verification_uri_complete="https://a.example/connect/?code=K7QM-2XWD", expires_in=600, interval=5,
)  # fmt: skip


@pytest.mark.parametrize("message", [PAGE, CODE, Token(access_token="bst_x")])
def test_a_message_survives_the_round_trip(message):
    assert type(message).read(reading.parse(json.dumps(message.pack()).encode())) == message


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("version", 2), ("version", True), ("format", ""), ("format", 7), ("formats", "flac"), ("formats", [1]),
        ("titles_total", -1), ("titles_total", 1.5), ("titles_total", True), ("links_until", "tomorrow"),
        ("links_until", "2026-11-23T12:00:00"), ("ask_again", 10**9), ("next", -1), ("titles", {}), ("titles", [1]),
        ("titles", [{}] * 201), ("format", "x" * 41), ("format", "\ud800"),
    ],
)  # fmt: skip
def test_a_field_that_breaks_the_contract_is_named(place, value):
    said = json.loads(json.dumps(PAGE.pack())) | {place: value}
    with pytest.raises(MessageError) as error:
        Manifest.read(said)
    assert error.value.place == place


@pytest.mark.parametrize(
    ("place", "value"),
    [("sha256", "AB" * 32), ("sha256", "ab"), ("size", -1), ("size", 1 << 50), ("name", ""), ("url", None)],
)
def test_a_file_that_breaks_the_contract_is_named(place, value):
    said = {"name": "x", "size": 1, "sha256": "ab" * 32, "url": "https://x", place: value}
    with pytest.raises(MessageError) as error:
        File.read(said)
    assert error.value.place == place


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"\xff", b"{", b"[" * 100_000, b'{"a": NaN'])
def test_what_is_no_object_is_no_message(body):
    with pytest.raises(MessageError):
        reading.parse(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["version", "format", "titles", "files", "next"]) | st.text(), inner)
        ),
    )
)
def test_any_json_is_a_manifest_or_a_message_error(said):
    for kind in (Manifest, DeviceCode, Token):
        with contextlib.suppress(MessageError):
            assert isinstance(kind.read(said if isinstance(said, dict) else {"titles": said}), kind)


@pytest.mark.parametrize("kind", ["mac", "", None])
def test_a_token_of_another_kind_is_none(kind):
    with pytest.raises(MessageError):
        Token.read({"access_token": "x", "token_type": kind})


@pytest.mark.parametrize("token", ["two words", "line\nend", "tööken", ""])
def test_a_token_that_breaks_a_header_is_none(token):
    with pytest.raises(MessageError):
        Token.read({"access_token": token, "token_type": "bearer"})


def test_what_a_store_says_plays_no_tricks_on_a_terminal():
    assert shown("no\x1b[2J\x07 more\r\n\u202eesle") == "no [2J more esle"
    assert shown({"not": "a text"}) == ""
