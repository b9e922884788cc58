"""Tickets: what was signed is what is read, and nothing else is."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.kernel.units import Bytes
from bandstand.licences.keyring import KeyRing
from bandstand.licences.tickets import (
    MAX_TOKEN,
    Kind,
    Purpose,
    Ticket,
    TicketEarlyError,
    TicketError,
    TicketExpiredError,
    TicketFieldError,
    TicketForgedError,
    is_storage_key,
    sign,
    verify,
)

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
OLD, NEW = b"o" * 32, b"n" * 32
RING = KeyRing({"2026a": NEW, "2025b": OLD})
TICKET = Ticket(
    purpose=Purpose.DOWNLOAD,
    kind=Kind.FILE,
    path="deliverables/ab/abcd.flac",
    name="01 Größe – 夜.flac",
    media_type="audio/flac",
    etag="ab" * 32,
    size=Bytes(31_415_926),
    grant=42,
    holder="h-7f3a",
    starts=int(NOW.timestamp()) - 60,
    expires=int(NOW.timestamp()) + 3600,
    nonce=b"twelve bytes",
)

words = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/\\"), min_size=1, max_size=40)
parts = words.filter(lambda word: word not in (".", ".."))
tickets = st.builds(
    Ticket,
    purpose=st.sampled_from(Purpose),
    kind=st.sampled_from(Kind),
    path=st.lists(parts, min_size=1, max_size=2).map("/".join),
    name=st.just("") | words,
    media_type=st.sampled_from(["audio/flac", "application/zip", "text/plain; charset=utf-8"]),
    etag=st.binary(min_size=32, max_size=32).map(bytes.hex),
    size=st.integers(0, (1 << 63) - 1),
    grant=st.integers(0, (1 << 63) - 1),
    holder=st.from_regex(r"[A-Za-z0-9_.:-]{0,64}", fullmatch=True),
    starts=st.integers(0, int(NOW.timestamp())),
    expires=st.integers(int(NOW.timestamp()) + 1, 253_402_300_799),
    nonce=st.binary(min_size=12, max_size=12),
)


@given(tickets)
def test_a_ticket_survives_the_round_trip(ticket: Ticket) -> None:
    assert Ticket.read(ticket.pack()) == ticket
    assert verify(sign(ticket, RING), RING, now=NOW) == ticket


def test_a_flip_of_any_bit_is_refused() -> None:
    token = sign(TICKET, RING)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for bit in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(TicketForgedError):
            verify(base64.urlsafe_b64encode(flipped).rstrip(b"=").decode(), RING, now=NOW)


def test_another_spelling_of_the_same_bytes_is_refused() -> None:
    token = sign(TICKET, RING)
    for spelling in (token + "=", token + "\n", " " + token, token[:-1], token.replace(token[5], token[5] + "~", 1)):
        with pytest.raises(TicketForgedError):
            verify(spelling, RING, now=NOW)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for last in set(alphabet) - {token[-1]}:  # the last character may carry bits that no byte uses
        with pytest.raises(TicketForgedError):
            verify(token[:-1] + last, RING, now=NOW)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_ticket_or_a_ticket_error(raw: bytes) -> None:
    with pytest.raises(TicketError):
        verify(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), RING, now=NOW)


@given(st.text(max_size=300))
def test_any_text_gives_a_ticket_or_a_ticket_error(text: str) -> None:
    with pytest.raises(TicketError):
        verify(text, RING, now=NOW)


@given(st.binary(max_size=200))
def test_signed_nonsense_is_refused_too(body: bytes) -> None:
    signed = bytes([1, 5]) + b"2026a" + body
    mac = RING.mac("2026a", b"bandstand ticket 1\0" + signed)
    assert mac is not None
    with pytest.raises(TicketForgedError):
        verify(base64.urlsafe_b64encode(signed + mac).rstrip(b"=").decode(), RING, now=NOW)


def test_a_token_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(TicketForgedError):
        verify("A" * (MAX_TOKEN + 1), RING, now=NOW)


def test_the_largest_ticket_fits_into_a_token() -> None:
    largest = replace(TICKET, path="p" * 400, name="n" * 255, media_type="audio/" + "x" * 94, holder="h" * 64)
    assert len(sign(largest, RING)) <= MAX_TOKEN


def test_a_ticket_of_a_retired_key_is_refused_and_of_an_older_one_is_not() -> None:
    token = sign(TICKET, KeyRing({"2025b": OLD}))
    assert verify(token, RING, now=NOW) == TICKET
    with pytest.raises(TicketForgedError):
        verify(token, KeyRing({"2026a": NEW}), now=NOW)
    with pytest.raises(TicketForgedError):
        verify(token, KeyRing({"2025b": NEW}), now=NOW)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=3650), timedelta(seconds=3600)])
def test_a_clock_that_jumps_ahead_ends_the_ticket(jump: timedelta) -> None:
    with pytest.raises(TicketExpiredError) as refused:
        verify(sign(TICKET, RING), RING, now=NOW + jump)
    assert refused.value.expired_at == datetime.fromtimestamp(TICKET.expires, UTC)
    assert refused.value.hint == "Open your shelf and press Download again."


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=3650), timedelta(seconds=61)])
def test_a_clock_that_jumps_back_makes_the_ticket_early(jump: timedelta) -> None:
    with pytest.raises(TicketEarlyError) as refused:
        verify(sign(TICKET, RING), RING, now=NOW - jump)
    assert refused.value.starts_at == datetime.fromtimestamp(TICKET.starts, UTC)


def test_a_ticket_is_good_from_its_first_second_to_its_last() -> None:
    token = sign(TICKET, RING)
    assert verify(token, RING, now=datetime.fromtimestamp(TICKET.starts, UTC)) == TICKET
    assert verify(token, RING, now=datetime.fromtimestamp(TICKET.expires - 1, UTC)) == TICKET


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("path", "../secret"),
        ("path", "/etc/passwd"),
        ("path", "a//b"),
        ("path", "a\\b"),
        ("path", "a\0b"),
        ("path", ""),
        ("path", "a" * 401),
        ("path", "a\ud800"),
        ("name", "a/b.flac"),
        ("name", "a\r\nSet-Cookie: x"),
        ("media_type", "text/html\r\nX: y"),
        ("media_type", "flac"),
        ("etag", "AB" * 32),
        ("etag", "ab"),
        ("size", -1),
        ("grant", 1 << 63),
        ("holder", "ben@example.org"),
        ("starts", TICKET.expires),
        ("expires", 253_402_300_800),
        ("nonce", b"short"),
    ],
)
def test_a_ticket_is_not_made_of_wrong_values(field: str, value: object) -> None:
    with pytest.raises(TicketFieldError):
        replace(TICKET, **{field: value})  # type: ignore[arg-type]  # the field under test varies


def test_the_id_in_logs_is_short_and_opens_nothing() -> None:
    assert TICKET.id == b"twelve".hex()
    assert TICKET.id not in sign(TICKET, RING)


def test_a_storage_key_stays_inside() -> None:
    assert is_storage_key("public/covers/a b.jpg")
    assert not any(
        is_storage_key(key)
        for key in ("", ".", "..", "a/..", "a/./b", "/a", "a/", "a\\..\\b", "a\nb", "a\x85b", "\ud800")
    )
