"""What staff sees of the sound of a release, and accepting a finding."""

from __future__ import annotations

import re

import numpy as np
import pytest
from django.urls import reverse
from tests.factories import NOW, make_release
from tests.sounds import RATE, write_sound

from bandstand.store.quality import services
from bandstand.store.quality.models import Examination, Finding
from bandstand.webkit.models import AuditEvent


@pytest.fixture
def examined(deliver, tmp_path):
    sound = np.random.default_rng(1).normal(0, 0.1, (2 * RATE, 2))
    sound[RATE : RATE + 2205] = 0.0
    part, master = deliver(write_sound(tmp_path / "torn.wav", sound), release=make_release(tracks=0))
    services.examine(master_id=master.pk, now=NOW)
    return part, master


def test_the_page_shows_findings_figures_pictures_and_numbers(staff, examined):
    part, _ = examined
    page = staff.get(reverse("admin:quality_release", args=[part.release_id])).content.decode()
    assert "one gap shorter than half a second" in page
    assert "At 0:01.000." in page
    assert page.count('role="img"') == 4
    assert len(re.findall(r'<path class="qc-line[^>]+d="M[^"]{100,}"', page)) >= 4
    assert "22.05 kHz of 22.05 kHz" in page
    assert 'style="' not in page.partition('<div id="content"')[2]


def test_the_spectrogram_is_given_to_staff(staff, examined):
    response = staff.get(reverse("admin:quality_picture", args=[examined[1].pk]))
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert b"".join(response.streaming_content).startswith(b"\x89PNG")
    Examination.objects.update(picture="")
    assert staff.get(reverse("admin:quality_picture", args=[examined[1].pk])).status_code == 404


def test_a_finding_is_accepted_with_a_reason_and_an_event(staff, examined, ada):
    part, _ = examined
    listed = reverse("admin:quality_releases")
    assert str(part.release) in staff.get(listed).content.decode()
    finding = Finding.objects.get()
    address = reverse("admin:quality_accept", args=[finding.pk])
    assert staff.get(address).status_code == 405
    staff.post(address, {"reason": ""})
    assert Finding.objects.get().accepted_at is None
    assert staff.post(address, {"reason": "Noise music"}).url == reverse(
        "admin:quality_release", args=[part.release_id]
    )
    finding.refresh_from_db()
    assert (finding.reason, finding.accepted_by) == ("Noise music", str(ada.pk))
    assert AuditEvent.objects.filter(sentence__contains="Noise music").count() == 1
    page = staff.get(reverse("admin:quality_release", args=[part.release_id])).content.decode()
    assert "Noise music" in page
    assert "qc-accept" + '"' not in page
    assert "Nothing waits" in staff.get(listed).content.decode()


def test_a_release_that_was_not_examined_says_so(staff, deliver, tmp_path):
    release = make_release(tracks=1)
    page = staff.get(reverse("admin:quality_release", args=[release.pk])).content.decode()
    assert "not been examined yet" in page
    assert staff.get(reverse("admin:quality_release", args=[release.pk + 999])).status_code == 404


def test_a_page_of_many_tracks_asks_few_questions(staff, examined, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        staff.get(reverse("admin:quality_release", args=[examined[0].release_id]))
