from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.conftest import NOW
from tests.factories import make_deal, make_extra, make_master, make_part, make_release, make_rendition, make_storefront

from bandstand.licences.tickets import verify
from bandstand.store.delivery.models import Bundle, Deliverable
from bandstand.store.delivery.tickets import ring
from bandstand.store.grants import services as grants
from bandstand.webkit.jobs.models import Job

pytestmark = pytest.mark.django_db
SHA = "cd" * 32
LOSSLESS = ["FLAC", "ALAC", "WAV", "AIFF"]
LOSSY = ["MP3 V0", "MP3 320", "AAC 256", "Ogg Vorbis", "Opus 160", "ATRAC3 LP2", "ATRAC3 105", "ATRAC3 LP4"]


@pytest.fixture(autouse=True)
def storefront(db):
    return make_storefront()


def sold(holder, *, tracks=1, at=NOW, **facts):
    release = make_release(tracks=tracks, **facts)
    make_deal(release=release)
    for part in release.parts.all():
        make_master(part=part)
    return grants.give(holder_id=holder.pk, release_id=release.pk, source=f"order:{release.pk}", now=at)


def zipped(release, recipe="flac"):
    return Bundle.objects.create(
        release=release, recipe=recipe, manifest_sha256=SHA, path="manifests/cd/x.json", name="A.zip", size=9_900_000,
        made_at=NOW,
    )  # fmt: skip


def filed(part, recipe="flac"):
    return Deliverable.objects.create(
        part=part, rendition=make_rendition(master=part.sources.get().master, recipe=recipe), recipe=recipe,
        facts_digest=SHA, name="01 A.flac", path="deliverables/cd/x.flac", size=1_700_000, sha256=SHA, crc32=1,
        made_at=NOW,
    )  # fmt: skip


def test_a_shelf_shows_what_its_owner_has_and_in_which_formats(client, ben):
    grant = sold(ben, title="Evening Ferry")
    zipped(grant.release)
    client.force_login(ben)
    (item,) = client.get("/shelf/").context["items"]
    assert item.title == "Evening Ferry"
    assert [way.label for way in item.ways] == [*LOSSLESS, *LOSSY]
    assert [way.size for way in item.ways] == ["9.9 MB", *[""] * (len(item.ways) - 1)]
    assert item.ways[0].url == f"/download/{grant.pk}/flac/zip/"


def test_a_shelf_asks_the_same_number_of_queries_however_much_is_on_it(client, ben, cleo, django_assert_num_queries):
    sold(ben)
    for _ in range(20):
        sold(cleo, tracks=2)
    for holder in (ben, cleo):
        client.force_login(holder)
        client.get("/shelf/")
        with django_assert_num_queries(9):
            assert client.get("/shelf/").status_code == 200


@pytest.mark.parametrize("tracks", [1, 12])
def test_the_page_of_a_title_asks_the_same_number_of_queries_however_many_tracks_it_has(
    client, ben, tracks, django_assert_num_queries
):
    grant = sold(ben, tracks=tracks)
    zipped(grant.release)
    for part in grant.release.parts.all():
        filed(part)
    client.force_login(ben)
    client.get(f"/shelf/{grant.pk}/")
    with django_assert_num_queries(11):
        assert client.get(f"/shelf/{grant.pk}/").status_code == 200


def test_a_release_that_is_made_ready_shows_how_far_its_best_format_is(client, ben):
    grant = sold(ben)
    facts = {"done_count": 3, "total_count": 12, "run_at": NOW, "created_at": NOW}
    key, payload = f"release:{grant.release_id}:{SHA[:16]}", {"release_id": grant.release_id}
    Job.objects.create(name="delivery.prepare", key=key, payload=payload, **facts)
    Job.objects.create(name="delivery.prepare", key="grant:1", payload={"grant_id": 1}, **facts)
    client.force_login(ben)
    (item,) = client.get("/shelf/").context["items"]
    assert {way.label: way.percent for way in item.ways if way.percent is not None} == {"FLAC": 25}


def test_the_format_taken_last_is_offered_first_from_then_on(client, ben):
    grant = sold(ben)
    client.force_login(ben)
    (item,) = client.get("/shelf/").context["items"]
    assert item.chosen == "flac"
    answer = client.post(item.fetch_url, {"format": "opus-160"})
    assert (answer.status_code, answer["Location"]) == (302, f"/download/{grant.pk}/opus-160/zip/")
    assert (answer.cookies["format"]["httponly"], answer.cookies["format"]["samesite"]) == (True, "Lax")
    page = client.get("/shelf/")
    assert page.context["items"][0].chosen == "opus-160"
    assert '<option value="opus-160" selected>' in page.content.decode()
    opened = client.get(f"/shelf/{grant.pk}/").content.decode().partition("Opus 160")[0]
    assert opened.count("open>") == 1


