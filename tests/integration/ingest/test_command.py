from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.sounds import make_sound

from bandstand.cli.ingest import ingest
from bandstand.store.catalogue.models import Release

DEADLINE = 60.0


@pytest.fixture
def run():
    def call(*arguments):
        return CliRunner().invoke(ingest, [str(argument) for argument in arguments], catch_exceptions=False)

    return call


def test_a_folder_of_folders_is_many_deliveries_and_one_bad_one_sets_the_exit_code(ferry, run):
    make_sound(ferry.parent / "Jo Tamm" / "Jo Tamm - Buoy" / "01 Buoy.wav", hertz=333.0)
    good = run(ferry.parent)
    assert good.exit_code == 0
    assert "Mara Linde - Evening Ferry: applied (Mara Linde: Evening Ferry)" in good.stdout
    assert "Jo Tamm - Buoy: applied" in good.stdout
    (ferry / "02 Slack Water.flac").write_bytes(b"#EXTM3U\n")
    bad = run(ferry, ferry.parent / "Jo Tamm")
    assert bad.exit_code == 1
    assert "Jo Tamm - Buoy: unchanged" in bad.stdout
    assert "refused: 02 Slack Water.flac:" in bad.stdout
    assert "[media.unsupported]" in bad.stdout
    assert Release.objects.count() == 2


def test_json_is_one_object_for_each_delivery_and_nothing_else(ferry, run):
    answer = run("--json", "--dry-run", ferry)
    (line,) = answer.stdout.splitlines()
    told = json.loads(line)
    assert (told["state"], told["dry_run"], told["level"]) == ("applied", True, "pass")
    assert [file["kind"] for file in told["files"]] == ["audio", "audio", "cover"]
    assert told["files"][0]["measured"]["codec"] == "flac"
    assert not Release.objects.exists()


def test_a_dry_run_says_would(ferry, run):
    assert "would be applied" in run("--dry-run", ferry).stdout


def test_an_empty_folder_is_refused_with_its_reason(tmp_path, run):
    (tmp_path / "Empty").mkdir()
    answer = run(tmp_path / "Empty")
    assert answer.exit_code == 1
    assert "[folder.no_audio]" in answer.stdout


def test_help_needs_no_settings():
    command = "from bandstand.cli.ingest import ingest; ingest(['--help'])"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "error"}
    done = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "--watch" in done.stdout


def test_watching_takes_in_what_has_settled_and_ends_on_a_signal(tmp_path):
    data, incoming = tmp_path / "data", tmp_path / "in"
    incoming.mkdir()
    environment = os.environ | {
        "BANDSTAND_DATA": str(data),
        "BANDSTAND_DATABASE_URL": f"sqlite:///{data / 'bandstand.db'}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONUNBUFFERED": "1",
    }
    prepare = "from tests.crash.checks import set_up; set_up()"
    subprocess.run([sys.executable, "-c", prepare], env=environment, check=True)
    watch = "from bandstand.cli.ingest import ingest; ingest()"
    process = subprocess.Popen(
        [sys.executable, "-c", watch, "--watch", str(incoming)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        make_sound(incoming / "Mara Linde - Buoy" / "01 Buoy.wav")
        deadline = time.monotonic() + DEADLINE
        while not _applied(data / "bandstand.db"):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert told.splitlines()[0] == "Mara Linde - Buoy: applied (Mara Linde: Buoy)"


def _applied(database: Path) -> int:
    connection = sqlite3.connect(database, timeout=20)
    try:
        return connection.execute("SELECT count(*) FROM ingest_delivery WHERE state = 'applied'").fetchone()[0]
    finally:
        connection.close()
