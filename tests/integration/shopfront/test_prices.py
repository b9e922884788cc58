"""What visitors see of prices: storefronts, taxes, credits, prices they name, and what comes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone
from tests.factories import make_deal, make_release, make_storefront

from bandstand.store.grants.models import Grant
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Order
from bandstand.store.payments import services as payments

pytestmark = pytest.mark.django_db


@pytest.fixture
def album(settings):
    settings.MANUAL_ACCOUNT = "IBAN XX00"
    make_storefront()
    release = make_release(title="Evening Ferry", slug="evening-ferry", tracks=3)
    make_deal(release=release)
    return release


@pytest.fixture
def yours(album):
    release = make_release(title="Solstice", slug="solstice", tracks=1)
    make_deal(release=release, release_tier="yours")
    return release


@pytest.fixture
def world():
    """Prices in dollars, without tax."""
    countries = ["US", "GB", "CH"]
    return make_storefront(slug="world", name="World", currency="USD", territories=countries, tax_included=False)


@pytest.fixture
def japan():
    return make_storefront(slug="japan", name="Japan", currency="JPY", territories=["JP"], time_zone="Asia/Tokyo")


def go_to(client, storefront):
    return client.post("/storefronts/", {"storefront": storefront.slug})


def put(client, release, **said):
    return client.post("/basket/put/", {"release": release.pk, **said})


def buy(client, **said):
    """Press the buy button of the checkout as it is shown."""
    page = client.get("/checkout/")
    shown = {name: page.context["form"].initial[name] for name in ("checkout_key", "expected")}
    ordinary = {"email": "dora@example.org", "country": "DE", "provider": "manual"}
    return client.post("/checkout/", shown | ordinary | said)


def told(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def rows(page):
    return dict(page.context["sums"].rows)


def test_the_basket_comes_along_to_another_storefront_and_says_what_changed(client, album, japan):
    put(client, album)
    assert told(go_to(client, japan)) == ["Mara Linde: Evening Ferry: €8.99 before, ¥1,500 here."]
    page = client.get("/basket/").context["page"]
    assert (page.total.amount, page.currency) == (1500, "JPY")
    assert rows(client.get("/basket/")) == {"Net": "¥1,364", "Tax (10 %, Japan)": "¥136"}


def test_choosing_the_same_storefront_again_says_nothing(client, album):
    put(client, album)
    assert told(go_to(client, make_storefront())) == []


def test_a_basket_that_was_left_in_another_storefront_follows_when_it_is_looked_at(client, album, japan, ben):
    orders.basket_for(holder_id=ben.pk, token=None, storefront_id=japan.pk, now=timezone.now())
    client.force_login(ben)
    assert client.get("/basket/").status_code == 302
    assert client.get("/basket/").context["page"].currency == "EUR"


def test_without_a_country_prices_with_tax_say_so_and_no_more(client, album):
    put(client, album)
    page = client.get("/basket/")
    assert (page.context["sums"].total, page.context["sums"].note) == ("€8.99", "Tax is in it.")
    assert rows(page) == {}


def test_prices_without_tax_say_plus_tax_and_are_not_sold_before_the_country_is_known(client, album, world):
    go_to(client, world)
    assert "plus tax" in client.get("/release/evening-ferry/").content.decode()
    put(client, album)
    page = client.get("/checkout/")
    assert page.context["sums"].needs_country
    assert "Buy now" not in page.content.decode()


def test_show_the_total_keeps_what_was_typed_and_orders_nothing(client, album, world):
    go_to(client, world)
    put(client, album)
    said = {"step": "total", "country": "GB", "email": "dora@example.org", "provider": "manual"}
    page = client.post("/checkout/", said)
    assert page.status_code == 200
    assert rows(page) == {"Net": "$8.99", "Tax (20 %, United Kingdom)": "$1.80"}
    assert page.context["form"].initial["email"] == "dora@example.org"
    assert "Buy now for $10.79" in page.content.decode()
    assert rows(client.get("/basket/")) == rows(page)  # the shop remembers where
    assert not Order.objects.exists()


def test_a_country_that_the_storefront_does_not_sell_to_is_not_remembered(client, album, world):
    go_to(client, world)
    put(client, album)
    page = client.post("/checkout/", {"step": "total", "country": "DE"})
    assert page.context["sums"].needs_country


def test_another_country_at_the_last_moment_is_shown_before_anything_is_bought(client, album, world):
    go_to(client, world)
    put(client, album)
    client.post("/checkout/", {"step": "total", "country": "US"})
    refused = buy(client, country="GB")
    assert refused.status_code == 409
    assert refused.context["refusal"].code == "orders.price_changed"
    assert rows(refused)["Tax (20 %, United Kingdom)"] == "$1.80"
    assert not Order.objects.exists()
    assert buy(client, country="GB").status_code == 302
    line = Order.objects.get().lines.get()
    assert (line.net, line.tax, line.tax_rate, line.place_of_supply) == (899, 180, 20_000, "GB")


def test_a_country_without_a_rate_pays_none(client, album, world):
    go_to(client, world)
    put(client, album)
    page = client.post("/checkout/", {"step": "total", "country": "US"})
    assert rows(page) == {"Net": "$8.99", "Tax (0 %, United States)": "$0.00"}


def test_with_tax_in_the_price_another_country_changes_the_tax_and_not_the_total(client, album):
    put(client, album)
    totals = {}
    for country in ("DE", "HU"):
        page = client.post("/checkout/", {"step": "total", "country": country})
        totals[country] = (page.context["sums"].total, page.context["page"].tax.amount)
    assert totals == {"DE": ("€8.99", 144), "HU": ("€8.99", 191)}


def test_the_page_asks_for_a_price_where_the_visitor_names_it(client, yours):
    shown = client.get("/release/solstice/").context["view"].buy.open_price
    assert (shown.value, shown.least, shown.may_be_free) == ("5.00", "€0.00", True)
    assert put(client, yours, chosen="7,50").url == "/basket/"
    (line,) = client.get("/basket/").context["lines"]
    assert (line.price, line.named.value) == ("€7.50", "7.50")


@pytest.mark.parametrize("typed", ["", "much", "-3", "20000"])
def test_a_price_that_cannot_be_is_explained_at_its_field(client, yours, typed):
    page = put(client, yours, chosen=typed)
    assert page.status_code == 422
    shown = page.context["view"].buy.open_price
    assert (shown.value, bool(shown.problem)) == (typed, True)
    assert 'aria-describedby="chosen-hint chosen-error"' in page.content.decode()
    assert not client.get("/basket/").context["lines"]


def test_a_price_is_named_again_in_the_basket(client, yours):
    put(client, yours, chosen="3")
    (line,) = client.get("/basket/").context["lines"]
    assert client.post("/basket/price/", {"line": line.pk, "chosen": "0"}).status_code == 302
    assert client.get("/basket/").context["lines"][0].price == "Free"
    page = client.post("/basket/price/", {"line": line.pk, "chosen": "oh"})
    assert page.status_code == 422
    assert page.context["lines"][0].named.value == "oh"
    assert page.context["lines"][0].named.problem


def test_a_price_of_nothing_leads_to_the_shelf_without_a_payment(client, yours):
    put(client, yours, chosen="0")
    assert buy(client).url == f"/order/{Order.objects.get().number}/"
    assert Grant.objects.filter(release=yours).exists()


def test_who_bought_a_track_sees_how_the_rest_is_reckoned(client, album, ben):
    client.force_login(ben)
    client.post("/basket/put/", {"part": album.parts.first().pk})
    buy(client)
    order = Order.objects.get()
    payment = payments.begin(order_number=order.number, provider="manual", amount=order.total, now=timezone.now())
    orders.settle(payment_id=payment.pk, now=timezone.now())
    reckoned = "€8.99 − €0.99 (Track 1) = €8.00"
    assert client.get("/release/evening-ferry/").context["view"].buy.arithmetic == reckoned
    put(client, album)
    page = client.get("/basket/")
    assert page.context["lines"][0].notes == [reckoned]
    assert rows(page) | {"Prices": "€8.99", "Paid before for single tracks": "−€0.99"} == rows(page)
    buy(client)
    shown = client.get(f"/order/{Order.objects.first().number}/").context["view"]
    assert shown.heads == ["Title", "Sold by", "Listed", "Paid before", "Net", "Tax", "Price"]
    assert dict(shown.foot)["Total"] == "€8.00"
    assert len({len(row) for row in shown.rows} | {len(shown.heads)}) == 1


def test_what_comes_can_be_ordered_now_and_says_when_it_comes(client, album):
    comes = timezone.now() + timedelta(days=3)
    release = make_release(title="Slow Weather", slug="slow-weather", tracks=1)
    make_deal(release=release, start_at=comes, preorder_day=(comes - timedelta(days=30)).date())
    page = client.get("/release/slow-weather/")
    assert page.context["view"].buy.comes_on
    assert "schema.org/PreOrder" in page.content.decode()
    put(client, release)
    (line,) = client.get("/basket/").context["lines"]
    assert line.notes[0].startswith("Comes on ")


def test_cards_say_that_the_visitor_names_the_price(client, yours):
    page = client.get("/releases/").content.decode()
    assert "Name your price" in page