def test_an_account_remembers_its_format_in_every_browser_and_no_link_changes_it(client, ben):
    grant = sold(ben)
    client.force_login(ben)
    client.post(f"/shelf/{grant.pk}/fetch/", {"format": "opus-160"})
    other = Client()
    other.force_login(ben)
    assert other.get("/shelf/").context["items"][0].chosen == "opus-160"
    assert other.get(f"/shelf/{grant.pk}/fetch/", {"format": "flac"}).status_code == 405
    ben.refresh_from_db()
    assert ben.preferred_format == "opus-160"


def test_a_format_is_chosen_for_what_is_bought_later(client, ben):
    sold(ben)
    client.force_login(ben)
    assert client.post("/shelf/format/", {"format": "nonsense"}).status_code == 404
    page = client.post("/shelf/format/", {"format": "aac-256"}, follow=True)
    assert [choice.slug for choice in page.context["formats"] if choice.chosen] == ["aac-256"]
    ben.refresh_from_db()
    assert ben.preferred_format == "aac-256"


def test_a_guest_chooses_by_a_cookie_alone(client):
    answer = client.post("/shelf/format/", {"format": "aac-256"})
    assert (answer.status_code, answer.cookies["format"].value) == (302, "aac-256")


def test_a_format_that_a_title_does_not_come_in_is_never_chosen(client, ben):
    part = make_part()
    make_master(part=part, lossless=False, codec="mp3", container="mp3", bits=None)
    grant = grants.give(holder_id=ben.pk, part_id=part.pk, source="order:1", now=NOW)
    client.force_login(ben)
    assert client.post(f"/shelf/{grant.pk}/fetch/", {"format": "flac"})["Location"].endswith(f"/flac/file/{part.pk}/")
    assert client.get("/shelf/").context["items"][0].chosen == "mp3-v0"
    assert client.post(f"/shelf/{grant.pk}/fetch/", {"format": "../admin"}).status_code == 404


def test_nobody_fetches_from_another_shelf(client, ben, cleo):
    grant = sold(ben)
    client.force_login(cleo)
    assert client.post(f"/shelf/{grant.pk}/fetch/", {"format": "flac"}).status_code == 404


def test_old_lossless_files_stay_in_reach_after_a_lossy_delivery(client, ben):
    grant = sold(ben)
    part = grant.release.parts.get()
    filed(part)
    part.sources.update(replaced_at=NOW)
    make_master(part=part, lossless=False, codec="mp3", container="mp3", bits=None)
    client.force_login(ben)
    page = client.get(f"/shelf/{grant.pk}/")
    assert [shown.way.label for shown in page.context["view"].formats] == LOSSY
    (old,) = page.context["view"].earlier
    assert (old.label, old.size, old.other_sound) == ("FLAC", "1.7 MB", True)
    assert client.get(old.url).status_code == 302


def test_a_file_with_other_tags_than_before_leaves_the_old_one_in_reach(client, ben):
    grant = sold(ben)
    file = filed(grant.release.parts.get())
    Deliverable.objects.create(
        part=file.part, rendition=file.rendition, recipe="flac", facts_digest="ef" * 32, name="01 A.flac",
        path="deliverables/ef/x.flac", size=1_700_001, sha256="ef" * 32, crc32=1, made_at=NOW + timedelta(days=1),
    )  # fmt: skip
    client.force_login(ben)
    (old,) = client.get(f"/shelf/{grant.pk}/").context["view"].earlier
    assert old.url.endswith(f"/sha256/{SHA}/")
    assert not old.other_sound


def test_what_comes_with_a_release_is_on_its_page_and_fetched_as_an_attachment(client, ben, cleo):
    grant = sold(ben)
    extra = make_extra(release=grant.release, name="../Booklet.pdf", pages=12)
    client.force_login(ben)
    (shown,) = client.get(f"/shelf/{grant.pk}/").context["view"].extras
    assert shown.what == "Booklet, PDF, 12 pages, 3.1 MB"
    address = client.get(shown.url)["Location"]
    ticket = verify(address.split("/t/")[1].split("/")[0], ring(), now=timezone.now())
    assert (ticket.path, ticket.name, ticket.media_type) == (extra.path, "-Booklet.pdf", "application/pdf")
    client.force_login(cleo)
    assert client.get(shown.url).status_code == 404


