"""A voucher, a gift and a card from a concert, in a real browser; each page looked at by axe."""

from __future__ import annotations

import email
import email.policy
import re
import time

import pytest
from tests.browser.journey import fill_basket, order, pay, sign_in

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("house")]


def link_to(shop, address):
    """Return the link of the gift that was mailed to an address; waits until it is there."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        for path in (shop.folder / "mail").glob("*.log"):
            for text in path.read_text(encoding="utf-8").split("-" * 79):
                mail = email.message_from_string(text.lstrip(), policy=email.policy.default)
                if mail["To"] == address and "gift for you" in str(mail["Subject"]):
                    return re.findall(r"https?://\S+", mail.get_content())[0]
        time.sleep(0.3)
    raise AssertionError(f"no gift was mailed to {address}")


def test_a_guest_gives_a_track_with_a_voucher_and_somebody_takes_it(visit, shop, new_page, axe):
    page = visit()
    fill_basket(page)
    page.get_by_role("link", name="Change the basket").click()
    page.get_by_text("I have a voucher code").click()
    page.get_by_label("Voucher code").fill("welcome")
    page.get_by_role("button", name="Use it").click()
    page.get_by_text("−€0.10").first.wait_for()
    axe(page)
    page.get_by_role("link", name="Go to checkout").click()
    page.get_by_role("button", name="This is a gift").click()
    page.get_by_label("Name of who gets it").fill("Cleo")
    page.get_by_label("Their email").fill("cleo@gift.example")
    page.get_by_label("Your name").fill("Ben")
    page.get_by_label("Your message").fill("Listen to the middle of it.")
    axe(page)
    order(page, email="giver@buyer.example")
    pay(page)
    page.get_by_text("Your gift was mailed to Cleo").wait_for()
    axe(page)
    theirs = new_page(viewport={"width": 320, "height": 800})
    theirs.goto(link_to(shop, "cleo@gift.example"))
    theirs.get_by_text("Listen to the middle of it.").wait_for()
    axe(theirs)
    theirs.get_by_role("button", name="Put it on my shelf").click()
    theirs.wait_for_url(re.compile("/shelf/"))
    theirs.get_by_role("main").get_by_role("link", name=re.compile("Carrier Wave")).first.wait_for()
    page.reload()
    page.get_by_text("was put on a shelf").wait_for()


def test_a_card_of_the_staffs_sheet_puts_its_record_on_a_shelf(new_page, shop, axe):
    staff = new_page()
    sign_in(staff, shop, "ada@demo.example", "staff_password")
    staff.goto(f"{shop.store_url}/backoffice/vouchers/campaign/")
    staff.get_by_role("link", name="Northbound tour").click()
    staff.get_by_role("link", name="Sheet of batch 1").click()
    assert staff.locator(".card").count() == 24
    axe(staff)
    code = staff.locator(".code").first.text_content()
    fan = new_page(viewport={"width": 320, "height": 800})
    fan.goto(f"{shop.store_url}/redeem/?code={code}")
    axe(fan)
    fan.get_by_label("Email").fill("fan@gig.example")
    fan.get_by_role("button", name="Put it on my shelf").click()
    fan.get_by_text("We have sent a mail with the way to it.").wait_for()  # what the address owns is said there alone
    staff.reload()
    assert staff.locator(".card").count() == 23
