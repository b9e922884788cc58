"""`bandstand fetch` against a real store: pages, file door, terminal, disk."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]
STATE = ".bandstand-fetch.json"


class Fetch:
    """The command, with a home of its own."""

    def __init__(self, house, home):
        self.house, self.home, self.folder = house, home, home / "Music"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("BANDSTAND_")}
        self.env |= {
            "XDG_CONFIG_HOME": str(home / "config"),
            "HOME": str(home),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }

    def command(self, *arguments):
        return [
            sys.executable,
            "-m",
            "bandstand.cli",
            "fetch",
            self.house.place.store_url,
            "--to",
            str(self.folder),
            *arguments,
        ]

    def start(self, *arguments, token=None):
        env = self.env | {"BANDSTAND_TOKEN": self.house.token if token is None else token}
        return subprocess.Popen(
            self.command(*arguments), env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __call__(self, *arguments, token=None):
        process = self.start(*arguments, token=token)
        said, errors = process.communicate(timeout=60)
        return process.returncode, said, errors

    def json(self, *arguments):
        code, said, errors = self("--json", *arguments)
        assert code in (0, 1), errors
        return json.loads(said)

    def files(self):
        return sorted(path for path in self.folder.rglob("*") if path.is_file() and not path.name.startswith("."))


@pytest.fixture
def fetch(house, tmp_path):
    return Fetch(house, tmp_path)


def test_everything_comes_once_and_the_second_time_nothing(fetch):
    first = fetch.json()
    assert (first["complete"], first["files"], first["fetched"]) == (True, 24, 24)
    assert len(fetch.files()) == 24
    assert any("雨の日の喫茶店" in str(path) for path in fetch.files())
    times = {path: path.stat().st_mtime_ns for path in fetch.files()}
    second = fetch.json()
    assert (second["fetched"], second["received"], second["kept"]) == (0, 0, 24)
    assert times == {path: path.stat().st_mtime_ns for path in fetch.files()}
    assert not (fetch.folder / ".bandstand-parts").exists()


def test_what_is_missing_comes_again_and_nothing_else(fetch):
    fetch()
    gone = fetch.files()[3]
    gone.unlink()
    assert [row["path"] for row in fetch.json("--dry-run")["fetch"]] == [str(gone.relative_to(fetch.folder))]
    assert not gone.exists()
    assert fetch.json()["fetched"] == 1
    assert gone.exists()


def test_without_its_memory_it_reads_the_files_and_fetches_nothing(fetch):
    fetch()
    (fetch.folder / STATE).unlink()
    assert fetch.json()["received"] == 0


def test_what_somebody_changed_is_left_alone_and_said(fetch):
    fetch()
    mine = fetch.files()[0]
    mine.write_bytes(b"my own edit")
    code, _, errors = fetch()
    assert code == 1
    assert mine.name in errors
    assert mine.read_bytes() == b"my own edit"
    assert fetch.json("--replace")["complete"]
    assert mine.read_bytes() != b"my own edit"


def test_check_finds_what_rotted_and_the_next_fetch_heals_it(fetch):
    fetch()
    rotten = next(path for path in fetch.files() if path.suffix == ".flac")
    times = rotten.stat()
    rotten.write_bytes(bytes(times.st_size))
    os.utime(rotten, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert fetch.json()["complete"]  # it looks as it did
    assert fetch.json("--check")["bad"] == [str(rotten.relative_to(fetch.folder))]
    assert fetch.json()["fetched"] == 1
    assert fetch.json("--check")["bad"] == []


def test_killed_in_the_middle_it_goes_on(fetch):
    process = fetch.start("--jobs", "2")
    parts = fetch.folder / ".bandstand-parts"
    deadline = time.monotonic() + 20
    while not (parts.exists() and any(parts.iterdir())) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.kill()
    process.communicate()
    said = fetch.json()
    assert said["complete"]
    assert fetch.json("--check")["bad"] == []


def test_ctrl_c_says_how_to_go_on(fetch):
    process = fetch.start("--jobs", "1")
    begun = time.monotonic()
    while not (fetch.folder / ".bandstand-parts").exists() and process.poll() is None:
        assert time.monotonic() - begun < 60, "it never began"
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode in (0, 130)
    if process.returncode:
        assert "same again" in errors or "Stopped" in errors
    assert fetch.json()["complete"]


def test_a_part_of_something_else_is_thrown_away(fetch):
    wanted = fetch.json("--dry-run")["fetch"]
    parts = fetch.folder / ".bandstand-parts"
    parts.mkdir(parents=True)
    for row in wanted[:5]:
        (parts / f"{row['sha256']}.part").write_bytes(os.urandom(row["size"] // 2 + 1))
    (parts / f"{wanted[6]['sha256']}.part").write_bytes(os.urandom(wanted[6]["size"] + 1000))
    assert fetch.json()["complete"]
    assert fetch.json("--check")["bad"] == []


def test_a_wrong_token_is_told_with_the_way_out(fetch):
    code, said, errors = fetch(token="bst_nonsense")
    assert (code, said) == (1, "")
    assert "--sign-in" in errors


def test_an_unknown_format_names_the_known_ones(fetch):
    code, _, errors = fetch("--format", "8-track")
    assert code == 1
    assert "flac" in errors


def test_the_disk_must_have_room(fetch):
    code, _, errors = fetch("--to", "/dev/null/x")
    assert code != 0
    assert "Traceback" not in errors


def test_a_program_signs_in_by_the_code_it_shows(fetch, house):
    process = fetch.start(token="")
    shown = ""
    while not (found := re.search(r"\?code=([0-9A-Z]{4}-[0-9A-Z]{4})", shown)):
        line = process.stderr.readline()
        assert line, shown
        shown += line
    house.run(
        "from django.utils import timezone\n"
        "from bandstand.store.accounts.models import User\n"
        "from bandstand.store.pairing import queries, services\n"
        f"code = queries.waiting_code({found[1]!r}, now=timezone.now())\n"
        "ben = User.objects.get(email='owner@example.org')\n"
        "services.answer(code_id=code.pk, holder=ben, allow=True, now=timezone.now())\n"
    )
    said, rest = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert "▀" in shown  # the code, to be looked at by a telephone
    kept = fetch.home / "config" / "bandstand" / "tokens.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())[house.place.store_url].startswith("bst_")
    assert "24 files" in said
    assert fetch(token="")[0] == 0  # and is known the next time


def test_a_folder_is_worked_on_by_one_at_a_time(fetch):
    import fcntl

    fetch.folder.mkdir(parents=True)
    with Path(fetch.folder / ".bandstand-fetch.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, _, errors = fetch()
    assert code == 1
    assert "Another fetch" in errors


ORDER = """
from bandstand.store.accounts.models import User
from bandstand.store.catalogue.models import Release
from bandstand.store.deals.queries import storefront
from bandstand.store.orders.models import Order, OrderLine
from bandstand.store.orders.services.checkout import numbered
from tests.factories import NOW, make_deal
ben = User.objects.get(email="owner@example.org")
facts = dict(holder=ben, email=ben.email, storefront=storefront(), billing_country="DE", state="paid", currency="EUR")
order = Order(checkout_key="house", gross=0, tax=0, created_at=NOW, expires_at=NOW, ended_at=NOW, **facts)
assert numbered(order)
for release in Release.objects.filter(grants__holder=ben):
    OrderLine.objects.create(order=order, release=release, title=str(release), deal=make_deal(release=release),
        seller=release.label, place_of_supply="DE", listed=0, net=0, tax_rate=0, tax=0, gross=0)
