from __future__ import annotations

import pytest
from django.core.cache import cache
from django.utils import timezone
from tests.conftest import APP_SECRET, give_factor
from tests.factories import make_storefront

from bandstand.store.accounts import codes

PASSWORD = "a quiet harbour"


@pytest.fixture(autouse=True)
def storefront(db):
    cache.clear()  # allauth counts tries there
    return make_storefront()


@pytest.fixture
def sign_in():
    """Sign somebody in through the page; what is left out is the second step."""

    def do(client, person, password=PASSWORD, **more):
        return client.post("/account/sign-in/", {"login": person.email, "password": password, **more})

    return do


@pytest.fixture
def signed_in():
    return lambda client: client.get("/account/").status_code == 200


@pytest.fixture
def with_app(ben):
    give_factor(ben)
    return ben


def code(steps=0):
    """What the app of `give_factor` shows, some half minutes from now."""
    return codes.code_at(APP_SECRET, codes.step_of(timezone.now()) + steps)
