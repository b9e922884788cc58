from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.conftest import NOW
from tests.factories import (
    make_deal,
    make_genre,
    make_master,
    make_part,
    make_release,
    make_rendition,
    make_series,
    make_storefront,
)

from bandstand.store.grants import services as grants

pytestmark = pytest.mark.django_db


@pytest.fixture
def storefront():
    return make_storefront()


@pytest.fixture
def album(storefront):
    release = make_release(title="Evening Ferry", slug="evening-ferry", genre=make_genre(), tracks=2)
    make_deal(release=release)
    for part in release.parts.all():
        make_rendition(master=make_master(part=part))
    return release


def previewed(tracks):
    release = make_release(tracks=tracks, genre=make_genre())
    make_deal(release=release)
    for part in release.parts.all():
        make_rendition(master=make_master(part=part))
    return release


def text(response):
    return response.content.decode()


def test_the_front_page_leads_with_the_newest_release(client, album):
    page = client.get("/")
    assert page.status_code == 200
    assert "Evening Ferry" in text(page)
    assert "€8.99" in text(page)


def test_a_store_without_releases_has_a_front_page(client, storefront):
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("count", [3, 30])
def test_the_front_page_asks_the_same_number_of_queries_however_full_the_shop_is(
    client, storefront, count, django_assert_num_queries
):
    for number in range(count):
        make_deal(release=make_release(genre=make_genre(f"Genre {number}")))
    client.get("/")
    with django_assert_num_queries(9):
        client.get("/")


@pytest.mark.parametrize(("count", "queries"), [(3, 6), (30, 6), (60, 5)])  # one more where a list ends
def test_lists_ask_the_same_number_of_queries_however_long_they_are(
    client, storefront, count, queries, django_assert_num_queries
):
    for _ in range(count):
        make_deal(release=make_release())
    with django_assert_num_queries(queries):
        assert client.get("/releases/").status_code == 200


def test_a_long_list_has_a_next_page(client, storefront):
    for _ in range(49):
        make_deal(release=make_release())
    first = client.get("/releases/")
    second = client.get("/releases/" + first.context["next_url"])
    assert len(first.context["cards"]) == 48
    assert len(second.context["cards"]) == 1


def test_a_release_page_shows_price_tracks_and_previews(client, album):
    page = client.get(album.get_absolute_url())
    assert page.status_code == 200
    assert text(page).count("data-play=") == 2
    assert "€8.99" in text(page)
    assert "€0.99" in text(page)
    assert '"@type": "MusicAlbum"' in text(page)


def test_a_release_page_asks_the_same_number_of_queries_however_many_tracks_it_has(
    client, storefront, django_assert_num_queries
):
    for tracks in (1, 30):
        release = previewed(tracks)
        with django_assert_num_queries(9):
            assert text(client.get(release.get_absolute_url())).count("data-play=") == tracks


def test_whoever_is_signed_in_costs_a_release_page_a_few_queries_more(
    client, ben, storefront, django_assert_num_queries
):
    for tracks in (1, 30):
        release = previewed(tracks)
        client.force_login(ben)
        client.get(release.get_absolute_url())
        with django_assert_num_queries(14):  # session, account, what is owned, the basket, what was paid of it before
            client.get(release.get_absolute_url())
        grants.give(holder_id=ben.pk, release_id=release.pk, source=f"order:{tracks}", now=NOW)
        assert text(client.get(release.get_absolute_url())).count("Yours") >= tracks


def test_a_preview_has_the_same_address_all_day(client, album):
    rows = [client.get(album.get_absolute_url()).context["view"].discs[0][1][0].play["url"] for _ in range(2)]
    assert rows[0] == rows[1]


def test_a_title_cannot_end_the_data_block_or_become_markup(client, storefront):
    release = make_release(title="</script><script>alert(1)</script><b>x", artist_line='"><img src=x onerror=alert(1)>')
    make_deal(release=release)
    page = text(client.get(release.get_absolute_url()))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<b>x" not in page


def test_what_nobody_offered_has_no_page(client, storefront):
    release = make_release()
    assert client.get(release.get_absolute_url()).status_code == 404
    assert client.get("/release/no-such-thing/").status_code == 404


def test_a_release_that_comes_says_when(client, storefront):
    release = make_release()
    make_deal(release=release, start_at=timezone.now() + timedelta(days=3))
    page = client.get(release.get_absolute_url())
    assert page.context["view"].buy.why
    assert not page.context["view"].buy.price
    assert page.context["view"].buy.icon_name == "calendar"
    assert release.title in text(client.get("/"))


def test_a_release_of_other_countries_says_so_and_is_not_listed(client, storefront):
    release = make_release()
    make_deal(release=release, territories=["JP"])
    assert client.get(release.get_absolute_url()).context["view"].buy.icon_name == "globe"
    assert release.title not in text(client.get("/releases/"))


def test_a_withdrawn_release_is_not_sold(client, album):
    type(album).objects.filter(pk=album.pk).update(withdrawn_at=NOW)
    page = client.get(album.get_absolute_url())
    assert page.status_code == 200
    assert not page.context["view"].buy.price
    assert "noindex" in text(page)
    assert album.title not in text(client.get("/releases/"))


def test_a_session_opens_for_members_only(client, storefront, ben):
    release = make_release(kind="session", series=make_series(), episode=1)
    make_deal(release=release, release_tier="session", members_only=True)
    stranger = client.get(release.get_absolute_url())
    assert stranger.context["view"].buy.for_members
    assert reverse("account_signup") in text(stranger)
    assert "Members" in text(client.get("/"))
    client.force_login(ben)
    assert client.get(release.get_absolute_url()).context["view"].buy.price == "€2.99"


def test_an_owner_is_led_to_the_shelf_instead_of_paying_twice(client, album, ben):
    grants.give(holder_id=ben.pk, release_id=album.pk, source="gift:1", now=NOW)
    client.force_login(ben)
    assert client.get(album.get_absolute_url()).context["view"].buy.owned


def test_artists_labels_genres_and_series_have_pages(client, album):
    make_deal(release=make_release(series=make_series(), episode=1))
    for path in (
        "/artist/mara-linde/",
        "/label/harbour-light/",
        "/genre/ambient/",
        "/series/living-room/",
        "/series/",
        "/genres/",
    ):
        assert client.get(path).status_code == 200, path
    assert client.get("/artist/nobody/").status_code == 404


def test_a_made_up_place_in_a_list_is_refused_plainly(client, storefront):
    assert client.get("/releases/?after=nonsense").status_code == 422


def test_discs_are_told_apart_when_there_are_several(client, storefront):
    release = make_release(tracks=1)
    make_part(release=release, disc=2, number=1)
    make_deal(release=release)
    page = client.get(release.get_absolute_url())
    assert [number for number, _ in page.context["view"].discs] == [1, 2]
    assert "Disc 2" in text(page)


def test_crawlers_are_kept_off_what_is_somebodys_own(client):
    assert "Disallow: /order/" in text(client.get("/robots.txt"))


def test_a_chosen_storefront_is_remembered(client, storefront):
    make_storefront(slug="japan", territories=["JP"], currency="EUR")
    client.post("/storefronts/", {"storefront": "japan"})
    assert client.get("/").context["visit"].storefront.slug == "japan"
    assert client.post("/storefronts/", {"storefront": "nowhere"}).status_code == 404
