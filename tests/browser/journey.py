"""Steps through the shop that browser tests and screenshots share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bandstand.demo.place import Place

ALBUM = "Northbound Signals"


def sign_in(page: Any, shop: Place, who: str = "ben@demo.example", password: str = "listener_password") -> None:
    """Sign in as the demo's listener, or as somebody else whose password the demo keeps."""
    page.goto(f"{shop.store_url}/account/sign-in/")
    page.get_by_label("Email").fill(who)
    page.get_by_label("Password").fill(shop.keys[password])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/(shelf|backoffice)/"))


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
        page.get_by_label("Email").fill(email)
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
