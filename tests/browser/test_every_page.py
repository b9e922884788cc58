"""Every page: nothing that axe finds, in both themes; nothing that sticks out of a phone of 320 px."""

from __future__ import annotations

import os
import re

import pytest
from tests.browser.journey import sign_in
from tests.browser.pages import OWN, PUBLIC, STAFF

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("house")]


@pytest.fixture
def looked_at(shop, axe, trouble):
    """Visit pages and check each one."""
    trouble.expect("404 .*nothing-of-that-name")

    def look(page, pages):
        for name, path in pages.items():
            page.goto(shop.store_url + path)
            try:
                axe(page)
            except AssertionError as error:
                raise AssertionError(f"{name} ({path}): {error}") from None
            stick_out = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert stick_out <= 0, f"{name} ({path}) is {stick_out} px too wide"

    return look


# Each theme and each width once; EVERY_LOOK=1 takes each theme at each width.
LOOKS = [(320, "dark"), (1280, "light")] + [(320, "light"), (1280, "dark")] * (os.environ.get("EVERY_LOOK") == "1")


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_public_pages_are_for_everyone(new_page, looked_at, theme, width):
    pages = {name: path for name, path in PUBLIC.items() if name != "styleguide"}  # it moves; its own tests look at it
    looked_at(new_page(color_scheme=theme, viewport={"width": width, "height": 800}), pages)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_members_pages_are_for_everyone(new_page, looked_at, shop, theme):
    page = new_page(color_scheme=theme, viewport={"width": 320, "height": 800})
    sign_in(page, shop)
    looked_at(page, OWN)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_playing_bar_is_for_everyone(visit, axe, theme):
    page = visit(PUBLIC["release"], color_scheme=theme, viewport={"width": 320, "height": 800})
    page.get_by_role("button", name=re.compile("^Play ")).first.click()
    page.get_by_role("region", name="Player").wait_for()
    axe(page)


def test_the_staffs_pages_answer(new_page, shop):
    """The admin's markup is Django's; here each page answers, and no script or style is blocked."""
    page = new_page()
    sign_in(page, shop, "ada@demo.example", "staff_password")
    for path in STAFF.values():
        assert page.goto(shop.store_url + path).status == 200
