from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pymupdf
import pytest
from django.apps import apps
from tests.factories import NOW, make_storefront
from tests.sounds import make_picture, make_sound

from bandstand.kernel.progress import CancelledError
from bandstand.media.digest import digest
from bandstand.store.assets import queries as assets
from bandstand.store.assets.models import Master, Rendition, Source
from bandstand.store.catalogue.models import Part, Release
from bandstand.store.deals import queries as deals
from bandstand.store.deals.models import Deal
from bandstand.store.deals.rules import Visitor
from bandstand.store.ingest import jobs, services
from bandstand.store.ingest.models import Delivery
from bandstand.webkit.jobs.models import Job

LATER = NOW + timedelta(hours=1)


def everything():
    """Return how many rows each table has."""
    return {model.__name__: model.objects.count() for model in apps.get_models()}


def contents(folder):
    return {
        path.relative_to(folder): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_folder_becomes_a_release_on_sale(ferry, take_in):
    before = contents(ferry)
    outcome = take_in(ferry)
    assert (outcome.state, outcome.level, outcome.reasons) == ("applied", "pass", ())
    release = Release.objects.get(pk=outcome.release_id)
    assert (str(release), release.kind, release.label.name, release.genre.name, release.original_date) == (
        "Mara Linde: Evening Ferry",
        "single",
        "Harbour Light",
        "Ambient",
        date(2026, 10, 2),
    )
    parts = list(release.parts.all())
    assert [(p.disc, p.number, p.title, p.isrc) for p in parts] == [
        (1, 1, "Harbour", "DEXX12600001"),
        (1, 2, "Slack Water", "DEXX12600002"),
    ]
    masters = assets.source_of([part.pk for part in parts])
    for part, name in zip(parts, ("01 Harbour.flac", "02 Slack Water.flac"), strict=True):
        assert digest(assets.place(masters[part.pk].path)) == digest(ferry / name)
    assert release.cover_sha256 == hashlib.sha256((ferry / "cover.jpg").read_bytes()).hexdigest()
    offers = deals.release_offers([release.pk], storefront=make_storefront(), visitor=Visitor(territory="DE"), now=NOW)
    assert str(offers[release.pk].price) == "€1.99"
    assert Delivery.objects.get().release == release
    assert Job.objects.filter(name="ingest.preview").count() == 2
    assert contents(ferry) == before


def test_the_same_folder_twice_changes_nothing(ferry, take_in):
    first = take_in(ferry)
    before = everything()
    again = take_in(ferry, now=LATER)
    assert (again.state, again.release_id, again.slug) == ("unchanged", first.release_id, first.slug)
    assert everything() == before
    assert Release.objects.get().updated_at == NOW


def test_a_changed_folder_updates_the_release_and_keeps_the_old_master(ferry, take_in):
    first = take_in(ferry)
    make_sound(ferry / "02 Slack Water.flac", hertz=555.0, title="Slack Water (mix 2)", isrc="DEXX12600002", track=2)
    again = take_in(ferry, now=LATER)
    assert (again.state, again.release_id) == ("applied", first.release_id)
    assert Part.objects.count() == 2
    part = Part.objects.get(number=2)
    assert part.title == "Slack Water (mix 2)"
    old, new = Source.objects.filter(part=part).order_by("pk")
    assert (old.replaced_at, new.replaced_at, new.since) == (LATER, None, LATER)
    assert assets.place(old.master.path).is_file()
    assert Source.objects.filter(part__number=1).count() == 1
    assert Deal.objects.count() == 1
    assert Release.objects.get().updated_at == LATER


def test_an_earlier_state_delivered_again_is_a_change(ferry, take_in):
    take_in(ferry)
    toml = ferry / "release.toml"
    toml.write_text('[release]\ntitle = "Evening Ferries"\n', encoding="utf-8")
    assert take_in(ferry, now=LATER).state == "applied"
    toml.unlink()
    assert take_in(ferry, now=LATER + timedelta(1)).state == "applied"
    assert Release.objects.get().title == "Evening Ferry"


def test_a_dry_run_checks_everything_and_writes_nothing(ferry, take_in, store):
    before = everything()
    outcome = take_in(ferry, dry_run=True)
    assert (outcome.state, outcome.dry_run, outcome.title, len(outcome.files)) == ("applied", True, "Evening Ferry", 3)
    (ferry / "01 Harbour.flac").write_bytes(b"")
    assert take_in(ferry, dry_run=True).state == "refused"
    assert everything() == before
    assert not store.exists() or not list(store.rglob("*"))


def test_a_broken_file_refuses_the_whole_folder_and_its_reasons_are_kept(ferry, take_in, store):
    before = everything()
    track = ferry / "02 Slack Water.flac"
    track.write_bytes(track.read_bytes()[:20_000])
    outcome = take_in(ferry)
    assert outcome.state == "refused"
    assert [(reason.file, reason.rule) for reason in outcome.reasons] == [(track.name, "media.damaged")]
    assert everything() == before | {"Delivery": 1}
    row = Delivery.objects.get()
    assert (row.state, row.release, row.report["reasons"][0]["file"]) == ("refused", None, track.name)
    assert row.report["files"][1]["level"] == "fail"
    assert not list(store.rglob("*"))


def test_a_refusal_that_is_repeated_is_one_row(ferry, take_in):
    (ferry / "01 Harbour.flac").write_bytes(b"")
    take_in(ferry)
    take_in(ferry, now=LATER)
    assert Delivery.objects.get().at == LATER


def test_a_broken_update_leaves_the_release_as_it_was(ferry, take_in):
    take_in(ferry)
    (ferry / "02 Slack Water.flac").write_bytes(b"#EXTM3U\n")
    before = list(Release.objects.values()), list(Part.objects.values()), list(Source.objects.values())
    assert take_in(ferry, now=LATER).state == "refused"
    assert (list(Release.objects.values()), list(Part.objects.values()), list(Source.objects.values())) == before


def test_a_track_left_out_later_is_withdrawn(ferry, take_in):
    take_in(ferry)
    (ferry / "02 Slack Water.flac").unlink()
    take_in(ferry, now=LATER)
    assert Part.objects.get(number=2).withdrawn_at == LATER
    assert Release.objects.get().duration_ms == 1000


def test_progress_counts_each_byte_three_times_and_can_stop_the_work(ferry, take_in):
    told = []
    size = sum(path.stat().st_size for path in ferry.glob("*.flac"))
    take_in(ferry, progress=told.append)
    assert 3 * size <= sum(told) <= services.work_of(ferry)

    def stop(_done):
        raise CancelledError

    (ferry / "02 Slack Water.flac").unlink()
    before = everything()
    with pytest.raises(CancelledError):
        take_in(ferry, progress=stop)
    assert everything() == before


def test_the_preview_job_makes_one_preview_for_each_track(ferry, take_in):
    outcome = take_in(ferry)
    parts = list(Part.objects.filter(release=outcome.release_id))
    for _ in range(2):
        for job in Job.objects.filter(name="ingest.preview"):
            jobs.preview(now=NOW, progress=lambda _done: None, **job.payload)
    assert Rendition.objects.count() == 2
    previews = assets.previews(parts, assets.source_of([part.pk for part in parts]))
    assert all(assets.place(previews[part.pk].path).is_file() for part in parts)


def test_a_part_without_a_master_has_no_preview(ferry, take_in):
    take_in(ferry)
    Source.objects.all().delete()
    with pytest.raises(services.NoSourceError):
        services.make_preview(part_id=Part.objects.first().pk, now=NOW)


def test_the_same_master_on_two_releases_is_stored_once(ferry, take_in, tmp_path):
    take_in(ferry)
    other = tmp_path / "in" / "Mara Linde - Best of"
    other.mkdir()
    (other / "01 Harbour.flac").write_bytes((ferry / "01 Harbour.flac").read_bytes())
    (other / "release.toml").write_text('[release]\ntitle = "Best of"\n', encoding="utf-8")
    assert take_in(other).state == "applied"
    assert Release.objects.count() == 2
    assert Master.objects.count() == 2


def test_a_folder_that_is_none_is_an_error(tmp_path, take_in):
    with pytest.raises(services.NoFolderError):
        take_in(tmp_path / "nothing")


def test_the_scan_job_takes_in_every_folder_of_a_folder(ferry, tmp_path):
    (ferry.parent / "B").mkdir()
    make_sound(ferry.parent / "B" / "01 Tide.wav", hertz=321.0)
    told = []
    jobs.scan(folder=str(ferry.parent), now=NOW, progress=told.append)
    assert sum(told) == 2
    assert list(Delivery.objects.order_by("folder").values_list("folder", "state")) == [
        ("B", "refused"),
        ("Mara Linde - Evening Ferry", "applied"),
    ]


def test_a_small_or_missing_cover_and_a_lossy_master_are_remarked(tmp_path, take_in):
    folder = tmp_path / "in" / "Mara Linde - Buoy"
    make_sound(
        folder / "01 Buoy.mp3", title="Buoy", artists=("Mara Linde",), picture=make_picture(width=300, height=300)
    )
    (folder / "notes.pdf").write_bytes(b"%PDF")
    outcome = take_in(folder)
    assert (outcome.state, outcome.level) == ("applied", "warn")
    assert {remark.rule for remark in outcome.remarks} == {"cover.small", "sound.lossy", "file.other"}


def test_booklets_and_texts_come_with_the_release(ferry, take_in):
    document = pymupdf.open()
    document.new_page()
    document.save(ferry / "Booklet.pdf")
    for folder in ("CD1 scans", "CD2 scans"):
        (ferry / folder).mkdir()
        (ferry / folder / "back.jpg").write_bytes(make_picture(colour="#400000" if "1" in folder else "#004000"))
    (ferry / "liner notes.txt").write_text("Recorded in March.", encoding="utf-8")
    outcome = take_in(ferry)
    assert (outcome.state, outcome.remarks) == ("applied", ())
    extras = assets.extras_of([outcome.release_id])[outcome.release_id]
    assert [(extra.name, extra.kind, extra.pages) for extra in extras] == [
        ("Booklet.pdf", "booklet", 1),
        ("CD1 scans - back.jpg", "picture", None),
        ("CD2 scans - back.jpg", "picture", None),
        ("liner notes.txt", "text", None),
    ]
    assert all(assets.place(extra.path).is_file() for extra in extras)
    assert {file.kind for file in outcome.files if file.name == "Booklet.pdf"} == {"extra"}
    assert take_in(ferry).state == "unchanged"
    (ferry / "Booklet.pdf").unlink()
    assert take_in(ferry).state == "applied"
    assert "Booklet.pdf" not in {extra.name for extra in assets.extras_of([outcome.release_id])[outcome.release_id]}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("booklet.pdf", b"<script>alert(1)</script>"),
        ("back.jpg", b"<svg onload=alert(1)>"),
        ("notes.txt", b"MZ\x90\x00"),
        ("setup.exe", b"MZ"),
        ("page.html", b"<p>"),
    ],
)
def test_what_is_not_what_it_says_is_left_alone_and_said(ferry, take_in, store, name, content):
    (ferry / name).write_bytes(content)
    outcome = take_in(ferry)
    assert outcome.state == "applied"
    assert [(remark.rule, remark.file) for remark in outcome.remarks] == [("file.other", name)]
    assert assets.extras_of([outcome.release_id]) == {}
    assert not list((store / "extras").rglob("*"))
