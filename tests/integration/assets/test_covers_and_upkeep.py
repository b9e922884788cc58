from __future__ import annotations

import os
from datetime import timedelta

import pytest
from PIL import Image
from tests.factories import NOW, make_master, make_release
from tests.sounds import make_picture

from bandstand.media.pictures import PictureRefusedError
from bandstand.store.assets import queries, services
from bandstand.store.assets.models import Master

OLD = (NOW - timedelta(days=2)).timestamp()


def age(path):
    os.utime(path, (OLD, OLD))
    return path


def test_a_cover_is_kept_in_every_size_once(files, settings):
    cover = services.store_cover(source=make_picture(), now=NOW)
    folder = files / "public" / "covers" / cover.sha256
    assert {path.name for path in folder.iterdir()} == {
        "96.webp",
        "240.webp",
        "480.webp",
        "960.webp",
        "1600.webp",
        "1600.jpg",
    }
    with Image.open(folder / "240.webp") as picture:
        assert picture.size == (240, 240)
    assert len(cover.palette) == 3
    made = (folder / "96.webp").stat().st_ino
    assert services.store_cover(source=make_picture(), now=NOW) == cover
    assert (folder / "96.webp").stat().st_ino == made
    assert queries.cover_url(cover.sha256, 200) == f"{settings.FILES_URL}/public/covers/{cover.sha256}/240.webp"
    assert queries.cover_url(cover.sha256, 5000).endswith("/1600.webp")
    assert queries.cover_url("", 240) == ""
    assert queries.embedded_cover(cover.sha256).is_file()


def test_a_file_that_is_no_picture_leaves_nothing(files, tmp_path):
    drawing = tmp_path / "cover.jpg"
    drawing.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    with pytest.raises(PictureRefusedError):
        services.store_cover(source=drawing, now=NOW)
    assert not list(files.rglob("*"))


@pytest.mark.django_db
def test_the_sweep_takes_old_orphans_and_nothing_else(files):
    master = make_master()
    folder = files / "masters" / master.sha256[:2]
    folder.mkdir(parents=True)
    named = files / master.path
    named.touch()
    age(named)
    old, young = folder / f"{'a' * 64}.flac", folder / f"{'b' * 64}.flac"
    for path in (old, young):
        path.write_bytes(b"x")
    age(old)
    covers = files / "public" / "covers"
    used, unused = covers / ("c" * 64), covers / ("d" * 64)
    for path in (used, unused):
        path.mkdir(parents=True)
        (path / "96.webp").write_bytes(b"x")
        age(path)
    make_release(cover_sha256="c" * 64)
    left = files / "staging" / "left"
    left.mkdir(parents=True)
    (left / "copy").write_bytes(b"x")
    age(left)
    assert services.sweep(now=NOW) == 3
    assert named.exists()
    assert young.exists()
    assert used.exists()
    assert not old.exists()
    assert not unused.exists()
    assert not left.exists()


@pytest.mark.django_db
def test_the_weekly_check_finds_a_flipped_bit_and_a_lost_file(stored, files):
    lost = make_master()
    place = queries.place(stored.path)
    content = bytearray(place.read_bytes())
    content[1000] ^= 1
    place.write_bytes(content)
    assert set(services.scrub(now=NOW)) == {stored.path, lost.path}
    assert dict(Master.objects.values_list("pk", "fault")) == {stored.pk: "changed", lost.pk: "missing"}
    assert services.scrub(now=NOW + timedelta(days=1)) == []


@pytest.mark.django_db
def test_the_check_goes_on_where_its_slice_ended():
    first, second = make_master(), make_master()
    assert services.scrub(now=NOW, most=1) == [first.path]
    assert services.scrub(now=NOW, most=1) == [second.path]
