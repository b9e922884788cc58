from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import NOW

from bandstand.store.catalogue import queries, services
from bandstand.store.catalogue.models import Credit, Label, Part, Party, Release, Series
from bandstand.store.catalogue.rules import Billed, Contributor, PartFacts, ReleaseFacts, SeriesFacts

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
MARA = Billed("Mara Linde")


def track(number, title="", **facts):
    return PartFacts(disc=1, number=number, title=title or f"Track {number}", duration_ms=1000 * number, **facts)


FERRY = ReleaseFacts(
    number="HL-001",
    gtin="4006381333931",
    kind="album",
    title="Evening Ferry",
    label="Harbour Light",
    genre="Ambient",
    billed=(MARA,),
    contributors=(Contributor("Jo Tamm", "producer"),),
    parts=(track(1, isrc="DEXX12600001"), track(2, isrc="DEXX12600002", billed=(MARA, Billed("Jo Tamm", "featured")))),
    series=SeriesFacts(slug="living-room", title="Living Room", episode=3),
    original_date=date(2026, 10, 2),
    palette=("#102030",),
)


def put(facts, now=NOW):
    return services.put_release(facts=facts, now=now)


def live():
    return [(part.number, part.title) for part in Part.objects.filter(withdrawn_at=None).order_by("number")]


def test_a_release_is_written_with_all_that_belongs_to_it():
    release = put(FERRY)
    page = queries.release_by_slug("mara-linde-evening-ferry")
    assert page.release == release
    assert (release.artist_line, release.duration_ms, release.episode) == ("Mara Linde", 3000, 3)
    assert [t.part.artist_line for t in page.tracks] == ["Mara Linde", "Mara Linde feat. Jo Tamm"]
    assert [(line.role, [party.name for party in line.parties]) for line in page.credits] == [("producer", ["Jo Tamm"])]
    assert Party.objects.count() == 2


