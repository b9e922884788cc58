"""Which rate holds when, and how the table comes to be."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.conftest import NOW

from bandstand.store.taxes import queries, rules, services
from bandstand.store.taxes.models import TaxRate

pytestmark = pytest.mark.django_db


@pytest.fixture
def table():
    services.load_table(now=NOW)


def override(**facts):
    ordinary = {"country": "DE", "since": date(2027, 1, 1), "percent": "18", "name": "USt", "reason": "a new law"}
    return services.set_rate(**(ordinary | facts), by="user:1", now=NOW)


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2020, 6, 30), 19_000),
        (date(2020, 7, 1), 16_000),
        (date(2020, 12, 31), 16_000),
        (date(2021, 1, 1), 19_000),
        (date(2006, 12, 31), 0),  # before the table begins
    ],
)
def test_the_rate_of_a_day_is_the_one_that_began_last(table, day, rate):
    assert queries.rate_for("DE", on=day).rate == rate


def test_a_country_without_a_row_takes_nothing_and_says_so(table):
    rate = queries.rate_for("US", on=NOW.date())
    assert (rate.rate, rate.known) == (0, False)
    assert queries.without_rate(["US", "DE", "JP", "CA"], on=NOW.date()) == ["CA", "US"]


def test_asking_for_a_rate_is_one_query(table, django_assert_num_queries):
    with django_assert_num_queries(1):
        queries.rate_for("FI", on=NOW.date())


def test_loading_the_table_again_writes_nothing(table):
    before = list(TaxRate.objects.order_by("pk").values())
    assert services.load_table(now=NOW + timedelta(days=1)) == 0
    assert list(TaxRate.objects.order_by("pk").values()) == before


def test_a_newer_table_corrects_its_own_rows_and_keeps_those_of_staff(table):
    TaxRate.objects.filter(country="FI").update(rate=1)
    mine = override(country="DE", since=date(2021, 1, 1), percent="17")
    assert services.load_table(now=NOW) == 2  # both of Finland's
    assert queries.rate_for("FI", on=NOW.date()).rate == 25_500
    mine.refresh_from_db()
    assert (mine.rate, mine.by) == (17_000, "user:1")


def test_what_staff_set_holds_from_its_day_on(table):
    override()
    assert queries.rate_for("DE", on=date(2026, 12, 31)).rate == 19_000
    assert queries.rate_for("DE", on=date(2027, 1, 1)).rate == 18_000


def test_setting_a_rate_for_the_same_day_again_replaces_it(table):
    override()
    override(percent="17.5")
    assert TaxRate.objects.filter(country="DE", since=date(2027, 1, 1)).count() == 1
    assert queries.rate_for("DE", on=date(2027, 1, 1)).rate == 17_500


def test_two_rates_of_one_country_never_begin_on_one_day(table):
    with pytest.raises(IntegrityError), transaction.atomic():
        TaxRate.objects.create(
            country="DE", since=date(2007, 1, 1), rate=1, name="VAT", source="test", by="user:1", set_at=NOW
        )


def test_a_rate_above_the_price_is_refused_by_the_table_too(table):
    with pytest.raises(IntegrityError), transaction.atomic():
        TaxRate.objects.create(country="XX", since=NOW.date(), rate=100_001, name="VAT", source="test", set_at=NOW)


@pytest.mark.parametrize("wrong", [{"country": "Germany"}, {"percent": "a fifth"}])
def test_what_cannot_be_read_changes_nothing(table, wrong):
    with pytest.raises((rules.CountryError, rules.RateError)):
        override(**wrong)
    assert not TaxRate.objects.exclude(by="").exists()
