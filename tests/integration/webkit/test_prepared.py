"""Statements compiled once do as Django's own do, whatever their values are."""

from __future__ import annotations

import contextlib

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from tests.conftest import NOW
from tests.factories import make_deal, make_release

from bandstand.store.catalogue.models import Part, Release
from bandstand.store.deals.models import Deal
from bandstand.webkit.jobs.models import Job
from bandstand.webkit.prepared import Prepared, PreparedDelete, PreparedInsert, PreparedUpdate

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


def test_new_rows_are_written_with_their_defaults_and_know_their_ids(django_assert_num_queries):
    insert = PreparedInsert(Job)
    for some in (1, 2, 2):
        rows = [
            Job(name=f"job-{some}", key=f"{some}-{n}-{Job.objects.count()}", run_at=NOW, created_at=NOW)
            for n in range(some)
        ]
        with django_assert_num_queries(1):
            assert insert(rows) == some
        assert [facts(row) for row in rows] == [facts(Job.objects.get(pk=row.pk)) for row in rows]
        assert not any(row._state.adding for row in rows)
    assert Job.objects.count() == 5


def test_rows_of_which_only_facts_are_known_have_defaults_for_the_rest():
    [pk] = PreparedInsert(Job).facts(
        [{"id": "7", "name": "one", "key": "1", "payload": {"a": [1]}, "run_at": NOW, "created_at": NOW}]
    )
    found, plain = Job.objects.get(), Job(id="7", name="one", key="1", payload={"a": [1]}, run_at=NOW, created_at=NOW)
    assert (pk, facts(found)) == ("7", facts(plain))
    with pytest.raises(ValueError, match="run_at"):
        PreparedInsert(Job).facts([{"id": "8", "name": "one", "key": "1", "created_at": NOW}])


def test_a_row_that_is_there_is_left_out_and_nothing_breaks():
    insert = PreparedInsert(Job, unless_there=True)
    assert insert.one(Job(name="one", key="1", run_at=NOW, created_at=NOW))
    assert not insert.one(Job(name="one", key="1", run_at=NOW, created_at=NOW))
    assert insert([Job(name="one", key=key, run_at=NOW, created_at=NOW) for key in ("1", "2")]) == 1
    assert sorted(Job.objects.values_list("key", flat=True)) == ["1", "2"]


def test_what_may_not_be_is_refused_also_where_rows_that_are_there_are_left_out():
    ended = Job(name="one", key="1", run_at=NOW, created_at=NOW, ended_at=NOW)  # a job that waits has no end
    with pytest.raises(IntegrityError), transaction.atomic():
        PreparedInsert(Job, unless_there=True).one(ended)
    assert not Job.objects.exists()


def test_many_rows_are_written_in_several_statements(django_assert_num_queries):
    with django_assert_num_queries(3):
        found = PreparedInsert(Job).facts(
            [
                {"id": f"{n:03}", "name": "one", "key": str(n), "payload": {}, "run_at": NOW, "created_at": NOW}
                for n in range(250)
            ]
        )
    assert found == [f"{n:03}" for n in range(250)]


def test_a_conditional_update_says_how_many_rows_it_changed():
    for name in ("one", "two"):
        Job.objects.create(name=name, key="1", run_at=NOW, created_at=NOW)
    later = NOW.replace(year=2027)
    update = PreparedUpdate(
        lambda states, name, at: (
            Job.objects.filter(state__in=states, name=name),
            {"run_at": at, "attempts": F("attempts") + 1},
        )
    )
    assert [update(["waiting", "parked"], "one", later), update(["parked"], "one", NOW), update([], "one", NOW)] == [
        1,
        0,
        0,
    ]
    assert set(Job.objects.values_list("name", "run_at", "attempts")) == {("one", later, 1), ("two", NOW, 0)}
    assert update(["waiting"] * 70, "two", later) == 1  # more than a text is kept for


def test_a_deletion_takes_what_its_values_name():
    for key in ("1", "2", "3"):
        Job.objects.create(name="one", key=key, run_at=NOW, created_at=NOW)
    delete = PreparedDelete(lambda keys, others: Job.objects.filter(Q(key__in=keys) | Q(key__in=others), name="one"))
    assert [delete(["1"], []), delete([], []), delete(["1"], ["3"])] == [1, 0, 1]
    assert Job.objects.get().key == "2"


def test_a_query_that_no_mark_fits_is_refused_instead_of_finding_nothing_for_ever():
    make_release(tracks=1)
    with pytest.raises(ValueError, match="reaches nothing"):
        Prepared(lambda pk: Part.objects.filter(pk=pk).none())(Part.objects.get().pk)
    with pytest.raises(ValueError, match="reaches nothing"):
        PreparedUpdate(lambda pk: (Part.objects.filter(pk=pk).none(), {"title": "New"}))(Part.objects.get().pk)


def test_what_each_row_makes_for_itself_can_not_be_left_out():
    with pytest.raises(ValueError, match="id"):
        PreparedInsert(Job).facts([{"name": "one", "key": "1", "payload": {}, "run_at": NOW, "created_at": NOW}])


def careless():
    """Go on within a transaction in which a change has failed."""
    Job.objects.create(name="one", key="1", run_at=NOW, created_at=NOW)
    with contextlib.suppress(IntegrityError):
        PreparedInsert(Job).one(Job(name="one", key="1", run_at=NOW, created_at=NOW))
    return Job.objects.count()


def test_a_transaction_in_which_a_change_failed_keeps_nothing():
    with pytest.raises(transaction.TransactionManagementError):
        transaction.atomic(careless)()
    assert not Job.objects.exists()


def test_a_percent_sign_of_the_text_stays_one():
    make_release(title="50 % more")
    prepared = Prepared(lambda title: Release.objects.filter(title=title).extra(where=["title LIKE '%%more'"]))
    assert [release.title for release in prepared("50 % more")] == ["50 % more"]
