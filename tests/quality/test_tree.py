"""The tree itself: what review would repeat, a machine says."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 320
LONGEST_FUNCTION = 60
BROAD_EXCEPT_ALLOWED = {
    "src/bandstand/webkit/jobs/doing.py",
    "src/bandstand/webkit/files/app.py",
    "src/bandstand/media/_forking.py",  # a fork that must not return into its parent's loop
}


def tracked(*patterns: str) -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listing.decode().split("\0") if name and (ROOT / name).exists()]


@pytest.fixture(scope="module")
def sources() -> list[tuple[Path, str]]:
    files = [path for path in tracked("*.py") if "migrations" not in path.parts]
    return [(path, path.read_text(encoding="utf-8")) for path in files]


def test_files_and_functions_stay_small(sources):
    long = []
    for path, text in sources:
        name = str(path.relative_to(ROOT))
        if not name.startswith("src/"):
            continue
        if text.count("\n") > LONGEST_FILE:
            long.append(f"{name}: {text.count(chr(10))} lines")
        long += [
            f"{name}:{node.lineno} {node.name}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (node.end_lineno or 0) - node.lineno > LONGEST_FUNCTION
        ]
    assert not long, "Does each hold one thing?\n" + "\n".join(long)


def test_only_the_edges_catch_everything(sources):
    broad = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, text in sources
        if str(path.relative_to(ROOT)).startswith("src/") and str(path.relative_to(ROOT)) not in BROAD_EXCEPT_ALLOWED
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]
    assert not broad, "Name the errors that are expected:\n" + "\n".join(broad)


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "misc"])
def test_no_module_is_named_after_nothing(word):
    assert not [path for path in tracked("src/*.py") if word in path.with_suffix("").parts]


def test_templates_hold_no_inline_script_or_style():
    found = []
    for path in tracked("src/*.html"):
        text = re.sub(r"{#.*?#}|{% comment.*?endcomment %}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        if re.search(
            r"\sstyle\s*=|<style\b|\son[a-z]+\s*=\s*[\"']|<script(?![^>]*\b(src|type=\"application/(ld\+)?json\"))",
            text,
        ):
            found.append(str(path.relative_to(ROOT)))
    assert not found, "The content security policy blocks these:\n" + "\n".join(found)


def test_scripts_stay_small():
    long = [
        str(path.relative_to(ROOT))
        for path in tracked("src/*.js")
        if path.read_text(encoding="utf-8").count("\n") > 200
    ]
    assert not long


def test_nothing_unfinished_is_left_in_the_source(sources):
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
    left = [
        str(path.relative_to(ROOT))
        for path, text in sources
        if str(path).startswith(str(ROOT / "src")) and words.search(text)
    ]
    assert not left


def test_the_repository_holds_no_binaries_and_nothing_large():
    allowed = {"docs/shop.png"}
    found = []
    for path in tracked():
        name = str(path.relative_to(ROOT))
        content = path.read_bytes()
        if name not in allowed and (b"\0" in content[:4096] or len(content) > 400_000):
            found.append(f"{name}: {len(content)} bytes")
    assert not found


def test_requirements_are_pinned_and_hashed_and_name_no_index():
    for path in tracked("requirements/*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "index" not in text
        assert "://" not in text
    assert not tracked("uv.lock")


def test_the_changelog_leads_with_the_version():
    from bandstand import __version__

    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\S+)", changelog, flags=re.MULTILINE).group(1) == __version__  # type: ignore[union-attr]
