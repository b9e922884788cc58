from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse
from django.utils import timezone
from tests.factories import (
    make_deal,
    make_genre,
    make_label,
    make_master,
    make_party,
    make_release,
    make_rendition,
    make_series,
    make_storefront,
)

from bandstand.kernel.money import Money
from bandstand.store.catalogue.models import Part, Release
from bandstand.store.deals.rules import Visitor
from bandstand.store.grants.models import Grant
from bandstand.store.ingest.models import Delivery
from bandstand.store.orders import queries, services
from bandstand.store.orders.models import Order
from bandstand.store.payments.models import Payment


@dataclass(frozen=True)
class Shop:
    """One release with everything around it, which Ben has bought."""

    release: Release
    part: Part
    order: Order
    grant: Grant


@pytest.fixture(autouse=True)
def _no_tries_of_other_tests():
    cache.clear()


@pytest.fixture
def shop(db, ben, settings):
    settings.MANUAL_ACCOUNT = "IBAN XX00"
    make_storefront()
    release = make_release(
        title="Evening Ferry",
        slug="evening-ferry",
        genre=make_genre(),
        label=make_label(),
        series=make_series(),
        tracks=2,
    )
    for part in release.parts.all():
        make_rendition(master=make_master(part=part))
    make_deal(release=release)
    make_party("Somebody Else")
    Delivery.objects.create(
        folder="in", state="accepted", digest="0" * 64, report={}, at=timezone.now(), release=release
    )
    return Shop(release, release.parts.first(), *_bought(ben, release))


def _bought(ben, release):
    now = timezone.now()
    visitor = Visitor(territory="DE", member=True, staff=False)
    basket = services.basket_for(holder_id=ben.pk, token=None, storefront_id=make_storefront().pk, now=now)
    services.put_in_basket(basket_id=basket.pk, release_id=release.pk, part_id=None, visitor=visitor, now=now)
    page = queries.basket_page(basket, visitor=visitor, now=now)
    order = services.place_order(
        basket_id=basket.pk, holder_id=ben.pk, email=ben.email, billing_country="DE", checkout_key=page.checkout_key,
        expected=Money(page.total.amount, page.total.currency), now=now,
    )  # fmt: skip
    services.begin_payment(order_id=order.pk, provider="manual", return_url="http://localhost/", now=now)
    services.settle(payment_id=Payment.objects.get(order_number=order.number).pk, now=now)
    order.refresh_from_db()
    return order, Grant.objects.get(holder=ben)


@pytest.fixture
def everywhere(shop):
    """Every address of the store that the URLconf names: a list of (name, path)."""
    found = dict(_named(get_resolver().url_patterns, "", shop))
    assert len(found) > 100  # a walk that finds nothing proves nothing
    return sorted(found.items())


def _named(patterns, space, shop):
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                name = f"{space}{pattern.name}"
                yield name, _path(name, pattern, shop)
        else:
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _named(pattern.url_patterns, inner, shop)


def _path(name, pattern, shop):
    known = {
        "number": shop.order.number, "grant_id": shop.grant.pk, "part_id": shop.part.pk, "recipe": "flac",
        "sha256": "0" * 64,
        "token": "made-up", "provider": "manual", "uidb36": "1", "key": "made-up", "app_label": "orders",
        "content_type_id": 1, "object_id": _row(name), "order_id": shop.order.pk, "url": "nothing",
        "sign_in_id": 1, "pk": 1, "token_id": 1, "public_id": uuid.UUID(int=1),
        "campaign_id": 1,
        "line_id": shop.order.lines.first().pk, "slug": _slug(name, shop), "name": "button", "page": "release",
    }  # fmt: skip
    groups = list(pattern.pattern.regex.groupindex)
    try:
        return reverse(name, kwargs={group: known.get(group, 1) for group in groups})
    except NoReverseMatch:
        return reverse(name, args=[known["object_id"]])


def _slug(name, shop):
    return {
        "shopfront:artist": "mara-linde",
        "shopfront:label": shop.release.label.slug,
        "shopfront:genre": shop.release.genre.slug,
        "shopfront:series": shop.release.series.slug,
    }.get(name, shop.release.slug)


def _row(name):
    """A row that an address of the back office is about."""
    for model in admin.site._registry:
        stem = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(stem):
            first = model.objects.order_by("pk").first()
            return first.pk if first else 1
    return 1


@pytest.fixture
def visitor_of():
    """A client that somebody is signed in with; with nobody, a stranger's. Errors come as pages."""

    def make(person=None, **options):
        client = Client(raise_request_exception=False, **options)
        if person is not None:
            client.force_login(person)
        return client

    return make
