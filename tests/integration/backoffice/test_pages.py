"""The staff's pages: figures, measurements, withdrawing a title, refunding a line; each act leaves an event."""

import pytest
from django.urls import reverse
from tests.conftest import NOW
from tests.factories import make_part, make_release

from bandstand.store.catalogue.models import Release
from bandstand.store.ingest.models import Delivery
from bandstand.webkit.jobs.models import Job
from bandstand.webkit.models import AuditEvent


@pytest.fixture
def staff(client, ada):
    client.force_login(ada)
    return client


def test_the_first_page_marks_what_needs_a_look(staff):
    Job.objects.create(name="x.y", key="1", state=Job.State.PARKED, run_at=NOW, created_at=NOW, ended_at=NOW)
    page = staff.get("/backoffice/").content.decode()
    assert page.count("figure-alarming") == 1
    assert "Orders and money" in page


def test_a_delivery_shows_what_was_measured(staff):
    release = make_release()
    measured = {
        "codec": "flac",
        "rate": 44100,
        "bits": 16,
        "channels": 2,
        "duration_ms": 61_000,
        "integrated": -14.2,
        "range": 5.1,
        "true_peak": -1.2,
        "clipped_runs": 3,
        "lead_silence_ms": 10,
        "trail_silence_ms": 900,
    }
    file = {"name": "<b>01</b>.flac", "size": 1_000_000, "level": "warn", "measured": measured}
    delivery = Delivery.objects.create(
        folder="one", digest="d" * 64, state="applied", release=release, report={"files": [file]}, at=NOW
    )
    page = staff.get(reverse("admin:ingest_delivery_change", args=[delivery.pk])).content.decode()
    assert "-14.2 LUFS" in page
    assert "-1.2 dBTP" in page
    assert "3 times" in page
    assert "<b>01</b>" not in page


def test_a_release_leads_to_its_deliveries(staff):
    release = make_release()
    make_part(release=release)
    page = staff.get(reverse("admin:catalogue_release_change", args=[release.pk])).content.decode()
    link = f"{reverse('admin:ingest_delivery_changelist')}?release__id__exact={release.pk}"
    assert link in page
    assert staff.get(link).status_code == 200


def test_withdrawing_a_title_leaves_an_event(staff, ada):
    release = make_release()
    staff.post(reverse("admin:catalogue_release_changelist"), {"action": "withdraw", "_selected_action": [release.pk]})
    assert Release.objects.get(pk=release.pk).withdrawn_at is not None
    event = AuditEvent.objects.get()
    assert (event.actor, event.row_key) == (f"user:{ada.pk}", str(release.pk))
    assert event.action == "catalogue.withdraw"
