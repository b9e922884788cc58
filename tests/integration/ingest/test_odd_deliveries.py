from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from tests.factories import NOW
from tests.sounds import make_picture, make_sound

from bandstand.kernel.progress import CancelledError
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.catalogue.models import Part, Release
from bandstand.store.deals.models import Deal, PriceTier
from bandstand.store.deals.services import set_up_store
from bandstand.store.ingest import services
from bandstand.store.ingest.models import Delivery
from bandstand.store.ingest.services import apply as writing

TITLES = {
    "flac": ("静かな港", "東京事変"),
    "mp3": ("ميناء هادئ", "فيروز"),
    "m4a": ("Ήσυχο λιμάνι / Μέρος Α", "Βαγγέλης"),
    "wav": ("🎷 & <b>Ünïcödé</b> «ёлка»", "Ólafur Ægir"),
}


def test_titles_in_many_languages_come_through_every_kind_of_tag(tmp_path, take_in):
    folder = tmp_path / "in" / "世界 - Ports"
    for number, (kind, (title, artist)) in enumerate(TITLES.items(), start=1):
        make_sound(
            folder / f"{number:02}.{kind}", title=title, artists=(artist,), track=number, album="Ports of the World"
        )
    outcome = take_in(folder)
    assert outcome.state == "applied"
    page = catalogue.release_by_slug(outcome.slug)
    assert page.release.artist_line == "Various Artists"
    assert [(t.part.title, t.part.artist_line) for t in page.tracks] == list(TITLES.values())
    assert all(t.billed[0].slug for t in page.tracks)


def test_two_discs_odd_names_and_lyrics_beside_the_tracks(tmp_path, take_in):
    folder = tmp_path / "in" / "Mara Linde - Two Sides"
    make_sound(folder / "CD1" / "01 Ebb.flac", track=1, disc=1)
    make_sound(folder / "CD1" / "Flood.flac", hertz=300.0)
    make_sound(folder / "CD2" / "1.flac", hertz=500.0, track=1, disc=1, title="Return")
    (folder / "CD1" / "01 Ebb.lrc").write_text("[00:00.50]Ebb\n", encoding="utf-16")
    (folder / "CD2" / "1.txt").write_text("\ufeffHome again\r\n", encoding="utf-8")
    (folder / "CD2" / ".DS_Store").write_bytes(b"x")
    outcome = take_in(folder)
    assert outcome.state == "applied"
    parts = Part.objects.order_by("disc", "number").values_list("disc", "number", "title", "lyrics")
    assert list(parts) == [
        (1, 1, "Ebb", "[00:00.50]Ebb"),
        (1, 2, "Flood", ""),
        (2, 1, "Return", "Home again"),
    ]


def test_release_toml_says_what_tags_cannot(ferry, take_in):
    (ferry / "release.toml").write_text(
        """
        [release]
        title = "Evening Ferry, live"
        kind = "session"
        number = "HL-7"
        gtin = "4006381333931"
        series = { slug = "living-room", title = "Living Room", episode = 3 }
        [[release.credits]]
        name = "Jo Tamm"
        role = "producer"
        [[deal]]
        territories = ["DE", "FR"]
        from = 2026-11-24
        release_tier = "session"
        members_only = true
        [[track]]
        file = "02 Slack Water.flac"
        title = "Still Water"
        preview_start = 0.25
        """,
        encoding="utf-8",
    )
    release = Release.objects.get(pk=take_in(ferry).release_id)
    assert (release.title, release.kind, release.number, release.gtin) == (
        "Evening Ferry, live",
        "session",
        "HL-7",
        "4006381333931",
    )
    assert (release.series.slug, release.episode) == ("living-room", 3)
    deal = Deal.objects.get()
    assert (deal.territories, str(deal.start_day), deal.members_only, deal.track_tier) == (
        ["DE", "FR"],
        "2026-11-24",
        True,
        None,
    )
    assert "Harbour Light" in deal.source
    part = Part.objects.get(number=2)
    assert (part.title, part.preview_start_ms) == ("Still Water", 250)


def test_a_number_that_belongs_to_another_release_refuses_the_folder(ferry, take_in, rules_of, tmp_path):
    toml = '[release]\nseries = { slug = "living-room", episode = 1 }\n'
    (ferry / "release.toml").write_text(toml, encoding="utf-8")
    take_in(ferry)
    other = tmp_path / "in" / "Mara Linde - Other"
    make_sound(other / "01 A.flac", hertz=700.0)
    (other / "release.toml").write_text(toml, encoding="utf-8")
    assert take_in(other, dry_run=True).reasons[0].rule == "catalogue.conflict"
    assert rules_of(other) == {("", "catalogue.conflict")}
    assert Release.objects.count() == 1


def test_a_file_that_changes_while_it_is_taken_in_refuses_the_folder(ferry, take_in):
    track = ferry / "01 Harbour.flac"

    stages = []

    def late(done):
        stages.append(done)
        if len(stages) == len(list(ferry.iterdir())) + 2:  # every file is recognised, both sounds are examined
            track.write_bytes(b"other")

    outcome = take_in(ferry, progress=late)
    assert [(reason.file, reason.rule) for reason in outcome.reasons] == [(track.name, "assets.changed")]
    assert not Release.objects.exists()


def test_a_store_without_the_price_tier_refuses_and_says_which(ferry, take_in):
    PriceTier.objects.filter(slug="single").delete()
    for dry_run in (True, False):
        (reason,) = take_in(ferry, dry_run=dry_run).reasons
        assert reason.rule == "deals.unknown_tier"
        assert "single" in reason.sentence
    assert not Release.objects.exists()


def test_stopping_while_files_are_being_stored_is_no_refusal(ferry, take_in):
    stages = []

    def stop(done):
        stages.append(done)
        if len(stages) > len(list(ferry.iterdir())) + 2:  # past recognising and examining
            raise CancelledError

    with pytest.raises(CancelledError):
        take_in(ferry, progress=stop)
    assert not Delivery.objects.exists()
    assert take_in(ferry).state == "applied"


def test_what_others_wrote_first_is_tried_again_and_given_up_at_last(ferry, take_in, monkeypatch):
    from django.db import IntegrityError

    calls = []

    def clash(*_arguments, **_named):
        calls.append(1)
        raise IntegrityError("somebody was first")

    monkeypatch.setattr(writing, "_write", clash)
    monkeypatch.setattr(writing, "FIRST_WAIT", 0.0)
    with pytest.raises(writing.DeliveryBusyError):
        take_in(ferry)
    assert len(calls) == writing.ATTEMPTS


@pytest.mark.django_db(transaction=True)
def test_the_same_folder_taken_in_twice_at_once_is_one_release(ferry):
    set_up_store(now=NOW)

    def call(_number):
        try:
            return services.take_in(ferry, now=NOW).state
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        states = sorted(pool.map(call, range(3)))
    assert states == ["applied", "unchanged", "unchanged"]
    assert (Release.objects.count(), Part.objects.count(), Delivery.objects.count(), Deal.objects.count()) == (
        1,
        2,
        1,
        1,
    )


def test_a_cover_in_the_files_is_found(tmp_path, take_in):
    folder = tmp_path / "in" / "Mara Linde - Buoy"
    make_sound(folder / "01 Buoy.m4a", title="Buoy", picture=make_picture())
    assert take_in(folder).state == "applied"
    assert Release.objects.get().cover_sha256
