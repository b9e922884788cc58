"""A label delivers titles full of markup and script: every page shows them as text, and nothing else happens."""

from __future__ import annotations

import email
import email.policy
import http.client
import json
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests import house
from tests.browser.journey import sign_in
from tests.payloads import PAYLOADS
from tests.sounds import make_picture, make_sound

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("house")]

# Elements and attributes that no page of ours has, and that the payloads ask for.
FOREIGN = """[onerror],[onload],[onfocus],[onmouseover],[onbegin],iframe,object,embed,base,meta[http-equiv],style,
math,animate,[href^="javascript:" i],[href^="data:" i],[src="x"],[href*="evil.example"],[action*="evil.example"],
[hx-get*="evil.example"],script:not([src]):not([type="application/ld+json"]):not([type="application/json"])"""
RELEASE = """
[release]
title = {title}
artists = [{{ name = {artist} }}]
label = {label}
genre = {genre}
number = {number}
date = 2026-01-02
description = {description}
copyright = {description}
series = {{ slug = "hostile", title = {title}, episode = {episode} }}

[[release.credits]]
name = {artist}
role = {genre}

[[deal]]
release_tier = "free"
track_tier = "track"
"""


def text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # a TOML basic string as well


def deliver(folder: Path, first: int, *, tracks: list[str]) -> Path:
    """A release whose facts are payloads from `first` on, with a track for each of `tracks`."""
    facts = [PAYLOADS[(first + step) % len(PAYLOADS)] for step in range(5)]
    here = folder / f"delivery {first} <img src=x onerror=alert(2)>"
    for number, title in enumerate(tracks, start=1):
        name = re.sub(r"[^ -.0-\[\]-~]", "_", title)[:80]
        track = here / f"{number:02} {name}.flac"
        make_sound(
            track, title=title, artists=(PAYLOADS[(first + number) % len(PAYLOADS)],), lyrics=title, track=number
        )
    (here / "cover.jpg").write_bytes(make_picture())
    title, artist, label, genre, description = (text(fact[:100]) for fact in facts)
    (here / "release.toml").write_text(
        RELEASE.format(title=title, artist=artist, label=label, genre=genre, description=description,
                       number=text(f"BAD-{first}"), episode=first + 1),
        encoding="utf-8",
    )  # fmt: skip
    return here


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    deliveries = [deliver(folder / "in", 0, tracks=list(PAYLOADS))]
    deliveries += [deliver(folder / "in", first, tracks=[PAYLOADS[first]]) for first in range(5, len(PAYLOADS), 5)]
    with house.running(folder / "house", slugs={"none of the demo's"}) as here:
        taken = subprocess.run(
            [sys.executable, "-m", "bandstand.cli", "store", "ingest", "--json", *map(str, deliveries)],
            env=here.environment(), capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        told = [json.loads(line) for line in taken.stdout.splitlines()]
        assert [(one["state"], one["reasons"]) for one in told] == [("applied", [])] * len(deliveries)
        yield here


@pytest.fixture
def visit(shop, new_page):
    """Open pages, and fail when one of them says more than its text: dialogs, policy reports, foreign elements."""
    page = new_page(accept_downloads=True)
    page.set_default_timeout(30_000)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))

    def go(path):
        response = page.goto(path if path.startswith("http") else shop.store_url + path)
        assert response.status < 400, path
        assert page.evaluate("(what) => document.querySelectorAll(what).length", FOREIGN) == 0, path
        assert page.url.startswith(shop.store_url)
        return page

    yield go
    assert dialogs == []


def links(page, pattern):
    """The different addresses that a page links to."""
    found = page.evaluate("[...document.links].map((link) => link.href)")
    return sorted({link.partition("#")[0] for link in found if re.search(pattern, link)})


def test_no_page_of_the_shop_runs_what_a_title_says(visit):
    page = visit("/releases/")
    releases = links(page, r"/release/")
    assert len(releases) == 9
    around = {path for release in releases for path in links(visit(release), r"/(artist|label|genre|series)/.")}
    for path in [*sorted(around), "/", "/genres/", "/series/"]:
        visit(path)
    assert len(around) > 20


def test_what_machines_read_of_a_page_is_the_title_to_the_letter(visit):
    for release in links(visit("/releases/"), r"/release/"):
        page = visit(release)
        said = page.evaluate(
            "JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').textContent).name"
        )
        shown = page.evaluate("document.querySelector('meta[property=\"og:title\"]').content")
        heading = page.locator("main h1").inner_text()
        assert any(said == payload[:100].strip() for payload in PAYLOADS)
        assert said in shown
        assert " ".join(said.split()) in " ".join(heading.split())


