"""What happens by mail: signing up, coming back to a guest's shelf; each page looked at by axe in both themes."""

from __future__ import annotations

import email
import email.policy
import re
import time

import pytest
from tests.browser.journey import buy

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("house")]

THEMES = pytest.mark.parametrize("theme", ["light", "dark"])
SECONDS = 30


@pytest.fixture
def mailed(shop):
    """Return the links in the newest mail to an address whose subject holds a word; waits until it is there."""

    def links(address, subject):
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            for path in sorted((shop.folder / "mail").glob("*.log"), reverse=True):
                for text in path.read_text(encoding="utf-8").split("-" * 79):
                    mail = email.message_from_string(text.lstrip(), policy=email.policy.default)
                    if mail["To"] == address and subject in str(mail["Subject"]):
                        return re.findall(r"https?://\S+", mail.get_content())
            time.sleep(0.1)
        raise AssertionError(f"no mail to {address} about {subject}")

    return links


@THEMES
def test_a_newcomer_signs_up_by_a_mailed_link(shop, new_page, axe, mailed, theme):
    address = f"newcomer-{theme}@listener.example"
    page = new_page(color_scheme=theme, viewport={"width": 320, "height": 800})
    page.goto(f"{shop.store_url}/account/sign-up/")
    page.get_by_label("Email").fill(address)
    page.get_by_role("button", name="Mail me the link").click()
    page.wait_for_url(re.compile("/account/mail-sent/"))
    axe(page)
    page.goto(mailed(address, "Your account")[0])
    page.get_by_role("heading", name="Choose a password").wait_for()
    axe(page)
    page.get_by_label(re.compile("password", re.IGNORECASE)).first.fill("short")
    page.get_by_role("button", name="Save the password").click()
    page.get_by_role("heading", name="Choose a password").wait_for()
    axe(page)
    for field in page.get_by_label(re.compile("password", re.IGNORECASE)).all():
        if field.evaluate("field => field.matches('input')"):
            field.fill("a quiet harbour at night")
    page.get_by_role("button", name="Save the password").click()
    page.goto(f"{shop.store_url}/account/")
    page.get_by_text(address).first.wait_for()
    axe(page)


@THEMES
def test_buying_as_a_guest_and_coming_back_is_for_everyone(shop, new_page, axe, mailed, theme):
    address = f"axe-{theme}@buyer.example"
    page = new_page(color_scheme=theme, viewport={"width": 320, "height": 800})
    buy(page, shop, email=address, shoot=lambda _name: axe(page))

    elsewhere = new_page(color_scheme=theme)
    elsewhere.goto(f"{shop.store_url}/account/link/")
    elsewhere.get_by_label("Email").fill(address)
    elsewhere.get_by_role("main").get_by_role("button").first.click()
    elsewhere.wait_for_url(re.compile("/account/mail-sent/"))
    elsewhere.goto(mailed(address, "Your shelf")[0])
    elsewhere.get_by_role("heading", name="Open your shelf").wait_for()
    axe(elsewhere)
    elsewhere.get_by_role("button", name="Open my shelf").click()
    elsewhere.get_by_role("heading", name="Northbound Signals").wait_for()
    axe(elsewhere)
