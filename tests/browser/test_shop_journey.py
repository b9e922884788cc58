"""The way from the front page to the files: in a real browser, against the real processes of a store."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile

import mutagen
import pytest
from tests.browser.journey import ALBUM, fill_basket, go_to_checkout, is_paid, order, pay, sign_in, to_album
from tests.browser.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("house")]

SOUNDING = "window.bandstandPlayer.level() > 0.01"


def fetch(page, click):
    with page.expect_download(timeout=90_000) as waiting:
        click()
    return waiting.value.path().read_bytes()


def check_flac_zip(content):
    """Hashes, tags and cover of a whole release as one zip."""
    packed = zipfile.ZipFile(io.BytesIO(content))
    assert packed.testzip() is None
    files = {name.rpartition("/")[2]: packed.read(name) for name in packed.namelist()}
    flacs = sorted(name for name in files if name.endswith(".flac"))
    assert len(flacs) == 4
    sums = dict(reversed(line.split(maxsplit=1)) for line in files["SHA256SUMS"].decode().splitlines())
    for name in (*flacs, "cover.jpg"):
        assert sums[name.lstrip("*")] == hashlib.sha256(files[name]).hexdigest()
    for number, name in enumerate(flacs, 1):
        sound = mutagen.File(io.BytesIO(files[name]))
        assert sound["album"] == [ALBUM]
        assert sound["artist"] == ["Ines Paragon"]
        assert sound["tracknumber"] == [str(number)]
        assert sound["isrc"][0].startswith("QZB3T")
        assert sound.pictures[0].data == files["cover.jpg"]
        assert sound.info.length > 45
    return {name: hashlib.sha256(files[name]).hexdigest() for name in flacs}


def check_mp3(content):
    sound = mutagen.File(io.BytesIO(content))
    assert sound.mime[0] == "audio/mp3"
    assert str(sound["TALB"]) == ALBUM
    assert str(sound["TPE1"]) == "Ines Paragon"
    assert sound.tags.getall("APIC")[0].data[:3] == b"\xff\xd8\xff"
    assert sound.info.length > 45


def test_a_guest_hears_a_preview_buys_the_record_and_holds_the_files(visit, axe):
    page = visit()
    to_album(page)
    page.get_by_role("button", name="Play Carrier Wave").click()
    until(page, SOUNDING)
    began = page.evaluate("window.bandstandPlayer.currentTime")
    until(page, f"window.bandstandPlayer.currentTime > {began} + 0.5")
    page.get_by_role("button", name=re.compile("Put into the basket")).click()
    page.get_by_role("heading", name="Basket", level=1).wait_for()
    assert page.evaluate("window.bandstandPlayer.state") == "playing", "buying stops no music"
    go_to_checkout(page)
    axe(page)
    order(page, email="guest@buyer.example")
    pay(page)
    is_paid(page)
    axe(page)
    page.get_by_role("link", name=f"Download {ALBUM}").click()
    page.get_by_role("heading", name=ALBUM, level=1).wait_for()
    axe(page)
    item = page.url
    hashes = check_flac_zip(fetch(page, lambda: page.get_by_role("link", name=re.compile(r"^FLAC\s*: ")).click()))
    page.goto(item)
    assert set(hashes.values()) <= set(page.locator("code.files-hash").all_text_contents())
    page.get_by_role("heading", name="MP3 V0").click()
    check_mp3(fetch(page, page.get_by_role("link", name=re.compile(r"Carrier Wave\s*, MP3 V0")).click))


def test_a_member_buys_without_typing_an_address(visit, shop):
    page = visit()
    sign_in(page, shop)
    fill_basket(page, "Platform Nine")
    order(page)
    pay(page)
    is_paid(page)
    page.get_by_role("link", name="Go to your shelf").click()
    page.get_by_role("heading", name="Platform Nine").wait_for()


def test_everything_works_without_script(visit):
    page = visit(java_script_enabled=False)
    to_album(page)
    sound = page.get_by_label("Play Carrier Wave").get_attribute("href")
    heard = page.request.get(sound, headers={"Range": "bytes=0-9"})
    assert heard.status == 206
    assert heard.headers["content-type"] == "audio/mpeg"
    page.get_by_role("button", name=re.compile("Put into the basket")).click()
    go_to_checkout(page)
    order(page, email="noscript@buyer.example")
    pay(page)
    is_paid(page)
    page.get_by_role("link", name=f"Download {ALBUM}").click()
    page.get_by_role("heading", name=ALBUM, level=1).wait_for()
    item = page.url
    check_flac_zip(fetch(page, lambda: page.get_by_role("link", name=re.compile(r"^FLAC\s*: ")).click()))
    page.goto(item)
    page.get_by_role("heading", name="MP3 V0").click()
    check_mp3(fetch(page, lambda: page.get_by_role("link", name=re.compile(r"Dead Air\s*, MP3 V0")).click()))


@pytest.mark.parametrize("script", [True, False])
def test_a_declined_payment_says_so_and_can_be_tried_again(visit, script):
    page = visit(java_script_enabled=script)
    fill_basket(page)
    order(page, email=f"declined-{script}@buyer.example")
    pay(page, "Decline")
    page.get_by_text("The payment was not made.").wait_for()
    page.get_by_role("button", name=re.compile("Try again")).click()
    page.get_by_role("heading", name="Pretend payment").wait_for()
    pay(page)
    is_paid(page)


def test_a_provider_that_never_tells_is_asked(visit):
    page = visit()
    fill_basket(page)
    order(page, email="never@buyer.example")
    pay(page, "Never answer")
    page.wait_for_url(re.compile("/order/"))
    is_paid(page)


def test_sessions_open_to_members_only(visit, shop):
    page = visit("/series/living-room/")
    page.get_by_role("link", name=re.compile("Living Room 1")).first.click()
    page.get_by_text("This title is for members only.").first.wait_for()
    assert page.get_by_role("button", name=re.compile("Put into the basket")).count() == 0
    sign_in(page, shop)
    page.goto(shop.store_url + "/series/living-room/")
    page.get_by_role("link", name=re.compile("Living Room 1")).first.click()
    page.get_by_role("button", name=re.compile("Put into the basket")).wait_for()


def test_what_comes_on_tuesday_says_when_and_can_be_ordered_ahead(visit):
    page = visit()
    page.get_by_role("link", name=re.compile("Slow Weather")).first.click()
    page.get_by_role("button", name=re.compile("^Order now")).first.wait_for()
    page.get_by_text(re.compile(r"It comes on .* \d")).first.wait_for()


def test_what_is_not_sold_here_is_not_listed_and_says_why(visit, shop):
    page = visit("/releases/")
    assert page.get_by_role("link", name="Kühlhaus").count() == 0
    page.goto(f"{shop.store_url}/release/j%C3%B6rn-tessmer-k%C3%BChlhaus/")
    page.get_by_text(re.compile("This title is not offered in")).first.wait_for()


def test_what_is_free_is_taken_without_a_payment(visit):
    page = visit("/releases/")
    page.get_by_role("link", name=re.compile("First Light")).first.click()
    page.get_by_role("button", name=re.compile("Put into the basket")).click()
    go_to_checkout(page)
    page.get_by_label("Email").fill("free@buyer.example")
    page.get_by_label("Billing country").select_option("FR")
    page.get_by_role("button", name="Get it").click()
    is_paid(page)


def test_a_refund_returns_the_money_and_ends_the_right(visit, shop):
    page = visit()
    fill_basket(page, "Snowfield, No Reception")
    order(page, email="refund@buyer.example")
    pay(page)
    is_paid(page)
    number = page.get_by_role("heading", level=1).inner_text().removeprefix("Order ")
    page.get_by_role("link", name=re.compile("^Download")).click()
    link = page.get_by_role("link", name=re.compile("FLAC")).first.get_attribute("href")

    staff = visit()
    sign_in(staff, shop, "ada@demo.example", "staff_password")
    staff.goto(f"{shop.store_url}/backoffice/orders/order/?q={number}")
    staff.get_by_role("link", name=number).click()
    staff.get_by_role("link", name="Refund …").click()
    staff.get_by_label("Reason").fill("It was a present, twice.")
    staff.get_by_role("button", name="Refund", exact=True).click()
    staff.get_by_text(re.compile("goes back: It was a present")).first.wait_for()

    page.goto(f"{shop.store_url}/order/{number}/")
    page.get_by_text("Refunded").first.wait_for()
    assert page.request.get(shop.store_url + link).status == 404