def test_an_unchanged_release_writes_nothing():
    put(FERRY)
    with CaptureQueriesContext(
        connection,
    ) as queries_made:
        release = put(FERRY, LATER)
    written = [q["sql"] for q in queries_made if not q["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))]
    assert written == []
    assert release.updated_at == NOW


def test_a_changed_title_changes_the_row_and_keeps_the_address():
    before = put(FERRY)
    release = put(replace(FERRY, title="Evening Ferries"), LATER)
    assert (release.pk, release.slug, release.title, release.updated_at) == (
        before.pk,
        before.slug,
        "Evening Ferries",
        LATER,
    )


def test_a_changed_credit_marks_the_release_as_changed():
    put(FERRY)
    release = put(replace(FERRY, contributors=()), LATER)
    assert release.updated_at == LATER
    assert not Credit.objects.filter(part=None, billing="contributor").exists()


def test_a_track_that_vanishes_is_withdrawn_and_comes_back_as_the_same():
    put(FERRY)
    gone = Part.objects.get(number=2)
    put(replace(FERRY, parts=FERRY.parts[:1]), LATER)
    gone.refresh_from_db()
    assert gone.withdrawn_at == LATER
    put(FERRY, LATER)
    gone.refresh_from_db()
    assert gone.withdrawn_at is None
    assert Part.objects.count() == 2


def test_tracks_that_change_places_stay_the_same_tracks():
    put(FERRY)
    ids = {part.isrc: part.pk for part in Part.objects.all()}
    first, second = FERRY.parts
    put(replace(FERRY, parts=(replace(second, number=1), replace(first, number=2))), LATER)
    assert {part.isrc: part.pk for part in Part.objects.all()} == ids
    assert live() == [(1, "Track 2"), (2, "Track 1")]


def test_another_recording_on_a_place_is_another_track():
    put(FERRY)
    first, second = FERRY.parts
    put(replace(FERRY, parts=(replace(first, isrc="DEXX12600009", title="New"), second)), LATER)
    assert Part.objects.count() == 3
    assert live() == [(1, "New"), (2, "Track 2")]


def test_a_track_that_gets_its_isrc_later_stays_the_same_track():
    first, second = FERRY.parts
    put(replace(FERRY, parts=(replace(first, isrc=""), second)))
    ids = set(Part.objects.values_list("pk", flat=True))
    put(FERRY, LATER)
    assert set(Part.objects.values_list("pk", flat=True)) == ids


def test_two_releases_of_the_same_name_have_two_addresses():
    put(FERRY)
    other = put(replace(FERRY, number="HL-002", gtin=None, series=None))
    assert other.slug == "mara-linde-evening-ferry-2"
    assert Label.objects.count() == 1


def test_a_gtin_and_a_number_of_two_releases_are_a_conflict():
    put(FERRY)
    put(replace(FERRY, number="HL-002", gtin=None, series=None))
    with pytest.raises(services.ReleaseConflictError):
        put(replace(FERRY, number="HL-002"))


def test_a_gtin_copied_by_mistake_never_overwrites_another_release():
    put(FERRY)
    other = replace(
        FERRY, number="HL-002", title="Slack Water", series=None, parts=(track(1, "Ebb", isrc="DEXX12600009"),)
    )
    for told in (other, replace(other, number="slack-water", number_is_made=True)):
        with pytest.raises(services.ReleaseConflictError) as refused:
            put(told)
        assert "number" in refused.value.hint
    assert [(row.number, row.title) for row in Release.objects.all()] == [("HL-001", "Evening Ferry")]
    assert put(replace(other, number="HL-001")).title == "Slack Water"


@pytest.mark.parametrize("made", [False, True])
def test_a_number_that_another_release_has_never_overwrites_it(made):
    put(replace(FERRY, gtin=None, number_is_made=made))
    other = replace(
        FERRY, gtin=None, number_is_made=made, title="Slack Water", label="Another", parts=(track(1, "Ebb"),)
    )
    with pytest.raises(services.ReleaseConflictError):
        put(replace(other, series=None))
    assert Release.objects.get().title == "Evening Ferry"
    assert put(replace(FERRY, gtin=None, number_is_made=made, title="Evening Ferry (Deluxe)")).pk


def test_a_release_with_another_title_and_a_new_number_is_known_by_its_gtin_and_tracks():
    first = put(FERRY)
    assert put(replace(FERRY, number="HL-001b", title="Evening Ferry (Deluxe)")).pk == first.pk


def test_a_number_made_from_a_folder_never_overwrites_another_release():
    put(replace(FERRY, number="cd", number_is_made=True, gtin=None))
    other = replace(FERRY, number="cd", number_is_made=True, gtin=None, title="Other", billed=(Billed("Jo Tamm"),))
    with pytest.raises(services.ReleaseConflictError) as refused:
        put(replace(other, series=None))
    assert "release.toml" in refused.value.hint
    assert Release.objects.get().title == "Evening Ferry"


def test_a_made_number_never_replaces_the_labels_own():
    put(FERRY)
    assert put(replace(FERRY, number="ferry", number_is_made=True)).number == "HL-001"


def test_an_episode_is_one_release():
    put(FERRY)
    with pytest.raises(services.ReleaseConflictError):
        put(replace(FERRY, number="HL-002", gtin=None))


def test_a_series_takes_its_latest_title():
    put(FERRY)
    put(replace(FERRY, series=SeriesFacts(slug="living-room", title="The Living Room", episode=3)))
    assert Series.objects.get().title == "The Living Room"


def test_withdrawing_hides_once_and_a_new_delivery_does_not_undo_it():
    release = put(FERRY)
    assert services.withdraw(release_id=release.pk, now=NOW)
    assert not services.withdraw(release_id=release.pk, now=LATER)
    assert put(replace(FERRY, title="X"), LATER).withdrawn_at == NOW


def test_what_was_withdrawn_can_be_put_back_on_sale_once():
    release = put(FERRY)
    services.withdraw(release_id=release.pk, now=NOW)
    assert services.restore(release_id=release.pk)
    assert not services.restore(release_id=release.pk)


def test_names_in_any_script_become_parties_with_addresses():
    names = ("東京事変", "فيروز", "Βαγγέλης", "🎷", "🎺", "AC/DC", "The Tides")
    put(replace(FERRY, billed=tuple(Billed(name) for name in names), language="en"))
    assert set(Party.objects.values_list("name", flat=True)) >= set(names)
    assert set(Party.objects.filter(name__in="🎷🎺").values_list("slug", flat=True)) == {"party", "party-2"}
    assert Party.objects.get(name="The Tides").sort_name == "Tides, The"
