from __future__ import annotations

from datetime import date

import pytest

from bandstand.kernel.units import Bytes, Decibels, Frames, Hz, Milliseconds
from bandstand.media.probe import AudioFacts, Examination, Loudness
from bandstand.media.sniff import Container
from bandstand.media.tags import Tags
from bandstand.store.catalogue.rules import Billed, Contributor
from bandstand.store.deals.rules import DealTerms
from bandstand.store.ingest.rules import quality
from bandstand.store.ingest.rules.manifest import Manifest, parse
from bandstand.store.ingest.rules.report import Findings
from bandstand.store.ingest.rules.resolve import Delivered, resolve

TIERS = frozenset({"album", "track", "single", "ep", "session", "free"})
FOLDER = "Mara Linde - Evening Ferry (2026)"


def examined(**facts):
    sound = AudioFacts(
        container=Container.FLAC,
        codec="flac",
        rate=Hz(44_100),
        channels=2,
        bits=16,
        duration_ms=Milliseconds(180_000),
        frames=Frames(7_938_000),
        lossless=True,
        bit_rate=900_000,
    )
    ordinary = {
        "facts": sound,
        "loudness": Loudness(integrated=Decibels(-14.0), range=Decibels(6.0), true_peak=Decibels(-1.0)),
        "clipped_runs": 0,
        "lead_silence_ms": Milliseconds(0),
        "trail_silence_ms": Milliseconds(0),
        "dc_offset": 0.0,
        "digital_silence": False,
        "peaks": bytes(Bytes(2)),
        "preview_start_ms": Milliseconds(60_000),
    }
    return Examination(**(ordinary | facts))


def file(name, **tags):
    return Delivered(file=name, tags=Tags(**tags), examination=examined())


def resolved(*files, toml="", folder=FOLDER):
    findings = Findings()
    manifest = parse(toml, tiers=TIERS, findings=findings) if toml else Manifest()
    return resolve(folder, files, manifest, findings), findings


def places(answer):
    return [(part.disc, part.number, part.title) for part in answer.release.parts]


def rules(findings):
    return {(reason.key or reason.file, reason.rule) for reason in findings.refusals}


def test_without_tags_names_say_it_all():
    answer, findings = resolved(file("02 Slack Water.flac"), file("01 Harbour.flac"))
    release = answer.release
    assert (release.title, release.billed, release.label, release.kind) == (
        "Evening Ferry",
        (Billed("Mara Linde"),),
        "Mara Linde",
        "single",
    )
    assert (release.number, release.number_is_made) == ("mara-linde-evening-ferry-2026", True)
    assert places(answer) == [(1, 1, "Harbour"), (1, 2, "Slack Water")]
    assert findings == Findings()


def test_tags_weigh_more_than_names_and_the_manifest_more_than_tags():
    tagged = file("01 Harbour.flac", title="Harbor", album="The Ferry", artists=("M. Linde",), catalogue_number="HL-9")
    answer, _ = resolved(tagged)
    assert (answer.release.title, answer.release.number, places(answer)) == ("The Ferry", "HL-9", [(1, 1, "Harbor")])
    toml = "[release]\ntitle='Ferry'\nnumber='HL-1'\n[[track]]\nnumber=1\ntitle='Hafen'"
    answer, _ = resolved(tagged, toml=toml)
    assert (answer.release.title, answer.release.number, places(answer)) == ("Ferry", "HL-1", [(1, 1, "Hafen")])


def test_discs_come_from_tags_or_from_folders():
    by_tags, _ = resolved(file("a.flac", disc=1, track=1, title="A"), file("b.flac", disc=2, track=1, title="B"))
    by_folder, _ = resolved(file("CD1/01 A.flac", track=1), file("CD2/01 B.flac", track=1))
    assert places(by_tags) == places(by_folder) == [(1, 1, "A"), (2, 1, "B")]


def test_folders_decide_where_the_tags_of_two_discs_collide():
    answer, findings = resolved(file("CD1/01 A.flac", disc=1, track=1), file("CD2/01 B.flac", disc=1, track=1))
    assert places(answer) == [(1, 1, "A"), (2, 1, "B")]
    assert findings.refusals == []


def test_names_decide_where_the_tags_number_all_tracks_the_same():
    answer, _ = resolved(file("01 A.flac", track=1), file("02 B.flac", track=1))
    assert places(answer) == [(1, 1, "A"), (1, 2, "B")]


def test_files_that_nothing_numbers_take_the_free_numbers_in_order():
    answer, _ = resolved(file("Zebra.flac"), file("Apple.flac"), file("x.flac", track=1, title="First"))
    assert places(answer) == [(1, 1, "First"), (1, 2, "Apple"), (1, 3, "Zebra")]


def test_two_files_on_one_place_are_refused():
    _, findings = resolved(file("01 A.flac"), file("1 B.flac"))
    assert rules(findings) == {("01 A.flac", "track.same_place")} or rules(findings) == {
        ("1 B.flac", "track.same_place")
    }


def test_one_isrc_for_two_tracks_is_refused():
    _, findings = resolved(file("01 A.flac", isrc="DEXX12600001"), file("02 B.flac", isrc="DE-XX1-26-00001"))
    assert rules(findings) == {("02 B.flac", "track.same_isrc")}


def test_odd_codes_in_tags_are_left_out_and_remarked():
    answer, findings = resolved(file("01 A.flac", isrc="none", barcode="123"))
    assert (answer.release.gtin, answer.release.parts[0].isrc) == (None, "")
    assert {remark.rule for remark in findings.remarks} == {"track.isrc", "release.gtin"}
    assert findings.refusals == []


