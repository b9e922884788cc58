from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from tests.factories import NOW, make_master, make_part

from bandstand.media.digest import digest
from bandstand.media.probe import examine
from bandstand.store.assets import queries, services
from bandstand.store.assets.models import Master, Source

pytestmark = pytest.mark.django_db


def kept(files):
    return sorted(path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file())


def test_a_master_is_kept_under_its_hash_with_what_was_measured(tone, stored, files):
    content = tone.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    assert (stored.sha256, stored.size) == (sha256, len(content))
    assert stored.path == f"masters/{sha256[:2]}/{sha256}.wav"
    assert queries.place(stored.path).read_bytes() == content
    assert kept(files) == [stored.path]
    assert (stored.codec, stored.rate, stored.channels, stored.bits, stored.duration_ms) == (
        "pcm_s16le",
        44100,
        2,
        16,
        1000,
    )
    assert -30 < stored.measured["loudness"] < 0
    assert stored.peaks


def test_the_same_bytes_are_stored_once(tone, stored, files):
    before = queries.place(stored.path).stat().st_ino
    for expected in (None, digest(tone)):
        again = services.store_master(path=tone, examination=examine(tone), now=NOW, expected=expected)
        assert again.pk == stored.pk
    assert queries.place(stored.path).stat().st_ino == before
    assert kept(files) == [stored.path]


def test_a_file_that_changes_after_its_check_is_not_stored(tone, files):
    examination, expected = examine(tone), digest(tone)
    tone.write_bytes(tone.read_bytes() + b"more")
    with pytest.raises(services.ChangedWhileReadError):
        services.store_master(path=tone, examination=examination, now=NOW, expected=expected)
    assert kept(files) == []
    assert not Master.objects.exists()


def test_a_file_left_by_a_crash_gets_its_row(tone, stored):
    Master.objects.all().delete()
    assert services.store_master(path=tone, examination=examine(tone), now=NOW, expected=digest(tone)).pk


def test_a_master_found_damaged_is_replaced_by_the_next_delivery(tone, stored):
    place = queries.place(stored.path)
    place.write_bytes(b"rot" + place.read_bytes()[3:])
    assert services.scrub(now=NOW) == [stored.path]
    services.store_master(path=tone, examination=examine(tone), now=NOW, expected=digest(tone))
    stored.refresh_from_db()
    assert stored.fault == ""
    assert services.scrub(now=NOW + timedelta(days=8)) == []


def test_a_new_source_keeps_the_old_one_as_history():
    part, old, new = make_part(), make_master(), make_master()
    assert services.set_sources(masters={part.pk: (old.pk, "01.flac")}, now=NOW)
    assert not services.set_sources(masters={part.pk: (old.pk, "01.flac")}, now=NOW)
    assert services.set_sources(masters={part.pk: (new.pk, "01.flac")}, now=NOW + timedelta(1))
    assert list(Source.objects.order_by("pk").values_list("master", "replaced_at")) == [
        (old.pk, NOW + timedelta(1)),
        (new.pk, None),
    ]
    assert queries.source_of([part.pk]) == {part.pk: new}
