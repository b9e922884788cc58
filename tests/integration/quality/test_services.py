"""Masters examined in a store: findings, matches between releases, accepting."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from tests.factories import NOW, make_part, make_release
from tests.integration.media import signals
from tests.sounds import RATE, tune, write_sound

from bandstand.media import fingerprints, qc
from bandstand.store.assets import queries as assets
from bandstand.store.assets import services as assets_services
from bandstand.store.quality import jobs, queries, services
from bandstand.store.quality.models import Examination, Finding, Fingerprint, Mark
from bandstand.webkit.jobs.models import Job

LATER = NOW + timedelta(hours=1)


def findings(master):
    return set(Finding.objects.filter(master=master, accepted_at=None).values_list("rule", flat=True))


@pytest.fixture
def torn(tmp_path):
    """A master with 50 ms of zeros at 1 s."""
    sound = np.random.default_rng(1).normal(0, 0.1, (2 * RATE, 2))
    sound[RATE : RATE + 2205] = 0.0
    return write_sound(tmp_path / "torn.wav", sound)


def test_an_examination_keeps_figures_files_and_findings(deliver, torn):
    _, master = deliver(torn)
    jobs.examine(master_id=master.pk, now=NOW, progress=lambda _done: None)
    row = Examination.objects.get()
    assert (row.version, row.problem, row.figures["zero_runs"]) == (qc.VERSION, "", 1)
    assert assets.place(row.picture).read_bytes().startswith(b"\x89PNG")
    assert queries.quality_of(row).zeros[0].start == RATE
    assert findings(master) == {"dropout"}
    assert Finding.objects.get(rule="dropout").places_ms == [1000]
    master.refresh_from_db()
    assert (master.measured["bandwidth"], master.measured["effective_bits"]) == (22_050, 16)
    assert "loudness" in master.measured


def test_examining_twice_changes_nothing_and_lost_files_are_made_again(deliver, torn):
    _, master = deliver(torn)
    services.examine(master_id=master.pk, now=NOW)
    before = list(Examination.objects.values()), list(Finding.objects.values())
    services.examine(master_id=master.pk, now=LATER)
    assert (list(Examination.objects.values()), list(Finding.objects.values())) == before
    picture = assets.place(Examination.objects.get().picture)
    content = picture.read_bytes()
    picture.unlink()
    services.examine(master_id=master.pk, now=LATER)
    assert picture.read_bytes() == content
    assert Examination.objects.get().examined_at == LATER


def test_a_master_whose_file_is_gone_is_a_finding(deliver, torn):
    _, master = deliver(torn)
    assets.place(master.path).unlink()
    services.examine(master_id=master.pk, now=NOW)
    assert findings(master) == {"unreadable"}


def test_the_same_recording_under_another_isrc_is_found_and_linked(deliver, tunes, tmp_path):
    first, one = deliver(tunes[0], isrc="DEXX12600001", title="Harbour")
    signals.ffmpeg("-i", str(tunes[0]), "-af", "volume=1dB", "-c:a", "flac", str(tmp_path / "louder.flac"))
    _, two = deliver(tmp_path / "louder.flac", isrc="DEXX12600099")
    _, three = deliver(tunes[1], isrc="DEXX12600002")
    for master in (one, two, three):
        services.examine(master_id=master.pk, now=NOW)
    row = Finding.objects.get(rule="same_recording")
    assert (row.master, row.other, row.severity) == (two, one, "warning")
    assert "Harbour" in row.sentence
    assert "DEXX12600001" in row.sentence
    assert queries.elsewhere([one.pk])[one.pk] == [row]
    assert [match.master_id for match in queries.matches(one.pk)] == [two.pk]
    assert queries.matches(three.pk) == []
    assert first.isrc


def test_a_recording_that_is_sold_again_under_its_own_isrc_is_no_finding(deliver, tunes, tmp_path):
    _, one = deliver(tunes[0], isrc="DEXX12600001")
    signals.ffmpeg("-i", str(tunes[0]), "-c:a", "flac", str(tmp_path / "same.flac"))
    _, two = deliver(tmp_path / "same.flac", isrc="DEXX12600001")
    for master in (one, two):
        services.examine(master_id=master.pk, now=NOW)
    assert not Finding.objects.filter(rule__in=("same_recording", "isrc_other_audio")).exists()


def test_one_isrc_on_two_recordings_is_found(deliver, tunes):
    _, one = deliver(tunes[0], isrc="DEXX12600001")
    _, two = deliver(tunes[1], isrc="DEXX12600001")
    for master in (one, two):
        services.examine(master_id=master.pk, now=NOW)
    services.examine(master_id=one.pk, now=LATER)  # and is not said a second time from the other side
    row = Finding.objects.get(rule="isrc_other_audio")
    assert (row.master, row.other) == (two, one)


def test_a_relation_that_was_put_right_is_gone_and_an_accepted_one_stays(deliver, tunes):
    part, one = deliver(tunes[0], isrc="DEXX12600001")
    _, two = deliver(tunes[1], isrc="DEXX12600001")
    for master in (one, two):
        services.examine(master_id=master.pk, now=NOW)
    services.examine(master_id=one.pk, now=NOW)
    for row in Finding.objects.filter(rule="isrc_other_audio", master=two):
        services.accept(finding_id=row.pk, reason="The label says so", by="7", now=NOW)
    type(part).objects.filter(pk=part.pk).update(isrc="DEXX12600009")
    for master in (one, two):
        services.examine(master_id=master.pk, now=LATER)
    kept = Finding.objects.get(rule="isrc_other_audio")
    assert (kept.master, kept.reason, kept.accepted_at) == (two, "The label says so", NOW)


def test_one_file_under_two_isrcs_is_found(deliver, torn):
    part, master = deliver(torn, isrc="DEXX12600001")
    other = make_part(release=part.release, isrc="DEXX12600002")
    assets_services.set_sources(masters={other.pk: (master.pk, "again.wav")}, now=NOW)
    services.examine(master_id=master.pk, now=NOW)
    assert "two_isrcs" in findings(master)


def test_a_finding_is_accepted_once_and_with_a_reason(deliver, torn):
    _, master = deliver(torn)
    services.examine(master_id=master.pk, now=NOW)
    row = Finding.objects.get()
    with pytest.raises(services.NoReasonError):
        services.accept(finding_id=row.pk, reason="  \n", by="7", now=NOW)
    services.accept(finding_id=row.pk, reason=" It is\nnoise music ", by="7", now=NOW)
    row.refresh_from_db()
    assert (row.reason, row.accepted_by, row.accepted_at) == ("It is noise music", "7", NOW)
    with pytest.raises(services.FindingClosedError):
        services.accept(finding_id=row.pk, reason="Again", by="8", now=LATER)
    assert queries.releases_with_open_findings() == []


def test_marks_go_with_a_fingerprint_that_is_made_anew(deliver, tunes):
    _, master = deliver(tunes[0])
    services.examine(master_id=master.pk, now=NOW)
    count = Mark.objects.count()
    assert 10 <= count <= fingerprints.MARKS
    Fingerprint.objects.update(algorithm="an older one")
    services.examine(master_id=master.pk, now=LATER)
    assert (Fingerprint.objects.get().algorithm, Mark.objects.count()) == (fingerprints.ALGORITHM, count)


def test_what_was_taken_in_before_is_caught_up_with(deliver, torn):
    _, master = deliver(torn)
    jobs.catch_up(now=NOW, progress=lambda _done: None)
    job = Job.objects.get(name="quality.examine")
    assert (job.key, job.payload, job.priority < 0) == (str(master.pk), {"master_id": master.pk}, True)
    services.examine(master_id=master.pk, now=NOW)
    assert queries.not_examined(10) == []


def test_tracks_that_follow_each_other_have_gaps(deliver, tmp_path):
    release = make_release()
    sound, zeros = tune(1, seconds=2)[: RATE + RATE // 2], np.zeros((RATE // 2, 2))
    pieces = (sound, sound[:, ::-1], np.concatenate((zeros, sound[: RATE // 2])))
    for number, samples in enumerate(pieces):
        _, master = deliver(write_sound(tmp_path / f"{number}.wav", samples), release=release)
        services.examine(master_id=master.pk, now=NOW)
    gaps = [track.gap for track in queries.release_quality(release.pk)]
    assert [found.joint if found else None for found in gaps] == ["gapless", "cut", None]
    assert gaps[1].length_ms == pytest.approx(500, abs=5)
