from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.factories import NOW, make_genre, make_label, make_part, make_party, make_release, make_series

from bandstand.store.catalogue import paging, queries
from bandstand.store.catalogue.models import Credit, Party, Release

pytestmark = pytest.mark.django_db


def everything():
    return Release.objects.values_list("pk", flat=True)


def test_a_release_page_has_discs_tracks_and_credits_in_three_queries(django_assert_num_queries):
    release = make_release(tracks=3)
    part = make_part(release=release, disc=2, number=1)
    make_part(release=release, disc=2, number=2, withdrawn_at=NOW)
    jo = make_party("Jo Tamm")
    Credit.objects.create(release=release, party=jo, billing="contributor", role="producer", position=2)
    Credit.objects.create(release=release, part=part, party=jo, billing="featured", position=1)
    with django_assert_num_queries(3):
        page = queries.release_by_slug(release.slug)
        assert [len(disc.tracks) for disc in page.discs] == [3, 1]
        assert [party.name for party in page.billed] == ["Mara Linde"]
        assert [(line.role, line.parties) for line in page.credits] == [("producer", [jo])]
        assert page.tracks[-1].billed == [jo]
        assert page.release.label.name
    assert len(queries.release_by_slug(release.slug, with_withdrawn_parts=True).tracks) == 5


def test_an_unknown_release_is_not_found():
    with pytest.raises(Release.DoesNotExist):
        queries.release_by_slug("nothing")


def test_paging_by_key_shows_each_release_once_newest_first_and_dateless_last(django_assert_max_num_queries):
    days = [NOW.date() - timedelta(days=n // 3) for n in range(10)]
    for day in [*days, None, None, None]:
        make_release(original_date=day)
    seen, after = [], ""
    while True:
        with django_assert_max_num_queries(2):  # the second for those without a date
            page = queries.all_releases(listed=everything(), after=after, size=4)
        seen += page.releases
        if not (after := page.after):
            break
    assert len({release.pk for release in seen}) == len(seen) == 13
    keys = [(release.original_date or date.min, release.pk) for release in seen]
    assert keys == sorted(keys, reverse=True)


@pytest.mark.parametrize("cursor", ["x", "2026-13-01.5", ".", ".0", "2026-01-01.-4", ".99999999999999999999", "5"])
def test_a_made_up_place_in_a_list_is_refused(cursor):
    with pytest.raises(paging.CursorError):
        queries.all_releases(listed=everything(), after=cursor)


def test_lists_of_artist_label_genre_and_series_hold_what_is_listed(django_assert_num_queries):
    series, genre = make_series(), make_genre()
    release = make_release(series=series, genre=genre, episode=1)
    make_release(series=series, genre=genre, episode=2)
    only = [release.pk]
    for ask, slug in (
        (queries.by_artist, make_party().slug),
        (queries.by_label, make_label().slug),
        (queries.by_genre, genre.slug),
        (queries.by_series, series.slug),
    ):
        with django_assert_num_queries(3):
            assert ask(slug, listed=only).page.releases == [release]
    assert queries.genres(listed=only) == [genre]
    with pytest.raises(Party.DoesNotExist):
        queries.by_artist("nobody", listed=only)


def test_the_front_page_tells_new_coming_and_sessions_apart(django_assert_num_queries):
    new, coming, session = make_release(), make_release(), make_release(kind="session")
    with django_assert_num_queries(3):
        front = queries.front(begun=[new.pk, session.pk], ahead=[coming.pk, new.pk], listed=everything())
    assert (front.new, front.coming, front.sessions) == ([new], [coming], [session])


def test_a_part_of_a_withdrawn_release_is_withdrawn():
    release = make_release(tracks=1, withdrawn_at=NOW)
    (part,) = release.parts.all()
    assert queries.places_of([part.pk, 1 << 40]) == {part.pk: queries.Place(release.pk, withdrawn=True)}


def test_live_parts_come_in_order_for_each_release():
    release = make_release(tracks=2)
    make_part(release=release, number=3, withdrawn_at=NOW)
    assert [part.number for part in queries.live_parts([release.pk])[release.pk]] == [1, 2]
