"""What is fetched, what is left alone, and which names reach the disk."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.wire.fetching import names, plan, pull
from bandstand.wire.fetching.names import UnsafeNameError
from bandstand.wire.fetching.state import NAME, Known, State
from bandstand.wire.v1.messages import File, Manifest, Pending, Title

BODY = b"sound"
SHA = hashlib.sha256(BODY).hexdigest()
FILE = File(name="01 Harbour.flac", size=len(BODY), sha256=SHA, url="https://x/y")
TITLE = Title(id=1, artist="A", title="B", folder="A - B", format="flac", files=(FILE,))
PATH = "A - B/01 Harbour.flac"


def page(*titles):
    return Manifest(
        format="flac", formats=("flac",), titles_total=len(titles), links_until=datetime(2030, 1, 1, tzinfo=UTC),
        ask_again=0, next=0, titles=titles,
    )  # fmt: skip


def looked(folder, state=None, titles=(TITLE,), **options):
    found = plan.gather([page(*titles)])
    plan.compare(found, folder, state or State(folder), **options)
    return found


def put(folder, body=BODY):
    place = folder / PATH
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(body)
    return place


def known(place, sha256=SHA, **facts):
    return replace(Known(sha256, place.stat().st_size, place.stat().st_mtime_ns), **facts)


def test_what_is_missing_is_fetched(tmp_path):
    assert [str(one.path) for one in looked(tmp_path).fetch] == [PATH]


def test_what_is_there_is_kept_and_remembered(tmp_path):
    put(tmp_path)
    state = State(tmp_path)
    assert len(looked(tmp_path, state).kept) == 1
    assert state.known(PATH).sha256 == SHA


def test_what_somebody_else_put_there_is_left_alone_unless_wished(tmp_path):
    put(tmp_path, b"mine")
    assert len(looked(tmp_path).changed) == 1
    assert len(looked(tmp_path, replace=True).fetch) == 1


def test_what_we_wrote_and_nobody_touched_is_replaced_by_a_newer_one(tmp_path):
    place, state = put(tmp_path, b"older"), State(tmp_path)
    state.note(PATH, known(place, hashlib.sha256(b"older").hexdigest()))
    assert len(looked(tmp_path, state).fetch) == 1


def test_what_was_only_touched_is_still_ours(tmp_path):
    place, state = put(tmp_path, b"older"), State(tmp_path)
    state.note(PATH, known(place, hashlib.sha256(b"older").hexdigest()))
    os.utime(place, ns=(1, 1))
    assert len(looked(tmp_path, state).fetch) == 1


def test_what_we_wrote_and_somebody_edited_is_left_alone(tmp_path):
    place, state = put(tmp_path), State(tmp_path)
    state.note(PATH, known(place))
    place.write_bytes(b"edited")
    assert len(looked(tmp_path, state).changed) == 1


def test_what_is_damaged_is_fetched_again(tmp_path):
    place, state = put(tmp_path), State(tmp_path)
    state.note(PATH, known(place, damaged=True))
    assert len(looked(tmp_path, state).fetch) == 1


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_what_is_no_file_is_left_alone(tmp_path, kind):
    place = tmp_path / PATH
    place.parent.mkdir()
    place.mkdir() if kind == "folder" else place.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_bytes(BODY)
    assert len(looked(tmp_path).changed) == 1


def test_a_link_that_leads_out_of_the_folder_gets_neither_file_nor_folder(tmp_path):
    ours, elsewhere = tmp_path / "ours", tmp_path / "elsewhere"
    ours.mkdir()
    elsewhere.mkdir()
    (ours / "A - B").symlink_to(elsewhere)
    whole = ours / "whole"
    whole.write_bytes(BODY)
    with pytest.raises(pull.FolderError):
        pull.place(whole, ours / "A - B" / "CD 1" / "01 Harbour.flac", ours)
    assert list(elsewhere.iterdir()) == []


def test_the_same_bytes_are_counted_once(tmp_path):
    twice = replace(TITLE, files=(FILE, replace(FILE, name="02 Again.flac")))
    assert looked(tmp_path, titles=(twice,)).missing == len(BODY)


def test_two_names_that_are_one_on_some_disks_are_not_both_written(tmp_path):
    twice = replace(TITLE, files=(FILE, replace(FILE, name="01 HARBOUR.flac")))
    found = looked(tmp_path, titles=(twice,))
    assert (len(found.fetch), len(found.unsafe)) == (1, 1)


def test_what_is_being_made_and_what_failed_is_told(tmp_path):
    making = replace(TITLE, files=(), pending=(Pending(format="flac", percent=1),))
    failed = replace(TITLE, folder="C", files=(), pending=(Pending(format="flac", percent=0, failed="why"),))
    found = looked(tmp_path, titles=(making, failed))
    assert (found.making, found.failed) == (1, ["C"])


@pytest.mark.parametrize(
    "name",
    [
        "../x", "a/../x", "/etc/passwd", "a//b", ".", "..", "", ".hidden", "a/.git/config", "C:x", "a\\b", "con",
        "NUL.flac", "x.", "x ", " x", "a\nb", "a\0b", "\x1b[2J", "a\u202egnp.exe", "x" * 241, "雨" * 81,
        "a/b/c/d/e/f/g/h/i", "a?b", "a*", "\ud800",
    ],
)  # fmt: skip
def test_unsafe_names_never_reach_the_disk(name):
    with pytest.raises(UnsafeNameError):
        names.safe_path("A - B", name)
    if "/" not in name:
        with pytest.raises(UnsafeNameError):
            names.safe_path(name, "01.flac")


@pytest.mark.parametrize(
    "name", ["01 Harbour.flac", "雨の日.flac", "Тихий дом.flac", "مساء.flac", "Λιμάνι.flac", "Für.flac", "👩‍🚀.flac"]
)
def test_names_of_every_script_stay_as_they_are(name):
    assert str(names.safe_path("A - B", name)) == f"A - B/{name}"


@given(st.text(), st.text())
def test_any_name_stays_inside_or_is_refused(folder, name):
    try:
        path = names.safe_path(folder, name)
    except UnsafeNameError:
        return
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert (Path("/library") / path).is_relative_to("/library")


def test_the_memory_survives_and_nonsense_in_it_is_no_memory(tmp_path):
    place, state = put(tmp_path), State(tmp_path)
    state.note(PATH, known(place))
    state.save()
    assert State(tmp_path).known(PATH) == known(place)
    for text in ("", "{", "[]", '{"version": 1, "files": {"a": 1}}', '{"version": 9}'):
        (tmp_path / NAME).write_text(text)
        assert State(tmp_path).files == {}
