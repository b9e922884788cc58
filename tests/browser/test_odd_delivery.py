"""A folder as labels really send them: many languages, two discs, odd and missing tags. It is sold by the same way."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile

import mutagen
import pytest
from tests.browser.journey import go_to_checkout, is_paid, order, pay
from tests.sounds import make_picture, make_sound

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("house")]

TRACKS = {
    "CD1/01.flac": {"title": "静かな港", "artists": ("東京 / 二番街",), "track": 1, "disc": 1},
    "CD1/02.wav": {"title": "ميناء هادئ", "artists": ("فرقة المرفأ",), "track": 2, "disc": 1},
    "CD1/03 - Ήσυχο λιμάνι.flac": {},  # no tags at all: the name says it
    "CD2/a.flac": {"title": "🎷 AC/DC: <b>Ünïcödé</b> «ёлка»?", "track": 1, "disc": 2},
    "CD2/b.mp3": {"title": "  Spaces\u202eand a turn ", "artists": ("Ólafur & Ægir",), "track": 2, "disc": 2},
}


def deliver(shop, folder):
    for number, (name, facts) in enumerate(TRACKS.items()):
        album = {"album": "Ports: of the World"} if facts else {}
        make_sound(folder / name, hertz=220.0 + 40 * number, seconds=3.0, **facts, **album)
    (folder / "cover.jpg").write_bytes(make_picture())
    done = subprocess.run(
        [sys.executable, "-m", "bandstand.cli", "store", "ingest", "--json", str(folder)],
        env=shop.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    outcome = json.loads(done.stdout)
    return outcome[0] if isinstance(outcome, list) else outcome


def test_an_odd_folder_is_delivered_and_sold(shop, visit, tmp_path):
    outcome = deliver(shop, tmp_path / "世界の港 (2 CD)")
    assert outcome["state"] == "applied"
    page = visit(f"/release/{outcome['slug']}/")
    for title in ("静かな港", "ميناء هادئ", "Ήσυχο λιμάνι"):
        page.get_by_text(title, exact=True).first.wait_for()
    page.get_by_text("🎷 AC/DC: <b>Ünïcödé</b> «ёлка»?").first.wait_for()
    page.get_by_role("heading", name="Disc 2").wait_for()
    page.get_by_role("button", name=re.compile("Put into the basket")).click()
    go_to_checkout(page)
    order(page, email="odd@buyer.example")
    pay(page)
    is_paid(page)
    page.get_by_role("link", name=re.compile("^Download ")).click()
    page.get_by_role("heading", name="MP3 V0").click()
    with page.expect_download(timeout=90_000) as waiting:
        page.get_by_role("link", name=re.compile(r"^MP3 V0\s*: ")).click()
    packed = zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes()))
    names = [name.rpartition("/")[2] for name in packed.namelist() if name.endswith(".mp3")]
    assert len(names) == 5
    assert not [name for name in names if re.search(r'[<>:"\\|?*\u202e]', name)]
    tags = [mutagen.File(io.BytesIO(packed.read(name))) for name in packed.namelist() if name.endswith(".mp3")]
    assert [str(sound["TIT2"]) for sound in tags][:4] == [
        "静かな港",
        "ميناء هادئ",
        "Ήσυχο λιμάνι",
        "🎷 AC/DC: <b>Ünïcödé</b> «ёлка»?",
    ]
    assert [str(sound["TRCK"]) for sound in tags] == ["1/3", "2/3", "3/3", "1/2", "2/2"]
    assert {str(sound["TALB"]) for sound in tags} == {"Ports: of the World"}