print(order.number)
"""
UNDO = """
from bandstand.store.orders.models import Order, OrderLine
from bandstand.store.receipts.models import Issued
for model in (Issued, OrderLine): model.objects.all().delete()
Order.objects.all().delete()
"""


def test_what_was_fetched_can_be_verified_by_the_receipts_that_came_along(fetch, house):
    number = house.run(ORDER).strip()
    try:
        told = fetch.json()
        assert (told["complete"], told["files"], told["receipts"]) == (True, 25, 1)
        assert (fetch.folder / "Receipts" / f"Receipt {number}.receipt").exists()
        command = [sys.executable, "-m", "bandstand.cli", "verify", str(fetch.folder), "--json"]
        done = subprocess.run(command, env=fetch.env, capture_output=True, text=True, timeout=60, check=False)
        said = json.loads(done.stdout)
        assert [row["receipt"]["number"] for row in said["receipts"]] == [number]
        states = {Path(row["path"]).name: row["state"] for row in said["files"]}
        assert [state for name, state in states.items() if name.endswith(".flac")] == ["right"] * 3
        assert set(states.values()) == {"right", "unknown"}  # this house has no SHA256SUMS beside its credits
        assert not [name for name in states if name.startswith(".") or name.endswith(".receipt")]
    finally:
        house.run(UNDO)
