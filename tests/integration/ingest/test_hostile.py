from __future__ import annotations

import os
import struct
import zipfile
import zlib

import pytest
from tests.sounds import make_picture, make_sound

from bandstand.store.catalogue.models import Release
from bandstand.store.ingest.models import Delivery
from bandstand.store.ingest.services import collect

TRACK = "01 Harbour.flac"


@pytest.fixture
def folder(tmp_path):
    """One good track; each test adds what is bad."""
    folder = tmp_path / "in" / "Mara Linde - Buoy"
    make_sound(folder / TRACK, title="Harbour", artists=("Mara Linde",))
    return folder


def huge_png(width, height):
    """A PNG of one colour that is small as a file and huge as a picture."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = zlib.compressobj(9)
    row = b"\0" * (1 + width * 3)
    body = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_playlist_named_mp3_is_refused_and_reads_nothing(folder, rules_of, store):
    secret = make_sound(folder.parent / "secret.mp3")
    accessed = secret.stat().st_atime_ns
    (folder / "02.mp3").write_text(f"#EXTM3U\n#EXTINF:10,\nfile://{secret}\n#EXT-X-ENDLIST\n", encoding="utf-8")
    assert rules_of(folder) == {("02.mp3", "media.unsupported")}
    assert secret.stat().st_atime_ns == accessed
    assert not list(store.rglob("*"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"PK\x03\x04 and so on",
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
        b"\x00" * 4096,
        bytes(range(256)) * 64,
    ],
)
def test_bytes_that_are_no_sound_are_refused(folder, rules_of, content):
    (folder / "02 Other.mp3").write_bytes(content)
    assert rules_of(folder) == {("02 Other.mp3", "media.unsupported")}


def test_a_truncated_file_is_refused(folder, rules_of):
    track = make_sound(folder / "02 Slack.wav")
    track.write_bytes(track.read_bytes()[:-5000])
    assert rules_of(folder) == {("02 Slack.wav", "media.damaged")}


def test_a_file_of_another_kind_than_its_name_is_refused(folder, rules_of):
    make_sound(folder / "x.wav", hertz=333.0).rename(folder / "02 Slack.flac")
    assert rules_of(folder) == {("02 Slack.flac", "file.name")}


def test_silence_is_refused(folder, rules_of):
    make_sound(folder / "02 Nothing.wav", level=0.0)
    assert rules_of(folder) == {("02 Nothing.wav", "sound.silent")}


def test_links_out_of_the_folder_are_refused_and_not_followed(folder, rules_of):
    outside = folder.parent / "outside"
    make_sound(outside / "02 Secret.flac")
    (folder / "02 Secret.flac").symlink_to(outside / "02 Secret.flac")
    (folder / "CD2").symlink_to(outside)
    os.mkfifo(folder / "03 Pipe.mp3")
    assert rules_of(folder) == {("02 Secret.flac", "file.link"), ("CD2", "file.link"), ("03 Pipe.mp3", "file.link")}
    (row,) = Delivery.objects.all()
    assert [file["name"] for file in row.report["files"]] == [TRACK]


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("cover.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "cover.kind"),
        ("cover.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "media.picture"),
        ("cover.png", b"\x89PNG\r\n\x1a\n cut off", "media.picture"),
        ("folder.jpg", b"", "media.picture"),
        ("front.gif", b"GIF89a", "cover.kind"),
    ],
)
def test_covers_that_are_no_pictures_we_take_are_refused(folder, rules_of, name, content, rule):
    (folder / name).write_bytes(content)
    assert rules_of(folder) == {(name, rule)}


def test_a_huge_picture_is_refused_before_it_is_unpacked(folder, rules_of):
    (folder / "cover.png").write_bytes(huge_png(12_000, 6_000))
    assert (folder / "cover.png").stat().st_size < 500_000
    assert rules_of(folder) == {("cover.png", "media.picture")}


def test_a_zip_bomb_named_as_a_cover_is_refused(folder, rules_of):
    with zipfile.ZipFile(folder / "cover.png", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("../../evil", b"\0" * 20_000_000)
    assert rules_of(folder) == {("cover.png", "media.picture")}


def test_a_bad_embedded_picture_is_refused_unless_there_is_a_cover(folder, rules_of, take_in):
    make_sound(folder / TRACK, title="Harbour", artists=("Mara Linde",), picture=huge_png(12_000, 6_000))
    assert rules_of(folder) == {(TRACK, "media.picture")}
    (folder / "cover.jpg").write_bytes(make_picture())
    assert take_in(folder).state == "applied"


def test_names_with_control_characters_or_of_no_encoding_are_refused(folder, rules_of):
    (folder / "02 new\nline.flac").write_bytes(b"x")
    with open(os.fsencode(folder) + b"/03 \xff\xfe.flac", "wb") as stream:
        stream.write(b"x")
    assert {rule for _, rule in rules_of(folder)} == {"file.name"}


def test_too_many_files_are_refused_without_reading_them(folder, rules_of, monkeypatch):
    monkeypatch.setattr(collect, "MAX_FILES", 3)
    for number in range(5):
        (folder / f"{number}.flac").write_bytes(b"x")
    assert rules_of(folder) == {("", "folder.large")}


def test_a_file_over_the_cap_is_refused(folder, rules_of, monkeypatch):
    monkeypatch.setattr(collect, "MAX_FILE", 1000)
    assert (TRACK, "file.large") in rules_of(folder)


def test_folders_nested_too_deep_are_refused(folder, rules_of):
    make_sound(folder / "a/b/c/d/e/02 Deep.flac")
    assert rules_of(folder) == {("a/b/c/d/e", "folder.deep")}


def test_an_empty_folder_is_refused(tmp_path, rules_of):
    (tmp_path / "Empty").mkdir()
    assert rules_of(tmp_path / "Empty") == {("", "folder.no_audio")}


def test_all_reasons_are_told_at_once(folder, rules_of):
    (folder / "02 Cut.mp3").write_bytes(b"")
    (folder / "03 List.mp3").write_bytes(b"#EXTM3U\n")
    (folder / "cover.jpg").write_bytes(b"<svg/>")
    (folder / "release.toml").write_text('colour = 1\n[release]\ngtin = "4006381333932"\nkind = 4\n', encoding="utf-8")
    assert rules_of(folder) == {
        ("02 Cut.mp3", "media.unsupported"),
        ("03 List.mp3", "media.unsupported"),
        ("cover.jpg", "media.picture"),
        ("colour", "toml.unknown_key"),
        ("release.gtin", "release.gtin"),
        ("release.kind", "toml.type"),
    }
    assert not Release.objects.exists()


def test_hostile_text_in_tags_is_kept_as_text(folder, take_in):
    title = '<script>alert(1)</script> =HYPERLINK("x") "; DROP TABLE'
    make_sound(folder / TRACK, title=title, artists=("Mara Linde",), album="../../etc/passwd")
    take_in(folder)
    release = Release.objects.get()
    assert (release.title, release.slug) == ("../../etc/passwd", "mara-linde-etcpasswd")
    assert release.parts.get().title == title
