from __future__ import annotations

import hashlib
import json
import math
import struct
import wave
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from tests.conftest import NOW
from tests.factories import make_genre, make_part, make_release

from bandstand.kernel.progress import silent
from bandstand.media import probe, tags
from bandstand.media.digest import digest
from bandstand.media.extras import ExtraFacts, Kind
from bandstand.store.assets import queries as assets
from bandstand.store.assets import services as asset_services
from bandstand.store.catalogue.models import Party
from bandstand.store.delivery import jobs, queries, services, upkeep
from bandstand.store.delivery.models import Bundle, Deliverable
from bandstand.store.grants import services as grants
from bandstand.webkit.files.manifests import Manifest
from bandstand.webkit.files.zips import layout, read_range
from bandstand.webkit.jobs.models import Job

pytestmark = pytest.mark.django_db


def tone(path, *, pitch):
    """Write a second of a tone as a WAV file."""
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(2)
        sink.setsampwidth(2)
        sink.setframerate(44_100)
        samples = (int(9000 * math.sin(2 * math.pi * pitch * n / 44_100)) for n in range(44_100))
        sink.writeframes(b"".join(struct.pack("<hh", value, value) for value in samples))
    return path


@pytest.fixture
def album(tmp_path, settings):
    settings.FILES_ROOT = tmp_path / "files"
    settings.FILES_ROOT.mkdir()
    release = make_release(
        title="Evening: Ferry",
        genre=make_genre(),
        gtin="2900000010017",
        copyright="© 2026 Harbour Light",
        phonogram="℗ 2026 Harbour Light",
    )
    for number, title in enumerate(("Harbour", "夜の海/ライブ"), start=1):
        part = make_part(release=release, title=title, isrc=f"QZB3T260000{number}")
        path = tone(tmp_path / f"{number}.wav", pitch=220 * number)
        master = asset_services.store_master(path=path, examination=probe.examine(path), now=NOW)
        asset_services.set_sources(masters={part.pk: (master.pk, path.name)}, now=NOW)
    return release


def unpacked(bundle):
    manifest = Manifest.read(assets.place(bundle.path).read_bytes())
    plan = layout(manifest)
    data = b"".join(read_range(plan, 0, plan.size, lambda entry: assets.place(entry.path).open("rb")))
    assert len(data) == bundle.size
    return zipfile.ZipFile(BytesIO(data))


