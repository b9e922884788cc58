"""A folder on the disk is compared with its SHA256SUMS in the browser; nothing leaves it."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from tests.browser.waiting import until
from tests.factories import make_storefront

from bandstand.store.delivery.rules import sums_text

SIZES = (0, 1, 55, 56, 63, 64, 65, 119, 120, 1024 * 1024, 1024 * 1024 + 1, 2_500_001)  # where hashing turns


@pytest.fixture
def visit(live_server, new_page):
    """Open the page; it needs no filled shop."""
    make_storefront()

    def open_page(**options):
        page = new_page(**options)
        page.set_default_timeout(30_000)
        page.goto(f"{live_server.url}/check/")
        return page

    return open_page


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A download as it lies on a disk, with names of several scripts and sizes at every edge."""
    here = tmp_path / "Mara Linde - Evening Ferry"
    here.mkdir()
    files = {f"{number:02} 夜の海 é {size}.flac": bytes([number]) * size for number, size in enumerate(SIZES, start=1)}
    for name, content in files.items():
        (here / name).write_bytes(content)
    sums = sums_text([(hashlib.sha256(content).hexdigest(), name) for name, content in files.items()])
    (here / "SHA256SUMS").write_text(sums, encoding="utf-8")
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=here, check=True)
    return here


def states(page) -> dict[str, str]:
    until(page, "!document.getElementById('check-result').hidden")
    rows = page.locator("#check-files li")
    return {row.locator("span").inner_text(): row.get_attribute("data-state") for row in rows.all()}


def test_what_is_right_changed_missing_and_not_on_the_list_is_told(visit, axe, folder):
    page = visit()
    sent: list[str] = []
    page.locator("#check-folder").wait_for()
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.locator("#check-folder").set_input_files(folder)
    told = states(page)
    assert set(told.values()) == {"right"}
    assert len(told) == len(SIZES)
    axe(page)
    victim, gone = max(folder.glob("*.flac")), sorted(folder.glob("*.flac"))[2]
    content = bytearray(victim.read_bytes())
    content[-1] ^= 1
    victim.write_bytes(content)
    gone.unlink()
    (folder / "my notes.txt").write_text("mine", encoding="utf-8")
    (folder / ".DS_Store").write_text("theirs", encoding="utf-8")
    page.locator("#check-folder").set_input_files(folder)
    until(page, "document.querySelector('[data-state=extra]')")
    told = {name.rpartition("/")[2]: state for name, state in states(page).items()}
    assert told.pop(victim.name) == "changed"
    assert told.pop(gone.name) == "missing"
    assert told.pop("my notes.txt") == "extra"
    assert set(told.values()) == {"right"}
    axe(page)
    assert [line for line in sent if not re.fullmatch(r"GET http://[^/]+/static/fonts/[^?]+", line)] == []


def test_a_folder_can_be_dropped(visit, folder):
    page = visit()
    box = page.locator(".check-drop").bounding_box()
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send(
            "Input.dispatchDragEvent",
            {
                "type": kind,
                "x": box["x"] + 10,
                "y": box["y"] + 10,
                "data": {"items": [], "files": [str(folder)], "dragOperationsMask": 1},
            },
        )
    assert set(states(page).values()) == {"right"}


def test_a_folder_without_a_list_and_a_browser_without_script_are_told_what_to_do(visit, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.flac").write_bytes(b"a")
    page = visit()
    page.locator("#check-folder").set_input_files(tmp_path / "empty")
    assert states(page) == {}
    assert page.locator("#check-result").get_attribute("class") == "notice notice-bad"
    plain = visit(java_script_enabled=False)
    assert plain.locator("#check-folder").is_hidden()
    assert "sha256sum -c SHA256SUMS" in plain.locator("main").inner_text()