def test_a_compilation_is_by_various_artists_and_each_track_by_its_own():
    answer, _ = resolved(
        file("01 A.flac", artists=("Ann",)), file("02 B.flac", artists=("Bob feat. Cy",)), folder="Hits"
    )
    assert answer.release.billed == (Billed("Various Artists"),)
    assert [part.billed for part in answer.release.parts] == [
        (Billed("Ann"),),
        (Billed("Bob"), Billed("Cy", "featured")),
    ]


def test_one_artist_with_guests_is_no_compilation():
    answer, _ = resolved(file("01 A.flac", artists=("Ann",)), file("02 B.flac", artists=("Ann feat. Cy",)))
    assert answer.release.billed == (Billed("Ann"),)
    assert [part.billed for part in answer.release.parts] == [(), (Billed("Ann"), Billed("Cy", "featured"))]


def test_a_release_that_nobody_made_is_refused():
    _, findings = resolved(file("01 A.flac"), folder="Evening Ferry")
    assert rules(findings) == {("release.artists", "release.artist")}


@pytest.mark.parametrize(("tracks", "kind"), [(1, "single"), (3, "single"), (4, "ep"), (6, "ep"), (7, "album")])
def test_the_number_of_tracks_says_the_kind_and_the_kind_the_price(tracks, kind):
    answer, _ = resolved(*(file(f"{n:02} A.flac") for n in range(1, tracks + 1)))
    assert answer.release.kind == kind
    assert answer.deals == (DealTerms(release_tier=kind, track_tier="track"),)


def test_an_episode_of_a_series_is_a_session():
    answer, _ = resolved(file("01 A.flac"), toml="[release]\nseries = { slug = 'living-room', episode = 3 }")
    assert (answer.release.kind, answer.release.series.title, answer.release.series.episode) == (
        "session",
        "Living Room",
        3,
    )


def test_without_deals_it_is_sold_everywhere_from_its_date():
    by_toml, _ = resolved(file("01 A.flac"), toml="[release]\ndate = 2026-12-01")
    by_tag, _ = resolved(file("01 A.flac", date="2026-12-01"))
    assert by_toml.deals[0].start_day == by_tag.deals[0].start_day == date(2026, 12, 1)
    by_year, _ = resolved(file("01 A.flac", date="2026"))
    assert (by_year.release.original_date, by_year.deals[0].start_day) == (date(2026, 1, 1), None)


def test_credits_lyrics_and_preview_come_from_where_they_are_said():
    one = Delivered(
        file="01 A.flac",
        tags=Tags(composers=("Jo",), credits=(("mixer", "Al"),), lyrics="tag"),
        examination=examined(),
        lyrics="[00:01.00] file",
    )
    part = resolved(one)[0].release.parts[0]
    assert part.contributors == (Contributor("Jo", "composer"), Contributor("Al", "mixer"))
    assert (part.lyrics, part.preview_start_ms) == ("[00:01.00] file", 60_000)
    part = resolved(one, toml="[[track]]\nnumber=1\nlyrics='toml'\npreview_start=10\ncredits=[]")[0].release.parts[0]
    assert (part.lyrics, part.preview_start_ms, len(part.contributors)) == ("toml", 10_000, 2)


def test_a_preview_cannot_start_after_the_end():
    _, findings = resolved(file("01 A.flac"), toml="[[track]]\nnumber=1\npreview_start=180")
    assert rules(findings) == {("track[1].preview_start", "track.preview_start")}


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        ("[[track]]\nfile='02 B.flac'", ("track[1]", "track.which")),
        ("[[track]]\nnumber=7", ("track[1]", "track.which")),
        ("[[track]]\nnumber=1\n[[track]]\nfile='01 A.flac'", ("track[2]", "track.twice")),
    ],
)
def test_a_track_table_speaks_of_one_file(toml, fault):
    assert rules(resolved(file("01 A.flac"), toml=toml)[1]) == {fault}


def test_a_track_table_moves_a_file_to_another_place():
    toml = "[[track]]\nfile='CD1/01 A.flac'\ndisc=2\nnumber=5"
    assert places(resolved(file("CD1/01 A.flac"), toml=toml)[0]) == [(2, 5, "A")]


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"clipped_runs": 500}, "sound.clipped"),
        ({"lead_silence_ms": 6_000}, "sound.lead"),
        ({"trail_silence_ms": 20_000}, "sound.trail"),
        ({"dc_offset": -0.2}, "sound.offset"),
        ({"loudness": Loudness(integrated=Decibels(-60.0), range=Decibels(1), true_peak=Decibels(-40))}, "sound.quiet"),
        ({"loudness": Loudness(integrated=Decibels(-3.0), range=Decibels(1), true_peak=Decibels(0))}, "sound.loud"),
        ({"loudness": Loudness(integrated=Decibels(-8.0), range=Decibels(1), true_peak=Decibels(3))}, "sound.peak"),
    ],
)
def test_odd_measurements_are_remarked(facts, rule):
    findings = Findings()
    quality.check_sound("a.flac", ".flac", examined(**facts), findings)
    assert [remark.rule for remark in findings.remarks] == [rule]
    assert findings.refusals == []


def test_an_ordinary_sound_passes():
    findings = Findings()
    quality.check_sound("a.flac", ".FLAC", examined(), findings)
    assert findings == Findings()
