import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.kernel.money import DIGITS, CurrencyError, Money, share, tax_within, total

amounts = st.builds(Money, st.integers(-(10**9), 10**9), st.sampled_from(sorted(DIGITS)))


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(899, "EUR"), "€8.99"),
        (Money(-5, "EUR"), "-€0.05"),
        (Money(1_234_567, "USD"), "$12,345.67"),
        (Money(1200, "JPY"), "¥1,200"),
        (Money(1050, "CHF"), "CHF 10.50"),
    ],
)
def test_money_reads_as_its_currency_is_written(money, text):
    assert str(money) == text


def test_two_currencies_are_never_added_up():
    with pytest.raises(CurrencyError):
        Money(1, "EUR") + Money(1, "USD")


def test_an_unknown_currency_is_refused():
    with pytest.raises(CurrencyError):
        Money(1, "XXX")


def test_money_is_never_a_float():
    with pytest.raises(TypeError):
        Money(9.99, "EUR")  # type: ignore[arg-type]


@given(amounts, st.integers(0, 500))
def test_tax_and_net_always_add_up_to_gross(gross, permille):
    tax = tax_within(gross, permille)
    net = gross - tax
    assert net + tax == gross
    assert abs(tax.amount * (1000 + permille) - gross.amount * permille) * 2 <= 1000 + permille


def test_nineteen_percent_within_eleven_ninety_is_one_ninety():
    assert tax_within(Money(1190, "EUR"), 190) == Money(190, "EUR")


@given(amounts, st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
def test_shares_always_add_up(amount, weights):
    parts = share(amount, weights)
    assert total(parts, amount.currency) == amount
    assert all(
        abs(part.amount * sum(weights) - amount.amount * weight) < sum(weights)
        for part, weight in zip(parts, weights, strict=True)
    )


def test_nothing_adds_up_to_zero():
    assert total([], "EUR") == Money(0, "EUR")
    assert not Money(0, "EUR")
