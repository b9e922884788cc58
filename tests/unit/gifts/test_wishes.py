"""What a giver may wish."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.store.orders.rules import gift

NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # the 21st in Berlin already
WISH = {"recipient_name": "Cleo", "recipient_email": "Cleo@Example.org", "sender_name": "Ben"}


def wished(**facts):
    return gift.wish(**(WISH | {"day": None, "zone": "Europe/Berlin", "now": NOW} | facts))


def test_today_is_now_and_a_later_day_is_its_morning_there():
    assert wished().deliver_at == NOW
    assert wished(day=date(2026, 11, 21)).deliver_at == NOW
    assert wished(day=date(2026, 12, 24)).deliver_at == datetime(2026, 12, 24, 7, tzinfo=UTC)
    assert wished(day=date(2026, 12, 24), zone="Asia/Tokyo").deliver_at == datetime(2026, 12, 23, 23, tzinfo=UTC)


def test_a_day_is_neither_past_nor_more_than_a_year_ahead():
    assert wished(day=date(2027, 11, 22)).deliver_at > NOW
    for day in (date(2026, 11, 20), date(2027, 11, 23)):
        with pytest.raises(gift.GiftWishError) as refused:
            wished(day=day)
        assert refused.value.field == "day"


@given(st.text(max_size=200))
def test_a_name_that_is_taken_stands_on_one_line(name):
    try:
        taken = wished(sender_name=name).sender_name
    except gift.GiftWishError as refused:
        assert refused.field == "sender_name"  # noqa: PT017  (either way is fine)
    else:
        assert len(taken.splitlines()) == 1
        assert 0 < len(taken) <= gift.LONGEST_NAME


@pytest.mark.parametrize("email", ["", "cleo", "cleo@example.org\nBcc: all@example.org", "a@b@c"])
def test_the_link_needs_an_address_to_go_to(email):
    with pytest.raises(gift.GiftWishError) as refused:
        wished(recipient_email=email)
    assert refused.value.field == "recipient_email"


def test_a_message_keeps_its_lines_and_loses_what_nobody_sees():
    assert wished(message="Dear Cleo,\r\n\r\nall the best\x00\u202e!\n").message == "Dear Cleo,\n\nall the best!"
    with pytest.raises(gift.GiftWishError):
        wished(message="x" * 1001)
