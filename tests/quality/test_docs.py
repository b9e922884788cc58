"""Links inside the documents lead somewhere, and every plug-in kind and decision is written down."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_links_between_documents_lead_somewhere():
    dead = [
        f"{document.relative_to(ROOT)} -> {target}"
        for document in DOCUMENTS
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:", target) and not (document.parent / target).exists()
    ]
    assert not dead, "\n".join(dead)


def test_decisions_are_numbered_without_gaps_and_say_why():
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert "## Why" in text, record.name
        assert "## Consequences" in text, record.name


def test_each_make_target_says_what_it_does():
    for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines():
        if re.match(r"^[a-z]+:", line):
            assert "## " in line, line


def test_every_setting_is_described_for_those_who_run_a_store():
    described = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    used = set()
    for source in (ROOT / "src" / "bandstand").rglob("*.py"):
        if "demo" not in source.parts:
            used |= set(re.findall(r"[\"'](BANDSTAND_[A-Z_]+)[\"']", source.read_text(encoding="utf-8")))
    missing = sorted(name for name in used if name not in described and name != "BANDSTAND_STAFF_PASSWORD")
    assert not missing, missing
