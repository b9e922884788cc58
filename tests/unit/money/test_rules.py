"""Prices, postings and keys: what is true of every value."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.kernel.money import Money, share, total
from bandstand.store.ledger import rules as ledger
from bandstand.store.orders import rules as orders
from bandstand.store.orders.rules.pricing import Wanted
from bandstand.store.orders.rules.pricing import price as price_lines
from bandstand.store.payments import rules as payments

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
prices = st.integers(0, 10**9).map(lambda amount: Money(amount, "EUR"))
rates = st.integers(0, 30_000)
baskets = st.lists(st.tuples(prices, rates, st.booleans()), max_size=50)


def freeze(price, *, tax_rate, tax_included):
    nothing = Money(0, price.currency)
    return price_lines([Wanted(listed=price, credit=nothing, tax_rate=tax_rate)], tax_included=tax_included)[0]


@given(baskets)
def test_net_and_tax_of_every_basket_add_up_to_what_is_paid(lines):
    frozen = [freeze(price, tax_rate=rate, tax_included=inside) for price, rate, inside in lines]
    net = total((line.net for line in frozen), "EUR")
    tax = total((line.tax for line in frozen), "EUR")
    assert net + tax == total((line.gross for line in frozen), "EUR")
    assert all(Money(0, "EUR") <= line.tax <= line.gross for line in frozen)


@given(prices, rates)
def test_a_price_with_tax_is_paid_as_it_was_shown(price, rate):
    assert freeze(price, tax_rate=rate, tax_included=True).gross == price


@given(prices, rates)
def test_a_price_without_tax_keeps_its_net(price, rate):
    frozen = freeze(price, tax_rate=rate, tax_included=False)
    assert frozen.net == price
    assert abs(frozen.tax.amount * 100_000 - price.amount * rate) <= 50_000


@given(prices, rates)
def test_tax_in_a_price_is_the_tax_on_its_net_to_the_minor_unit(price, rate):
    frozen = freeze(price, tax_rate=rate, tax_included=True)
    assert abs(frozen.tax.amount * (100_000 + rate) - price.amount * rate) * 2 <= 100_000 + rate


@pytest.mark.parametrize(
    ("price", "rate", "inside", "net", "tax"),
    [
        (1190, 19_000, True, 1000, 190),
        (1000, 19_000, False, 1000, 190),
        (99, 19_000, True, 83, 16),
        (899, 0, True, 899, 0),
    ],
)
def test_known_prices(price, rate, inside, net, tax):
    frozen = freeze(Money(price, "EUR"), tax_rate=rate, tax_included=inside)
    assert (frozen.net.amount, frozen.tax.amount) == (net, tax)


@given(prices.filter(bool), rates)
def test_the_whole_of_a_line_goes_back_as_it_came(price, rate):
    frozen = freeze(price, tax_rate=rate, tax_included=True)
    assert share(price, [frozen.net.amount, frozen.tax.amount]) == [frozen.net, frozen.tax]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-1000, 1000)), max_size=20))
def test_a_posting_passes_exactly_when_it_adds_up(sides):
    merged = ledger.merged(("payable", owner, Money(amount, "EUR")) for owner, amount in sides)
    left = sum(amount for _, amount in sides)
    if left:
        with pytest.raises(ledger.UnbalancedError) as refused:
            ledger.check("key", merged)
        assert refused.value.left == {"EUR": left}
    else:
        ledger.check("key", merged)
    assert len({(kind, owner) for kind, owner, _ in merged}) == len(merged)
    assert all(money for _, _, money in merged)


def test_postings_lock_accounts_in_the_same_order_whatever_order_they_are_given_in():
    sides = [("tax", "DE", Money(1, "EUR")), ("clearing", "pretend", Money(-1, "EUR"))]
    assert ledger.merged(sides) == ledger.merged(reversed(sides))


def test_order_numbers_can_be_read_aloud():
    numbers = {orders.new_number() for _ in range(1000)}
    assert len(numbers) == 1000
    assert all(re.fullmatch(r"B[0-9A-HJKMNP-TV-Z]{8}", number) for number in numbers)


def test_the_checkout_key_is_of_the_basket_as_it_is():
    key = orders.checkout_key("token", NOW, [1, 2])
    assert key == orders.checkout_key("token", NOW, [2, 1])
    assert len({key, orders.checkout_key("other", NOW, [1, 2]), orders.checkout_key("token", NOW, [1, 2, 3])}) == 3
    assert key != orders.checkout_key("token", NOW + timedelta(seconds=1), [1, 2])
    assert len(key) == 64


def test_money_that_came_is_never_refused_for_being_late():
    assert orders.ORDER.sources("paid") == ("open", "cancelled")
    assert payments.PAYMENT.sources("succeeded") == ("intended", "started", "failed")


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)))
def test_providers_are_asked_less_and_less_often(age):
    assert timedelta(minutes=1) <= payments.pause(age) <= payments.pause(age * 2)
    if age < timedelta(days=1):
        assert payments.pause(age) <= timedelta(minutes=10)
