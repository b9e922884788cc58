"""Queries compiled once answer as Django's own do, whatever their values are."""

from __future__ import annotations

import pytest
from tests.conftest import NOW
from tests.factories import make_deal, make_release

from bandstand.store.catalogue.models import Part, Release
from bandstand.store.deals.models import Deal
from bandstand.webkit.jobs.models import Job
from bandstand.webkit.prepared import Prepared

pytestmark = pytest.mark.django_db


def facts(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_rows_and_what_they_point_to_are_the_same(django_assert_num_queries):
    parts = [make_release(tracks=2).parts.last() for _ in range(3)]
    build = lambda pks: Part.objects.filter(pk__in=pks).select_related("release__label").order_by("pk")
    prepared = Prepared(build)
    for some in (parts, parts[1:], parts[::-1], parts):
        pks = [part.pk for part in some]
        expected = [(facts(part), facts(part.release), facts(part.release.label)) for part in build(pks)]
        with django_assert_num_queries(1):
            found = [(facts(part), facts(part.release), facts(part.release.label)) for part in prepared(pks)]
        assert found == expected


def test_a_missing_row_that_may_be_missing_is_none():
    make_deal(release=make_release(tracks=1))
    prepared = Prepared(lambda pk: Deal.objects.select_related("release", "track_tier").filter(release_id=pk))
    deal = Deal.objects.get()
    Deal.objects.update(track_tier=None)
    found = prepared.first(deal.release_id)
    assert found.track_tier is None
    assert found.territories == ["ww"]  # a list again, not its text
    assert prepared.first(deal.release_id + 1) is None


def test_times_and_texts_take_their_places():
    for name in ("one", "two"):
        Job.objects.create(name=name, key="1", run_at=NOW, created_at=NOW)
    prepared = Prepared(lambda name, at: Job.objects.filter(name=name, run_at__lte=at, state="waiting"))
    assert [job.name for job in prepared("two", NOW)] == ["two"]
    assert [job.run_at for job in prepared("one", NOW)] == [NOW]
    assert prepared("one", NOW.replace(year=2020)) == []


def test_an_empty_list_finds_nothing():
    make_release()
    prepared = Prepared(lambda pks: Release.objects.filter(pk__in=pks))
    assert prepared([]) == []
    assert prepared([Release.objects.get().pk])


def test_what_is_saved_after_it_was_found_is_the_row_itself():
    release = make_release(title="Before")
    found = Prepared(lambda pk: Release.objects.filter(pk=pk)).first(release.pk)
    found.title = "After"
    found.save(update_fields=["title"])
    assert Release.objects.get().title == "After"


def test_a_value_that_the_text_swallows_is_refused():
    prepared = Prepared(lambda count: Release.objects.order_by("pk")[:count])
    with pytest.raises(ValueError, match="does not stand"):
        prepared(3)
