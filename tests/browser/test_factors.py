"""Second factors in a real browser: a passkey of a virtual device, an app without script; each page through axe."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from bandstand.demo.supervisor import run_once
from bandstand.store.accounts import codes

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("house")]

PASSWORD = "a quiet harbour at night"


@pytest.fixture
def new_page(new_page):
    """As the others', with more patience: signing in hashes a password on purpose slowly."""

    def open_page(**options):
        page = new_page(**options)
        page.set_default_timeout(30_000)
        return page

    return open_page


@pytest.fixture
def newcomer(shop):
    """Make somebody on the staff who has no second factor yet; return how they give address and password."""

    def make(name):
        address = f"{name}@demo.example"
        extra = {"BANDSTAND_STAFF_PASSWORD": PASSWORD}
        run_once(shop, "store", "staff", address, "--role", "manager", extra=extra)

        def sign_in(page):
            page.goto(f"{shop.store_url}/account/sign-in/")
            page.get_by_label("Email").fill(address)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()

        return sign_in

    return make


def device(page):
    """Give a page a device that holds passkeys and asks for a finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_staff_set_up_a_passkey_and_come_back_by_it_alone(shop, new_page, axe, newcomer, theme, trouble):
    page = new_page(color_scheme=theme, viewport={"width": 320, "height": 800})
    session, authenticator = device(page)
    newcomer(f"passkey-{theme}")(page)
    page.wait_for_url(re.compile("/shelf/"))
    page.goto(f"{shop.store_url}/backoffice/")
    page.get_by_text("Set up an authenticator app or a passkey here").wait_for()
    axe(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("heading", name="Add a passkey").wait_for()
    axe(page)
    page.get_by_role("button", name="Add the passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    axe(page)
    assert len(session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]) == 1
    assert page.goto(f"{shop.store_url}/backoffice/").url.endswith("/backoffice/")

    page.goto(f"{shop.store_url}/account/sign-out/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto(f"{shop.store_url}/account/sign-in/")
    axe(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile("/shelf/"))
    assert page.goto(f"{shop.store_url}/backoffice/").url.endswith("/backoffice/")

    page.goto(f"{shop.store_url}/account/sign-out/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    newcomer(f"passkey-{theme}")(page)  # by password: the passkey is the second step
    page.get_by_role("heading", name="Second step").wait_for()
    axe(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile("/shelf/"))


def test_a_passkey_that_can_not_be_used_is_told_and_nothing_is_stuck(shop, new_page, axe, trouble):
    trouble.expect("503 .*sign-in/passkey")
    page = new_page()
    page.route("**/account/sign-in/passkey/", lambda route: route.fulfill(status=503, body="busy"))
    page.goto(f"{shop.store_url}/account/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("main").get_by_text("That did not work").first.wait_for()
    axe(page)
    assert page.get_by_role("button", name="Sign in with a passkey").is_enabled()


def test_an_app_is_set_up_and_used_without_script(shop, new_page, newcomer):
    sign_in = newcomer("by-app")
    page = new_page(java_script_enabled=False)
    sign_in(page)
    page.goto(f"{shop.store_url}/account/factors/app/")
    secret = page.locator("code").first.inner_text().replace(" ", "")
    picture = page.request.get(f"{shop.store_url}/account/factors/app/picture.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    step = codes.step_of(datetime.now(UTC))
    page.get_by_label("Code from the app").fill(codes.code_at(secret, step))
    page.get_by_role("button", name="Set it up").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    written = page.locator("main code").first.inner_text()
    page.goto(f"{shop.store_url}/backoffice/")
    assert page.url.endswith("/backoffice/")

    for typed in (codes.code_at(secret, step + 1), written):  # the app's next code, then a recovery code
        other = new_page(java_script_enabled=False)
        sign_in(other)
        other.get_by_label("Code").fill(f" {typed[:3]} {typed[3:]} ")
        other.get_by_role("button", name="Go on").click()
        other.wait_for_url(re.compile("/shelf/"))
