"""What is true of the price of every basket; `tests.drills.baskets` looks at a million of them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.drills import baskets

from bandstand.kernel.money import DIGITS, Money
from bandstand.store.orders.rules import pricing
from bandstand.store.orders.rules.pricing import Wanted
from bandstand.store.vouchers.rules import Reduction

amounts = st.integers(0, 10**9)
rates = st.integers(0, 30_000)


@st.composite
def cases(draw):
    currency = draw(st.sampled_from(sorted(DIGITS)))
    money = amounts.map(lambda amount: Money(amount, currency))
    line = st.builds(
        Wanted, listed=money, credit=money, tax_rate=rates, discountable=st.booleans(), given=st.booleans()
    )
    reduction = st.one_of(
        st.none(),
        st.builds(Reduction, percent=st.integers(0, 100)),
        st.builds(Reduction, amount=money),
        st.just(Reduction(free=True)),
    )
    lines = draw(st.lists(line, min_size=1, max_size=12))
    dice = random.Random(draw(st.integers(0, 1000)))
    return baskets.Case(lines, draw(st.booleans()), draw(reduction), dice)


@given(cases())
def test_every_line_and_every_sum_of_every_basket_adds_up(case):
    assert list(baskets.faults(case)) == []


def test_the_drill_finds_nothing_in_the_rules_as_they_are():
    tally = baskets.run(0, 400)
    assert (tally.baskets, tally.faults) == (400, [])
    assert {*baskets.CURRENCIES, "with tax", "without tax", "voucher", "credit"} <= set(tally.seen)


@pytest.mark.parametrize("plant", sorted(baskets.PLANTS))
def test_the_drill_finds_every_planted_fault(plant):
    assert baskets.run(0, 400, plant).faults
    assert not baskets.run(0, 20).faults  # and the rules are whole again


def test_a_percentage_comes_off_after_the_credit():
    lines = [Wanted(listed=Money(1200, "EUR"), credit=Money(238, "EUR"), tax_rate=19_000)]
    (cost,) = pricing.price(lines, tax_included=True, reduction=Reduction(percent=50))
    assert (cost.listed.amount, cost.credit.amount, cost.discount.amount) == (1200, 238, 481)
    assert (cost.gross.amount, cost.tax.amount, cost.net.amount) == (481, 77, 404)


def test_an_amount_is_split_to_the_last_cent_over_what_it_reaches():
    def line(amount, **facts):
        return Wanted(listed=Money(amount, "EUR"), credit=Money(0, "EUR"), tax_rate=19_000, **facts)

    lines = [line(100), line(100), line(100), line(900, discountable=False)]
    costs = pricing.price(lines, tax_included=True, reduction=Reduction(amount=Money(100, "EUR")))
    assert [cost.discount.amount for cost in costs] == [34, 33, 33, 0]


def test_yen_have_no_cents_to_round_to():
    lines = [Wanted(listed=Money(1500, "JPY"), credit=Money(0, "JPY"), tax_rate=10_000)]
    (cost,) = pricing.price(lines, tax_included=True)
    assert (cost.net.amount, cost.tax.amount) == (1364, 136)


@pytest.mark.parametrize(
    ("gross", "paid", "credit", "uses"),
    [(119, 119, 119, 119), (119, 119, 0, 0), (119, 100, 100, 119), (119, 100, 50, 60), (0, 0, 0, 0)],
)
def test_what_a_track_passes_on_is_its_share_rounded_up(gross, paid, credit, uses):
    assert pricing.passed_on(gross=gross, paid=paid, credit=credit) == uses


@given(amounts, amounts, amounts)
def test_what_went_back_or_was_passed_on_never_goes_back_again(gross, refunded, passed_on):
    back = pricing.refundable(gross=gross, refunded=refunded, passed_on=passed_on)
    assert back == 0 or back + refunded + passed_on == gross


@pytest.mark.parametrize(
    ("credit", "discount", "now", "back"),
    [(0, 0, 1000, 0), (0, 0, 899, 300), (0, 0, 0, 1199), (0, 400, 899, 0), (0, 200, 899, 100), (119, 0, 899, 300)],
)
def test_a_price_drop_returns_what_is_paid_above_the_new_price(credit, discount, now, back):
    listed = Money(1199 if now != 1000 else 899, "EUR")
    line = Wanted(listed=listed, credit=Money(credit, "EUR"), tax_rate=19_000)
    paid = pricing.freeze(line, discount=Money(discount, "EUR"), tax_included=True)
    assert pricing.price_drop(paid, Money(now, "EUR"), tax_included=True) == Money(back, "EUR")


def test_a_price_drop_before_tax_returns_the_tax_with_it():
    line = Wanted(listed=Money(1000, "USD"), credit=Money(0, "USD"), tax_rate=10_000)
    paid = pricing.freeze(line, discount=Money(0, "USD"), tax_included=False)
    assert pricing.price_drop(paid, Money(800, "USD"), tax_included=False) == Money(220, "USD")
