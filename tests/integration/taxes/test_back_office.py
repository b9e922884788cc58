"""Staff look at rates and put theirs over the table; accountants get their report."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.urls import reverse
from tests.conftest import NOW
from tests.factories import make_deal, make_release, make_storefront
from tests.integration.money.conftest import Shop

from bandstand.cli.storefront import storefront as storefront_command
from bandstand.cli.taxes import taxes as taxes_command
from bandstand.store.deals.models import PriceTier, Storefront, TierPrice
from bandstand.store.orders import queries
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import OrderLine
from bandstand.store.orders.services import intents, refunds
from bandstand.store.payments import queries as payments
from bandstand.store.taxes.models import TaxRate
from bandstand.store.taxes.queries import rate_for
from bandstand.webkit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, ada):
    """Ada's browser, where she has used her second factor."""
    client.force_login(ada)
    return client


@pytest.fixture
def shop():
    return Shop(make_storefront())


@pytest.fixture
def album():
    release = make_release(tracks=2)
    make_deal(release=release)
    return release


def sold(shop, holder, release, *, country, now):
    order = shop.order(holder, release, country=country, now=now)
    return orders.settle(payment_id=shop.meant(order, now=now).pk, now=now)


def give_back(line, *, now, amount=None):
    payment = payments.success_of(line.order.number)
    refund = intents.intend_line_refund(line=line, payment=payment, amount=amount, reason="asked", by="user:1", now=now)
    refunds.finish_refund(refund_key=refund.payment_refund_key, now=now)


def test_staff_set_a_rate_and_an_event_tells_who(desk, shop):
    address = reverse("admin:taxes_taxrate_set")
    said = {"country": "de", "since": "2027-01-01", "percent": "18.5", "name": "USt", "reason": "a new law"}
    assert desk.post(address, said).status_code == 302
    row = TaxRate.objects.get(since=date(2027, 1, 1))
    assert (row.country, row.rate, row.source) == ("DE", 18_500, "a new law")
    assert rate_for("DE", on=date(2027, 3, 1)).rate == 18_500
    assert "DE 18.5 % from 2027-01-01 was set: a new law" in AuditEvent.objects.latest("pk").sentence
    assert "18.5 %" in desk.get(reverse("admin:taxes_taxrate_changelist")).content.decode()


@pytest.mark.parametrize("wrong", [{"country": "1E"}, {"percent": "a fifth"}, {"since": ""}, {"reason": ""}])
def test_what_cannot_be_read_is_told_at_its_field(desk, shop, wrong):
    said = {"country": "DE", "since": "2027-01-01", "percent": "18", "name": "USt", "reason": "a new law"}
    page = desk.post(reverse("admin:taxes_taxrate_set"), said | wrong)
    assert page.status_code == 422
    assert set(page.context["form"].errors) == set(wrong)
    assert not TaxRate.objects.exclude(by="").exists()


def test_staff_set_what_a_tier_costs(desk, shop):
    tier = PriceTier.objects.get(slug="yours")
    address = reverse("admin:deals_pricetier_price", args=[tier.pk])
    said = {"currency": "CHF", "amount": "2", "suggested": "6.50"}
    assert desk.post(address, said).status_code == 302
    price = TierPrice.objects.get(tier=tier, currency="CHF")
    assert (price.amount, price.suggested) == (200, 650)
    assert desk.post(address, said | {"suggested": "1"}).status_code == 422
    assert desk.post(address, said | {"amount": "two"}).status_code == 422
    assert AuditEvent.objects.filter(sentence__contains="CHF 2.00 was set").count() == 1
    assert "Set a price" in desk.get(reverse("admin:deals_pricetier_change", args=[tier.pk])).content.decode()


def test_a_fixed_price_has_no_suggestion(desk, shop):
    tier = PriceTier.objects.get(slug="album")
    address = reverse("admin:deals_pricetier_price", args=[tier.pk])
    assert "suggested" not in desk.get(address).context["form"].fields
    assert desk.post(address, {"currency": "JPY", "amount": "1,600"}).status_code == 302
    assert TierPrice.objects.get(tier=tier, currency="JPY").amount == 1600


def test_countries_without_a_rate_are_shown_to_staff(desk, shop):
    make_storefront(name="World", currency="USD", territories=["US", "GB"])
    assert ">US<" in desk.get(reverse("admin:deals_storefront_changelist")).content.decode()


def test_the_report_has_sales_when_paid_and_refunds_when_done(shop, album, ben, cleo):
    sold(shop, ben, album, country="DE", now=NOW)
    sold(shop, cleo, album, country="FR", now=NOW + timedelta(hours=1))
    line = OrderLine.objects.get(order__holder=ben)
    give_back(line, now=NOW + timedelta(days=40))
    day = NOW.replace(hour=0)
    november = queries.tax_report(begin=day, end=day + timedelta(days=1))
    found = {row.country: (row.rate, row.net.amount, row.tax.amount, row.refunded_tax.amount) for row in november}
    assert found == {"DE": (19_000, 755, 144, 0), "FR": (20_000, 749, 150, 0)}
    (january,) = queries.tax_report(begin=NOW + timedelta(days=30), end=NOW + timedelta(days=60))
    assert (january.country, january.net.amount, january.refunded_net.amount, january.refunded_tax.amount) == (
        "DE", 0, 755, 144,
    )  # fmt: skip


def test_the_report_leaves_out_what_nobody_paid(shop, album, ben):
    shop.order(ben, album)
    assert queries.tax_report(begin=datetime(2020, 1, 1, tzinfo=UTC), end=datetime(2030, 1, 1, tzinfo=UTC)) == []


def test_the_command_writes_a_table(shop, album, ben):
    sold(shop, ben, album, country="DE", now=NOW)
    done = CliRunner().invoke(taxes_command, ["--from", "2026-11-01", "--to", "2026-11-20"])
    assert (done.exit_code, done.output.splitlines()) == (
        0,
        ["country,rate_percent,currency,net,tax,refunded_net,refunded_tax", "DE,19,EUR,7.55,1.44,0.00,0.00"],
    )
    missed = CliRunner().invoke(taxes_command, ["--from", "2026-11-01", "--to", "2026-11-19"])
    assert len(missed.output.splitlines()) == 1
    for wrong in (["--to", "2026-10-01"], ["--to", "2026-11-19", "--zone", "Mars"]):
        assert CliRunner().invoke(taxes_command, ["--from", "2026-11-01", *wrong]).exit_code == 2


def test_the_command_makes_a_storefront():
    said = ["japan", "--name", "Japan", "--currency", "jpy", "--countries", "jp", "--time-zone", "Asia/Tokyo"]
    assert CliRunner().invoke(storefront_command, [*said, "--tax-on-top"]).output == "japan\n"
    made = Storefront.objects.get(slug="japan")
    assert (made.currency, made.territories, made.tax_included) == ("JPY", ["JP"], False)