def test_who_has_one_track_has_no_booklet(client, ben):
    release = make_release(tracks=1)
    make_master(part=release.parts.get())
    extra = make_extra(release=release)
    grant = grants.give(holder_id=ben.pk, part_id=release.parts.get().pk, source="order:1", now=NOW)
    client.force_login(ben)
    assert client.get(f"/shelf/{grant.pk}/").context["view"].extras == []
    assert client.get(f"/download/{grant.pk}/extra/{extra.sha256}/").status_code == 404


def test_a_format_that_is_being_made_shows_how_far_it_is(client, ben):
    grant = sold(ben)
    client.force_login(ben)
    client.get(f"/download/{grant.pk}/aac-256/zip/")
    Job.objects.filter(name="delivery.make").update(done_count=30, total_count=100)
    (item,) = client.get("/shelf/").context["items"]
    assert {way.label: way.percent for way in item.ways if way.percent is not None} == {"AAC 256": 30}


def test_the_page_of_a_title_publishes_every_file_with_size_and_hash(client, ben):
    grant = sold(ben)
    filed(grant.release.parts.get())
    client.force_login(ben)
    page = client.get(f"/shelf/{grant.pk}/")
    flac, mp3, *_ = page.context["view"].formats
    assert [(file.size, file.sha256) for file in flac.files] == [("1.7 MB", SHA)]
    assert [(file.size, file.sha256) for file in mp3.files] == [("", "")]
    assert SHA in page.content.decode()


def test_a_single_track_is_shown_with_the_release_it_is_from(client, ben):
    release = make_release(title="Evening Ferry", tracks=2)
    part = release.parts.first()
    make_master(part=part)
    grant = grants.give(holder_id=ben.pk, part_id=part.pk, source="order:1", now=NOW)
    client.force_login(ben)
    (item,) = client.get("/shelf/").context["items"]
    assert (item.is_track, item.release_title) == (True, "Evening Ferry")
    page = client.get(f"/shelf/{grant.pk}/")
    assert [len(shown.files) for shown in page.context["view"].formats] == [1] * len([*LOSSLESS, *LOSSY])


def test_a_withdrawn_release_stays_on_the_shelf(client, ben):
    grant = sold(ben)
    type(grant.release).objects.update(withdrawn_at=NOW)
    client.force_login(ben)
    assert len(client.get("/shelf/").context["items"]) == 1
    assert client.get(f"/shelf/{grant.pk}/").status_code == 200


def test_a_track_that_came_and_went_before_the_purchase_is_not_shown(client, ben):
    grant = sold(ben, at=NOW + timedelta(hours=2))
    make_master(part=make_part(release=grant.release, withdrawn_at=NOW + timedelta(hours=1)))
    client.force_login(ben)
    assert len(client.get(f"/shelf/{grant.pk}/").context["view"].formats[0].files) == 1


def test_lossy_masters_are_not_offered_as_lossless(client, ben):
    part = make_part()
    make_master(part=part, lossless=False, codec="mp3", container="mp3", bits=None)
    grants.give(holder_id=ben.pk, part_id=part.pk, source="order:1", now=NOW)
    client.force_login(ben)
    (item,) = client.get("/shelf/").context["items"]
    assert [way.label for way in item.ways] == LOSSY


def test_nobody_sees_another_shelf(client, ben, cleo):
    grant = sold(ben)
    assert client.get(f"/shelf/{grant.pk}/").status_code == 404
    client.force_login(cleo)
    assert client.get(f"/shelf/{grant.pk}/").status_code == 404
    assert client.get("/shelf/").context["items"] == []


def test_an_empty_shelf_says_how_to_fill_or_find_it(client, ben):
    assert b"/account/sign-in/?next=/shelf/" in client.get("/shelf/").content
    client.force_login(ben)
    assert client.get("/shelf/").status_code == 200


def test_a_long_shelf_has_pages(client, ben):
    for _ in range(49):
        sold(ben, tracks=0)
    client.force_login(ben)
    page = client.get("/shelf/")
    assert b'href="?page=2"' in page.content
    assert len(client.get("/shelf/?page=2").context["items"]) == 1