def test_a_file_for_sale_carries_everything_the_catalogue_knows(album):
    part = album.parts.get(number=2)
    file = services.deliverable(part_id=part.pk, recipe="flac", now=NOW)
    path = assets.place(file.path)
    assert file.name == "02 夜の海-ライブ.flac"
    assert (file.size, file.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    said = tags.read(path)
    assert (said.title, said.album, said.artists) == ("夜の海/ライブ", "Evening: Ferry", ("Mara Linde",))
    assert (said.track, said.tracks, said.disc, said.discs) == (2, 2, 1, 1)
    assert (said.isrc, said.barcode, said.label) == ("QZB3T2600002", "2900000010017", "Harbour Light")
    assert (said.date, said.genre, said.copyright) == ("2026-11-20", "Ambient", "© 2026 Harbour Light")
    assert said.url.endswith(album.get_absolute_url())
    assert said.track_gain is not None
    assert said.phonogram == "℗ 2026 Harbour Light"


def test_every_file_of_a_release_says_how_loud_all_of_it_is(album):
    files = [services.deliverable(part_id=part.pk, recipe="mp3-v0", now=NOW) for part in album.parts.all()]
    first, second = (tags.read(assets.place(file.path)) for file in files)
    assert first.album_gain == second.album_gain
    low, high = sorted((first.track_gain, second.track_gain))
    assert low - 0.01 <= first.album_gain <= high + 0.01
    assert first.album_peak == max(first.track_peak, second.track_peak)


def test_names_that_lists_order_differently_are_given_both_ways(album):
    assert Party.objects.filter(name="Mara Linde").update(sort_name="Linde, Mara")
    said = tags.read(assets.place(services.deliverable(part_id=album.parts.first().pk, recipe="alac", now=NOW).path))
    assert (said.album_artists, said.album_artists_sort) == (("Mara Linde",), ("Linde, Mara",))


def test_the_same_file_is_made_once(album):
    part_id = album.parts.first().pk
    first = services.deliverable(part_id=part_id, recipe="mp3-v0", now=NOW)
    again = services.deliverable(part_id=part_id, recipe="mp3-v0", now=NOW)
    assert first == again
    assert Deliverable.objects.count() == 1


def test_other_facts_give_another_file_of_the_same_sound_and_the_old_one_stays(album):
    part = album.parts.first()
    old = services.deliverable(part_id=part.pk, recipe="flac", now=NOW)
    type(part).objects.filter(pk=part.pk).update(title="Harbour, at Night")
    new = services.deliverable(part_id=part.pk, recipe="flac", now=NOW)
    assert new.rendition == old.rendition
    assert new.sha256 != old.sha256
    assert queries.file(part.pk, "flac") == new
    assert queries.by_sha256(old.sha256) == [old]
    assert assets.place(old.path).exists()
    type(part).objects.filter(pk=part.pk).update(title="Harbour")
    assert services.deliverable(part_id=part.pk, recipe="flac", now=NOW) == old
    assert Deliverable.objects.count() == 2


def test_a_file_that_was_lost_is_made_again(album):
    part_id = album.parts.first().pk
    file = services.deliverable(part_id=part_id, recipe="flac", now=NOW)
    assets.place(file.path).unlink()
    again = services.deliverable(part_id=part_id, recipe="flac", now=NOW)
    assert again.sha256 == file.sha256
    assert assets.place(again.path).exists()


def test_a_zip_holds_the_release_with_credits_and_hashes_that_agree(album):
    bundle = services.bundle(release_id=album.pk, recipe="flac", now=NOW)
    assert bundle.name == "Mara Linde - Evening - Ferry (FLAC).zip"
    packed = unpacked(bundle)
    assert packed.testzip() is None
    folder = "Mara Linde - Evening - Ferry/"
    assert packed.namelist() == [
        folder + name for name in ("01 Harbour.flac", "02 夜の海-ライブ.flac", "credits.txt", "SHA256SUMS")
    ]
    for line in packed.read(folder + "SHA256SUMS").decode().splitlines():
        sha256, name = line.split("  ", 1)
        assert hashlib.sha256(packed.read(folder + name)).hexdigest() == sha256
    assert "夜の海" in packed.read(folder + "credits.txt").decode()


def test_the_same_zip_is_described_once_and_with_the_same_bytes(album):
    first = services.bundle(release_id=album.pk, recipe="flac", now=NOW)
    again = services.bundle(release_id=album.pk, recipe="flac", now=NOW)
    assert first == again
    assert Bundle.objects.count() == 1


def test_progress_counts_a_hundred_for_each_track_also_when_it_is_there(album):
    for _ in range(2):
        told: list[int] = []
        services.bundle(release_id=album.pk, recipe="flac", now=NOW, progress=told.append)
        assert sum(told) == 200


def test_a_published_release_is_prepared_lossless(album):
    jobs.prepare(now=NOW, progress=silent, release_id=album.pk)
    assert set(queries.ready_bundles([album.pk])) == {(album.pk, "flac")}


def test_a_new_delivery_makes_anew_what_had_been_made_of_the_old_one(album, ben):
    part = album.parts.get(number=1)
    old = services.deliverable(part_id=part.pk, recipe="aac-256", now=NOW)
    packed = services.bundle(release_id=album.pk, recipe="mp3-v0", now=NOW)
    type(part).objects.filter(pk=part.pk).update(title="Harbour, at Night")
    jobs.prepare(now=NOW + timedelta(minutes=1), progress=silent, release_id=album.pk)
    assert queries.bundle(album.pk, "mp3-v0") != packed
    asked = Job.objects.get(name="delivery.make").payload
    assert (asked["recipe"], asked["part_id"], asked["release_id"]) == ("aac-256", part.pk, None)
    jobs.make(now=NOW + timedelta(minutes=2), progress=silent, **asked)
    assert queries.file(part.pk, "aac-256") != old


def test_what_was_bought_is_prepared_under_the_keys_its_shelf_looks_at(album, ben):
    grant = grants.give(holder_id=ben.pk, release_id=album.pk, source="order:1", now=NOW)
    jobs.prepare(now=NOW, progress=silent, grant_id=grant.pk)
    jobs.prepare(now=NOW, progress=silent, grant_id=grant.pk)
    asked = {job.key: job.payload["recipe"] for job in Job.objects.filter(name="delivery.make")}
    assert asked == {f"release:{album.pk}:flac": "flac", f"release:{album.pk}:mp3-v0": "mp3-v0"}
    jobs.make(now=NOW, progress=silent, recipe="mp3-v0", release_id=album.pk)
    assert queries.bundle(album.pk, "mp3-v0").name.endswith("(MP3 V0).zip")


@pytest.mark.parametrize(
    ("account", "order", "made"),
    [("", "", "mp3-v0"), ("opus-160", "", "opus-160"), ("", "aac-256", "aac-256"), ("opus-160", "aac-256", "opus-160")],
)
def test_the_format_that_a_buyer_prefers_is_made_beside_the_lossless_one(album, ben, account, order, made):
    type(ben).objects.filter(pk=ben.pk).update(preferred_format=account)
    grant = grants.give(holder_id=ben.pk, release_id=album.pk, source="order:1", now=NOW)
    jobs.prepare(now=NOW, progress=silent, grant_id=grant.pk, recipe=order)
    assert {job.payload["recipe"] for job in Job.objects.filter(name="delivery.make")} == {"flac", made}


def test_who_prefers_the_lossless_one_has_nothing_else_made(album, ben):
    type(ben).objects.filter(pk=ben.pk).update(preferred_format="flac")
    grant = grants.give(holder_id=ben.pk, release_id=album.pk, source="order:1", now=NOW)
    jobs.prepare(now=NOW, progress=silent, grant_id=grant.pk)
    assert [job.payload["recipe"] for job in Job.objects.filter(name="delivery.make")] == ["flac"]


def test_a_part_without_a_master_is_refused_plainly(album):
    lost = make_part(release=album)
    with pytest.raises(services.NoMasterError):
        services.bundle(release_id=album.pk, recipe="flac", now=NOW)
    with pytest.raises(services.NoMasterError):
        services.deliverable(part_id=lost.pk, recipe="flac", now=NOW)


def test_a_manifest_can_be_read_by_the_door_alone(album):
    bundle = services.bundle(release_id=album.pk, recipe="flac", now=NOW)
    said = json.loads(assets.place(bundle.path).read_bytes())
    assert all(assets.place(path).exists() for _, path, *_ in said["entries"])


def test_what_comes_with_a_release_is_in_the_zip_of_every_format_under_safe_names(album, tmp_path):
    path = tmp_path / "in.txt"
    path.write_text("Recorded in March.", encoding="utf-8")
    facts = ExtraFacts(kind=Kind.TEXT, media_type="text/plain", suffix=".txt")
    names = ["notes: Märzaufnahme?.txt", "SHA256SUMS", "credits.txt", "..", "con.txt"]
    extras = [asset_services.store_extra(path=path, name=name, facts=facts, expected=digest(path)) for name in names]
    asset_services.set_extras(release_id=album.pk, extras=extras, now=NOW)
    for recipe in ("flac", "opus-160"):
        packed = unpacked(services.bundle(release_id=album.pk, recipe=recipe, now=NOW))
        folder = "Mara Linde - Evening - Ferry/"
        inside = [name.removeprefix(folder) for name in packed.namelist()]
        assert inside[2:] == [
            "credits.txt", "notes - Märzaufnahme.txt", "SHA256SUMS (2)", "credits (2).txt", "Untitled", "con_.txt",
            "SHA256SUMS",
        ]  # fmt: skip
        assert "Mara Linde" in packed.read(folder + "credits.txt").decode()
        for line in packed.read(folder + "SHA256SUMS").decode().splitlines():
            sha256, name = line.split("  ", 1)
            assert hashlib.sha256(packed.read(folder + name)).hexdigest() == sha256


def test_files_for_sale_are_checked_weekly_and_made_again_when_they_changed(album):
    packed = services.bundle(release_id=album.pk, recipe="mp3-v0", now=NOW)
    file = queries.file(album.parts.first().pk, "mp3-v0")
    place = assets.place(file.path)
    whole = place.read_bytes()
    assert upkeep.scrub(now=NOW) == []
    assert upkeep.scrub(now=NOW + timedelta(days=1)) == []
    place.write_bytes(whole[:-1] + b"x")
    sums = next(
        entry for entry in Manifest.read(assets.place(packed.path).read_bytes()).entries if "SUMS" in entry.name
    )
    assets.place(sums.path).unlink()
    later = NOW + timedelta(days=8)
    assert set(upkeep.scrub(now=later)) == {file.path, sums.path}
    asked = [job.payload for job in Job.objects.filter(name="delivery.make")]
    assert sorted((one["part_id"], one["release_id"]) for one in asked if one["part_id"]) == [(file.part_id, None)]
    assert [one["release_id"] for one in asked if one["release_id"]] == [album.pk]
    for one in asked:
        jobs.make(now=later, progress=silent, **one)
    assert place.read_bytes() == whole
    assert assets.place(sums.path).exists()
    assert upkeep.scrub(now=later + timedelta(days=8)) == []


def test_a_rendition_that_changed_is_made_again_before_it_is_tagged(album):
    part_id = album.parts.first().pk
    file = services.deliverable(part_id=part_id, recipe="flac", now=NOW)
    sound = assets.place(file.rendition.path)
    whole = sound.read_bytes()
    sound.write_bytes(whole[:-9] + bytes(9))
    assert asset_services.scrub(now=NOW) == [file.rendition.path]
    assets.place(file.path).unlink()
    again = services.deliverable(part_id=part_id, recipe="flac", now=NOW)
    assert (again.sha256, sound.read_bytes() == whole) == (file.sha256, True)
