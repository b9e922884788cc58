"""Money as Stripe counts it, and forms as it reads them."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gateway.server import nested

from bandstand.kernel.money import DIGITS, Money
from bandstand.store.payments.providers import _stripe_api, _stripe_events

amounts = st.builds(Money, st.integers(0, 10**12), st.sampled_from(sorted(DIGITS)))


@given(amounts)
def test_money_survives_the_way_there_and_back(money):
    assert _stripe_api.money(_stripe_api.units(money), money.currency.lower()) == money


@pytest.mark.parametrize(
    ("money", "units"), [(Money(899, "EUR"), 899), (Money(1200, "JPY"), 1200), (Money(9000, "KRW"), 9000)]
)
def test_stripe_counts_cents_and_whole_yen(money, units):
    assert _stripe_api.units(money) == units


def test_nested_facts_become_a_form():
    facts = {"a": 1, "b": {"c": "x y"}, "d": [{"e": {"f": 2}}, {"g": 3}], "types": ["p", "q"]}
    form = list(_stripe_api._flat(facts))
    assert form == [
        ("a", "1"), ("b[c]", "x y"), ("d[0][e][f]", "2"), ("d[1][g]", "3"), ("types[]", "p"), ("types[]", "q"),
    ]  # fmt: skip
    assert nested(form)["types"] == ["p", "q"]
    assert parse_qsl("b[c]=x+y") == [("b[c]", "x y")]


@given(st.text(max_size=60), st.binary(max_size=60))
def test_any_header_is_refused_that_was_not_made_with_the_secret(header, body):
    from datetime import UTC, datetime

    from bandstand.store.payments.providers import ForgedEventError

    with pytest.raises(ForgedEventError):
        _stripe_events.check_signature("secret", header, body, datetime(2026, 11, 20, tzinfo=UTC))
