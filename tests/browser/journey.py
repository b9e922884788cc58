"""Steps through the shop that browser tests and screenshots share."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bandstand.demo.place import Place
from bandstand.demo.setup import STAFF, staff_code

ALBUM = "Northbound Signals"
_STAFF_COOKIES: dict[str, Any] = {}  # by shop


def sign_in(page: Any, shop: Place, who: str = "ben@demo.example", password: str = "listener_password") -> None:
    """Sign in as the demo's listener, or as somebody else whose password the demo keeps.

    Staff sign in once for each shop: their app's codes are good for one sign-in each.
    """
    if who == STAFF and shop.store_url in _STAFF_COOKIES:
        page.context.add_cookies(_STAFF_COOKIES[shop.store_url])
        page.goto(f"{shop.store_url}/backoffice/")
        if page.url.endswith("/backoffice/"):
            return
    page.goto(f"{shop.store_url}/account/sign-in/")
    page.get_by_label("Email").fill(who)
    page.get_by_label("Password").fill(shop.keys[password])
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    if who == STAFF:
        give_code(page, shop)
    page.wait_for_url(re.compile(r"/(shelf|backoffice)/"))
    if who == STAFF:
        _STAFF_COOKIES[shop.store_url] = page.context.cookies()


def give_code(page: Any, shop: Place) -> None:
    """Type the code of the staff's app; one that was used just now is not taken, so wait for the next."""
    page.get_by_role("heading", name="Second step").wait_for()
    for _ in range(3):
        page.get_by_label("Code").fill(staff_code(shop, now=datetime.now(UTC)))
        page.get_by_role("button", name="Go on").click()
        page.wait_for_load_state()
        if "/sign-in/code/" not in page.url:
            return
        page.wait_for_timeout(10_000)


def to_album(page: Any) -> None:
    """Find the record by the navigation."""
    page.get_by_role("navigation").get_by_role("link", name="Releases").first.click()
    page.get_by_role("main").get_by_role("link", name=ALBUM).first.click()
    page.get_by_role("heading", name=ALBUM, level=1).wait_for()


def fill_basket(page: Any, track: str = "Carrier Wave") -> None:
    """Put one track of the record into the basket and go to checkout."""
    to_album(page)
    page.get_by_role("button", name=re.compile(f"Put {track} into the basket")).click()
    go_to_checkout(page)


def go_to_checkout(page: Any) -> None:
    """From the basket to checkout."""
    page.get_by_role("heading", name="Basket", level=1).wait_for()
    page.get_by_role("link", name="Go to checkout").click()
    page.get_by_role("heading", name="Checkout", level=1).wait_for()


def order(page: Any, *, email: str = "") -> None:
    """Fill in checkout and go on to the pretend gateway."""
    if email:
        page.get_by_label("Email", exact=True).fill(email)
    page.get_by_label("Billing country").select_option("DE")
    page.get_by_label(re.compile("Pretend")).check()
    page.get_by_role("button", name=re.compile("Buy now")).click()
    page.get_by_role("heading", name="Pretend payment").wait_for()


def pay(page: Any, outcome: str = "Pay €") -> None:
    """Press one of the gateway's buttons."""
    page.get_by_role("button", name=re.compile(f"^{outcome}")).click()


def is_paid(page: Any) -> None:
    """Wait for the order page to say so."""
    page.get_by_text("Thank you. It is paid, and yours for good.").wait_for()


def buy(page: Any, shop: Place, *, email: str, shoot: Callable[[str], None]) -> None:
    """Buy the record as a guest whose address is new here, with a picture of each step."""
    page.goto(shop.store_url)
    to_album(page)
    page.get_by_role("button", name=re.compile("Put into the basket")).click()
    page.get_by_role("heading", name="Basket", level=1).wait_for()
    shoot("basket")
    go_to_checkout(page)
    shoot("checkout")
    order(page, email=email)
    shoot("gateway")
    pay(page, "Decline")
    page.get_by_text("The payment was not made.").wait_for()
    shoot("order-declined")
    page.get_by_role("button", name=re.compile("Try again")).click()
    pay(page)
    is_paid(page)
    shoot("order-paid")
    page.get_by_role("link", name=f"Download {ALBUM}").click()
    page.get_by_role("heading", name=ALBUM, level=1).wait_for()
    shoot("shelf-item")
