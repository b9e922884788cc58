"""Which sources become which files."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandstand.kernel.registry import UnknownPluginError
from bandstand.media.convert import target_named
from bandstand.media.convert._place import NAME, InUseError, settle, workplace
from bandstand.media.convert._plan import IntoItselfError, OntoSourceError, SameTargetError, plan


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"sound")


def made(root: Path, *sources: str, out: str = "out") -> dict[str, str]:
    tasks = plan([root / source for source in sources], root / out, suffix=".oma")
    return {
        str(task.source.relative_to(root)): type(task.refused).__name__
        if task.refused
        else str(task.target.relative_to(root / out))
        for task in tasks
    }


def test_a_folder_keeps_its_name_and_structure_and_a_file_goes_right_in(tmp_path: Path):
    touch(tmp_path, "Music/a/one.flac", "Music/two.mp3", "three.wav")
    assert made(tmp_path, "Music", "three.wav") == {
        "Music/a/one.flac": "Music/a/one.oma",
        "Music/two.mp3": "Music/two.oma",
        "three.wav": "three.oma",
    }


def test_hidden_files_links_and_what_is_no_sound_are_left_out(tmp_path: Path):
    touch(tmp_path, "Music/.hidden.flac", "Music/.git/x.flac", "Music/cover.jpg", "else/far.flac", "Music/one.flac")
    (tmp_path / "Music/link.flac").symlink_to(tmp_path / "else/far.flac")
    (tmp_path / "Music/linked").symlink_to(tmp_path / "else")
    (tmp_path / "Music/round").symlink_to(tmp_path / "Music")
    assert made(tmp_path, "Music") == {"Music/one.flac": "Music/one.oma"}


def test_a_file_that_is_named_is_taken_whatever_it_is(tmp_path: Path):
    touch(tmp_path, "notes.txt")
    assert made(tmp_path, "notes.txt") == {"notes.txt": "notes.oma"}


def test_the_same_name_from_two_kinds_is_told_apart_by_the_kind(tmp_path: Path):
    touch(tmp_path, "Music/one.flac", "Music/one.mp3", "Music/two.flac")
    assert made(tmp_path, "Music") == {
        "Music/one.flac": "Music/one (flac).oma",
        "Music/one.mp3": "Music/one (mp3).oma",
        "Music/two.flac": "Music/two.oma",
    }


@pytest.mark.parametrize("other", ["b/one.flac", "b/ONE.FLAC"])
def test_what_still_is_the_same_is_refused_all_of_it(tmp_path: Path, other: str):
    touch(tmp_path, "a/one.flac", other)
    assert set(made(tmp_path, "a/one.flac", other).values()) == {SameTargetError.__name__}


def test_a_source_that_is_named_twice_is_made_once(tmp_path: Path):
    touch(tmp_path, "Music/one.flac")
    assert len(made(tmp_path, "Music", "Music/one.flac", "Music")) == 1


def test_nothing_is_written_onto_a_source(tmp_path: Path):
    touch(tmp_path, "one.oma")
    assert made(tmp_path, "one.oma", out=".") == {"one.oma": OntoSourceError.__name__}


def test_a_folder_is_not_converted_into_itself(tmp_path: Path):
    touch(tmp_path, "Music/one.flac")
    with pytest.raises(IntoItselfError):
        plan([tmp_path / "Music"], tmp_path, suffix=".oma")


def test_a_target_folder_inside_the_source_is_no_source(tmp_path: Path):
    touch(tmp_path, "Music/one.flac", "Music/out/Music/old.oma")
    assert made(tmp_path, "Music", out="Music/out") == {"Music/one.flac": "Music/one.oma"}


def test_a_finished_file_never_replaces_another_unless_forced(tmp_path: Path):
    touch(tmp_path, "new", "there")
    (tmp_path / "there").write_bytes(b"old")
    assert not settle(tmp_path / "new", tmp_path / "there", force=False)
    assert (tmp_path / "there").read_bytes() == b"old"
    assert settle(tmp_path / "new", tmp_path / "deep/er/new", force=False)
    assert settle(tmp_path / "new", tmp_path / "there", force=True)
    assert (tmp_path / "there").read_bytes() == b"sound"


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path):
    with workplace(tmp_path), pytest.raises(InUseError), workplace(tmp_path):
        pass
    with workplace(tmp_path):
        pass


def test_what_a_killed_run_left_is_removed_first(tmp_path: Path):
    touch(tmp_path, f"{NAME}/track-x/made.oma")
    with workplace(tmp_path) as folder:
        assert not list(folder.iterdir())
    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize(
    ("name", "slug"),
    [("lp2", "atrac3-lp2"), ("LP4", "atrac3-lp4"), ("105", "atrac3-105"), ("mp3", "mp3-320"), ("flac", "flac")],
)
def test_short_names_stand_for_recipes(name: str, slug: str):
    assert target_named(name).slug == slug


@pytest.mark.parametrize("name", ["preview", "stream", "wma", ""])
def test_what_is_no_format_for_people_is_refused_with_those_that_are(name: str):
    with pytest.raises(UnknownPluginError) as refused:
        target_named(name)
    assert {"lp2", "flac"} <= set(refused.value.known)