def test_it_is_bought_mailed_downloaded_and_seen_by_staff_as_text(visit, shop):
    release = next(
        link
        for link in links(visit("/releases/"), r"/release/")
        if link.endswith("scriptscriptalert1script-scriptalert1script/")
    )
    page = visit("/account/sign-in/")
    sign_in(page, shop)
    visit(release)
    page.get_by_role("button", name=re.compile("Get|Put into the basket|free", re.IGNORECASE)).first.click()
    page.get_by_role("heading", name="Basket", level=1).wait_for()
    visit("/basket/")
    visit("/checkout/")
    page.get_by_label("Billing country").select_option("DE")
    page.locator("main form button").last.click()
    page.get_by_text("yours for good").first.wait_for()
    visit(page.url)
    visit("/shelf/")
    visit(links(page, r"/shelf/\d")[0])
    with page.expect_download(timeout=120_000) as waiting:
        page.locator("a[href*='/zip/']").first.click()
    _is_harmless(waiting.value)
    _mail_is_harmless(shop)
    _staff_looks(visit, shop)


def _mail_is_harmless(shop):
    """The title stands in the receipt's body and nowhere else."""
    deadline = time.monotonic() + 120  # the worker may still be busy with previews
    while not (receipts := [mail for mail in _mails(shop) if "Your receipt" in mail["Subject"]]):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    for mail in receipts:
        text, *attached = mail.iter_parts() if mail.is_multipart() else [mail]
        assert text.get_content_type() == "text/plain"
        assert [part.get_content_type() for part in attached] == ["application/pdf", "application/octet-stream"]
        assert "alert" not in "".join(f"{name}: {value}" for name, value in mail.items())
        assert "<script>alert(1)</script>" in text.get_content()


def _is_harmless(download):
    assert not set(download.suggested_filename) & set('/\\\r\n\0"<>')
    names = zipfile.ZipFile(download.path()).namelist()
    assert len(names) > len(PAYLOADS)
    for name in names:
        assert not name.startswith(("/", "."))
        assert ".." not in name.split("/")
        assert not set(name) & set('\\\r\n\0"<>:*?|\u202e\u2066')
        assert len(name.encode()) < 400


def _staff_looks(visit, shop):
    page = visit("/account/sign-out/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(shop.store_url + "/")
    sign_in(page, shop, "ada@demo.example", "staff_password")
    lists = links(visit("/backoffice/"), r"/backoffice/\w+/\w+/$")
    assert len(lists) > 12
    for address in lists:
        rows = links(visit(address), re.escape(address) + r".+/change/$")
        for row in rows[:12]:
            visit(row)


def _mails(shop):
    for path in (shop.folder / "mail").iterdir():
        yield email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def test_the_logs_of_all_this_hold_no_secret(shop):
    said = "".join(path.read_text(encoding="utf-8", errors="replace") for path in (shop.folder / "logs").iterdir())
    assert '"path": "/checkout/"' in said or "ms" in said  # there is something in them
    for name, secret in shop.keys.items():
        assert secret not in said, name
    assert not re.search(r"/t/[\w-]{100}", said)  # tickets
    assert not re.search(r"sessionid=|store-session=\w|csrfmiddlewaretoken=\w", said)


def test_only_the_owner_of_the_process_reads_the_shops_folder(shop):
    assert shop.folder.stat().st_mode & 0o077 == 0
    assert (shop.folder / "bandstand-demo.json").stat().st_mode & 0o077 == 0


def test_the_real_servers_guard_files_and_refusals_too(shop):
    """What granian sends, with nothing of Django's test client between: pages, static files, the file door."""
    style = re.search(r'href="(/static/[^"]+\.css)"', _ask(shop.store_url, "/")[2]).group(1)
    for path, method, host, status in [
        ("/", "GET", "", 200),
        (style, "GET", "", 200),
        (style, "GET", "evil.example", 400),
        ("/healthz", "GET", "evil.example", 400),
        ("/", "TRACE", "", 405),
        ("/nothing", "GET", "", 404),
        ("/static/", "GET", "", 404),
        ("/static/%2e%2e/%2e%2e/bandstand.db", "GET", "", 404),
    ]:
        got, headers, _ = _ask(shop.store_url, path, method=method, host=host)
        assert (path, method, host, got) == (path, method, host, status)
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
    for path, method, host, status in [
        ("/t/made-up/x", "GET", "", 403),
        ("/", "TRACE", "", 405),
        ("/", "GET", "x", 400),
    ]:
        got, headers, _ = _ask(shop.files_url, path, method=method, host=host)
        assert (path, got) == (path, status)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"


def _ask(base, path, *, method="GET", host=""):
    address = urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    connection.request(method, path, headers={"Host": host or address.netloc})
    reply = connection.getresponse()
    body = reply.read().decode("utf-8", "replace")
    connection.close()
    return reply.status, {name.lower(): value for name, value in reply.getheaders()}, body
