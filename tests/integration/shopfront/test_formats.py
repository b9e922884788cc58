from __future__ import annotations

import pytest
from tests.factories import make_deal, make_extra, make_master, make_release, make_storefront

from bandstand.store.catalogue import queries as catalogue
from bandstand.store.shopfront.formats import files

pytestmark = pytest.mark.django_db


def told(*masters, extras=()):
    """Return what a release with these masters says about its files."""
    release = make_release(tracks=len(masters))
    made = {part.pk: make_master(part=part, **facts) for part, facts in zip(release.parts.all(), masters, strict=True)}
    return files(catalogue.release_by_slug(release.slug).tracks, made, extras)


def test_a_lossless_release_says_its_real_quality_and_every_format():
    said = told({"rate": 96_000, "bits": 24, "channels": 2})
    assert said.summary.startswith("FLAC, 24 bit / 96 kHz; also ALAC, WAV, AIFF, MP3 V0")
    assert said.tracks[0].sound == "FLAC, 96 kHz, 24 bit, stereo"
    assert dict(said.formats) == {
        **dict.fromkeys(("FLAC", "ALAC", "WAV", "AIFF"), "lossless"),
        **dict.fromkeys(("MP3 V0", "MP3 320", "AAC 256", "Ogg Vorbis", "Opus 160"), "lossy"),
        **dict.fromkeys(("ATRAC3 LP2", "ATRAC3 105", "ATRAC3 LP4"), "lossy"),
    }
    assert (said.warnings, said.extras) == ([], [])


def test_a_master_that_looks_upsampled_is_said_so_before_buying():
    said = told({"rate": 96_000, "bits": 24, "measured": {"bandwidth": 20_000, "effective_bits": 16}})
    assert said.warnings == [
        "Looks upsampled: a file of 96 kHz whose sound ends at 20.0 kHz.",
        "A file of 24 bit whose sound uses 16.",
    ]


def test_what_is_true_of_some_tracks_only_is_said_at_these():
    said = told(
        {"rate": 96_000, "bits": 24, "measured": {"bandwidth": 46_000}},
        {"rate": 96_000, "bits": 24, "measured": {"bandwidth": 19_000}},
    )
    assert [bool(track.warnings) for track in said.tracks] == [False, True]
    assert said.warnings == ["Look at the list below: 1 track is less than its file suggests."]


def test_lossy_masters_are_named_and_never_sold_as_lossless():
    said = told({"lossless": False, "codec": "mp3float", "container": "mp3", "bits": None})
    assert said.summary == "MP3 V0, MP3 320, AAC 256, Ogg Vorbis, Opus 160, ATRAC3 LP2, ATRAC3 105, ATRAC3 LP4"
    assert said.tracks[0].sound == "MP3, 44.1 kHz, stereo"
    assert said.warnings == ["Delivered as a lossy file: nothing that is made from it is lossless."]


def test_formats_that_only_some_tracks_come_in_say_how_many():
    said = told({}, {"lossless": False, "codec": "aac", "container": "mp4", "bits": None})
    assert dict(said.formats)["FLAC"] == "lossless, 1 of 2 tracks"
    assert dict(said.formats)["MP3 V0"] == "lossy"


def test_surround_is_told_with_what_becomes_of_it():
    said = told({"channels": 6, "codec": "pcm_s24le", "container": "wav", "bits": 24})
    assert said.tracks[0].sound == "WAV, 44.1 kHz, 24 bit, 5.1"
    assert dict(said.formats)["Opus 160"] == "lossy, mixed down to stereo"


def test_the_page_says_all_of_it_before_buying(client):
    make_storefront()
    release = make_release(tracks=1)
    make_deal(release=release)
    make_master(part=release.parts.get(), rate=96_000, bits=24, measured={"bandwidth": 20_000})
    make_extra(release=release, pages=12)
    page = client.get(release.get_absolute_url()).content.decode()
    assert "FLAC, 24 bit / 96 kHz; also" in page
    assert "Looks upsampled" in page
    assert "Booklet, PDF, 12 pages, 3.1 MB" in page
    assert "/extra/" not in page


def test_nothing_is_said_before_anything_was_delivered(client):
    make_storefront()
    release = make_release(tracks=1)
    make_deal(release=release)
    assert b"what-you-get" not in client.get(release.get_absolute_url()).content
