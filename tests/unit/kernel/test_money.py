import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.kernel.money import (
    DIGITS,
    WHOLE,
    AmountError,
    CurrencyError,
    Money,
    parse,
    percent_of,
    share,
    tax_on,
    tax_within,
    total,
)

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


@given(amounts, st.integers(0, 50_000))
def test_tax_and_net_always_add_up_to_gross(gross, rate):
    tax = tax_within(gross, rate)
    net = gross - tax
    assert net + tax == gross
    assert abs(tax.amount * (WHOLE + rate) - gross.amount * rate) * 2 <= WHOLE + rate


def test_nineteen_percent_within_eleven_ninety_is_one_ninety():
    assert tax_within(Money(1190, "EUR"), 19_000) == Money(190, "EUR")


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


@given(amounts, st.integers(0, 50_000))
def test_tax_on_a_net_price_is_the_nearest_minor_unit(net, rate):
    assert abs(tax_on(net, rate).amount * WHOLE - net.amount * rate) * 2 <= WHOLE


@pytest.mark.parametrize(
    ("amount", "rate", "tax"),
    [(1000, 19_000, 190), (50, 1_000, 1), (49, 1_000, 0), (-50, 1_000, -1), (1000, 8_875, 89), (999, 25_500, 255)],
)
def test_half_a_minor_unit_of_tax_goes_up(amount, rate, tax):
    assert tax_on(Money(amount, "EUR"), rate) == Money(tax, "EUR")


def test_half_a_minor_unit_of_a_percentage_goes_up():
    assert percent_of(Money(25, "EUR"), 50) == Money(13, "EUR")


@given(amounts.filter(lambda money: money.amount >= 0))
def test_what_is_written_plainly_is_read_back(money):
    assert parse(money.plain, money.currency) == money


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("8", "EUR", 800),
        ("8,5", "EUR", 850),
        (" € 8.50 ", "EUR", 850),
        ("8.50 EUR", "EUR", 850),
        ("0", "USD", 0),
        ("¥1,200", "JPY", 1200),
        ("1.200", "JPY", 1200),
        ("1.250", "KWD", 1250),
    ],
)
def test_an_amount_is_read_as_people_type_it(text, currency, amount):
    assert parse(text, currency) == Money(amount, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        *((text, "EUR") for text in ("", "-1", "1.234", "1,000.50", "eight", "1e3", "9" * 30, "٣", ".", "$5")),
        ("8.5", "JPY"),
    ],
)
def test_what_can_be_read_in_no_way_or_in_two_is_refused(text, currency):
    with pytest.raises(AmountError):
        parse(text, currency)


@given(st.text(max_size=30), st.sampled_from(sorted(DIGITS)))
def test_any_text_is_an_amount_or_an_error(text, currency):
    try:
        found = parse(text, currency)
    except AmountError:
        return
    assert found.amount >= 0
