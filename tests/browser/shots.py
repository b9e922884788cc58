"""Screenshots of every page at phone and desktop width, light and dark: `python -m tests.browser.shots [FOLDER]`.

Starts a whole store with the demo's releases, buys something, and writes build/shots/<page>-<width>-<theme>.png.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests import house
from tests.browser.conftest import FLAGS
from tests.browser.journey import buy, sign_in
from tests.browser.pages import OWN, PUBLIC, STAFF

WIDTHS = (1440, 375)


def main() -> None:
    """Take them all."""
    from playwright.sync_api import sync_playwright

    out = Path(sys.argv[1] if len(sys.argv) > 1 else "build/shots")
    out.mkdir(parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="bandstand-shots-"))
    try:
        with house.running(data, slugs=house.SLUGS) as here, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            for width in WIDTHS:
                for theme in ("light", "dark"):
                    shoot_all(chromium, here, out, width, theme)
            chromium.close()
    finally:
        shutil.rmtree(data)


def shoot_all(chromium: Any, here: Any, out: Path, width: int, theme: str) -> None:
    """Walk through the shop as a visitor, a buyer, a member and staff, at one width in one theme."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()

    def shoot(name: str) -> None:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=out / f"{name}-{width}-{theme}.png", full_page=True)

    def visit(pages: dict[str, str]) -> None:
        for name, path in pages.items():
            page.goto(here.store_url + path)
            shoot(name)

    visit(PUBLIC)
    buy(page, here, email=f"{theme}-{width}@buyer.example", shoot=shoot)
    sign_in(page, here)
    visit(OWN)
    page.goto(here.store_url + PUBLIC["release"])
    page.get_by_role("button", name=re.compile("^Play ")).first.click()
    page.wait_for_timeout(1500)
    shoot("player")
    page.context.clear_cookies()
    sign_in(page, here, who="ada@demo.example", password="staff_password")
    visit(STAFF)
    context.close()


if __name__ == "__main__":
    main()
