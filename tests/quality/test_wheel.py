"""The wheel holds everything the command needs."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


def test_a_wheel_holds_every_file_of_the_package_and_the_licence(wheel):
    listing = subprocess.run(
        ["git", "ls-files", "-z", "src"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    tracked = {name.removeprefix("src/") for name in listing.split("\0") if name and (ROOT / name).exists()}
    held = set(zipfile.ZipFile(wheel).namelist())
    assert tracked <= held
    assert any(name.endswith("/licenses/LICENSE") for name in held)


def test_the_command_runs_from_an_installed_wheel(wheel, tmp_path):
    """The installed copy lies before the working copy, so nothing outside the wheel can help it."""
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path), str(wheel)],
        check=True,
        capture_output=True,
    )
    first = f"import sys; sys.path.insert(0, {str(tmp_path)!r})"
    code = f"{first}; import bandstand.cli.main as cli; print(cli.__file__); cli.main()"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, "demo", "--help"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert str(tmp_path) in done.stdout
    assert "--no-browser" in done.stdout
