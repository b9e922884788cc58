from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest
from django.utils import timezone
from tests.conftest import NOW
from tests.factories import make_master, make_part, make_release, make_rendition, make_storefront

from bandstand.licences import tickets as signed
from bandstand.store.delivery import queries, tickets
from bandstand.store.delivery.models import Bundle, Deliverable
from bandstand.store.grants import services as grants
from bandstand.store.plays.models import Download
from bandstand.webkit.jobs.models import Job

pytestmark = pytest.mark.django_db
SHA = "ab" * 32


@pytest.fixture(autouse=True)
def storefront(db):
    return make_storefront()


@pytest.fixture
def album():
    release = make_release(title="Evening Ferry", tracks=1)
    make_master(part=release.parts.get())
    return release


@pytest.fixture
def grant(album, ben):
    return grants.give(holder_id=ben.pk, release_id=album.pk, source="order:B1", now=NOW)


def made_zip(release):
    return Bundle.objects.create(
        release=release, recipe="flac", manifest_sha256=SHA, path=f"manifests/ab/{SHA}.json", name="A - B (FLAC).zip",
        size=1000, made_at=NOW,
    )  # fmt: skip


def made_file(part, **facts):
    rendition = make_rendition(master=part.sources.get().master, recipe="flac")
    ordinary = {
        "recipe": "flac", "facts_digest": SHA, "name": "01 Harbour.flac", "path": f"deliverables/ab/{SHA}.flac",
        "size": 500, "sha256": SHA, "crc32": 1, "made_at": NOW,
    }  # fmt: skip
    return Deliverable.objects.create(part=part, rendition=rendition, **(ordinary | facts))


def ticket_in(response):
    return urlsplit(response.url).path.split("/")[2]


def ask(client, token, *, begin=False):
    return client.post("/delivery/check", json.dumps({"token": token, "begin": begin}), content_type="application/json")


def test_an_owner_is_led_to_a_zip_by_a_ticket_of_their_own(client, ben, grant, album):
    made_zip(album)
    client.force_login(ben)
    answer = client.get(f"/download/{grant.pk}/flac/zip/")
    assert answer.status_code == 302
    assert "no-store" in answer["Cache-Control"]
    ticket = signed.verify(ticket_in(answer), tickets.ring(), now=timezone.now())
    assert (ticket.grant, ticket.holder, ticket.etag, ticket.size) == (grant.pk, str(ben.public_id), SHA, 1000)
    assert ticket.expires - ticket.starts == 24 * 3600
    assert unquote(answer.url).endswith("/A - B (FLAC).zip")


def test_an_owner_is_led_to_one_file(client, ben, grant, album):
    part = album.parts.get()
    made_file(part)
    client.force_login(ben)
    answer = client.get(f"/download/{grant.pk}/flac/file/{part.pk}/")
    assert signed.verify(ticket_in(answer), tickets.ring(), now=timezone.now()).name == "01 Harbour.flac"


def test_two_downloads_have_two_tickets(client, ben, grant, album):
    made_zip(album)
    client.force_login(ben)
    assert len({ticket_in(client.get(f"/download/{grant.pk}/flac/zip/")) for _ in range(2)}) == 2


def test_other_peoples_files_are_not_there(client, cleo, grant, album):
    made_zip(album)
    part = album.parts.get()
    for path in (f"/download/{grant.pk}/flac/zip/", f"/download/{grant.pk}/flac/file/{part.pk}/"):
        assert client.get(path).status_code == 404
        client.force_login(cleo)
        assert client.get(path).status_code == 404
        assert client.post(path + "make/").status_code == 404


def test_a_grant_opens_its_own_files_only(client, ben, grant):
    other = make_part()
    make_master(part=other)
    client.force_login(ben)
    assert client.get(f"/download/{grant.pk}/flac/file/{other.pk}/").status_code == 404
    assert client.get(f"/download/{grant.pk}/preview/zip/").status_code == 404
    assert client.get(f"/download/{grant.pk}/nonsense/zip/").status_code == 404


def test_a_grant_of_one_track_has_no_zip(client, ben, album):
    grant = grants.give(holder_id=ben.pk, part_id=album.parts.get().pk, source="order:B2", now=NOW)
    client.force_login(ben)
    assert client.get(f"/download/{grant.pk}/flac/zip/").status_code == 404


def test_a_withdrawn_release_is_still_its_owners(client, ben, grant, album):
    made_zip(album)
    type(album).objects.update(withdrawn_at=NOW)
    client.force_login(ben)
    assert client.get(f"/download/{grant.pk}/flac/zip/").status_code == 302


def test_a_track_that_left_the_release_stays_with_those_who_had_it(client, ben, cleo, grant, album):
    part = album.parts.get()
    made_file(part)
    type(part).objects.update(withdrawn_at=NOW + timedelta(hours=1))
    later = grants.give(holder_id=cleo.pk, release_id=album.pk, source="order:B9", now=NOW + timedelta(hours=2))
    client.force_login(ben)
    assert client.get(f"/download/{grant.pk}/flac/file/{part.pk}/").status_code == 302
    client.force_login(cleo)
    assert client.get(f"/download/{later.pk}/flac/file/{part.pk}/").status_code == 404


def test_an_old_file_is_fetched_by_its_published_hash_by_those_who_own_it(client, ben, cleo, grant, album):
    part, old = album.parts.get(), "cd" * 32
    file = made_file(part)
    Deliverable.objects.create(
        part=part, rendition=file.rendition, recipe="flac", facts_digest=old, name=file.name, size=500, sha256=old,
        crc32=1, path=f"deliverables/cd/{old}.flac", made_at=NOW - timedelta(days=9),
    )  # fmt: skip
    client.force_login(ben)
    ticket = signed.verify(
        ticket_in(client.get(f"/download/{grant.pk}/sha256/{old}/")), tickets.ring(), now=timezone.now()
    )
    assert (ticket.etag, ticket.grant) == (old, grant.pk)
    assert client.get(f"/download/{grant.pk}/sha256/{'0' * 64}/").status_code == 404
    other = make_release(title="Another", tracks=1)
    make_master(part=other.parts.get())
    foreign = made_file(other.parts.get(), sha256="ef" * 32)
    assert client.get(f"/download/{grant.pk}/sha256/{foreign.sha256}/").status_code == 404
    client.force_login(cleo)
    assert client.get(f"/download/{grant.pk}/sha256/{old}/").status_code == 404


def test_a_format_that_is_not_there_is_made_while_the_page_waits(client, ben, grant, album):
    client.force_login(ben)
    for _ in range(2):
        page = client.get(f"/download/{grant.pk}/mp3-v0/zip/")
        assert page.status_code == 200
        assert b'http-equiv="refresh"' in page.content
    job = Job.objects.get(name="delivery.make")
    assert job.payload == {"recipe": "mp3-v0", "release_id": album.pk, "part_id": None}
    Job.objects.update(done_count=50, total_count=200)
    assert queries.making(job.key).percent == 25
    assert b'value="25"' in client.get(f"/download/{grant.pk}/mp3-v0/zip/").content


def test_a_page_that_waits_is_told_to_fetch_the_file_when_it_is_there(client, ben, grant, album):
    client.force_login(ben)
    waiting = client.get(f"/download/{grant.pk}/flac/zip/", headers={"HX-Request": "true"})
    assert b"<html" not in waiting.content
    assert "HX-Redirect" not in waiting
    made_zip(album)
    ready = client.get(f"/download/{grant.pk}/flac/zip/", headers={"HX-Request": "true"})
    assert ready["HX-Redirect"] == f"/download/{grant.pk}/flac/zip/"


def test_a_format_that_could_not_be_made_says_why_and_may_be_tried_again(client, ben, grant, album):
    client.force_login(ben)
    client.get(f"/download/{grant.pk}/flac/zip/")
    Job.objects.update(state="parked", error="The encoder failed.", ended_at=NOW)
    page = client.get(f"/download/{grant.pk}/flac/zip/")
    assert b"The encoder failed." in page.content
    assert b"refresh" not in page.content
    assert Job.objects.count() == 1
    client.post(f"/download/{grant.pk}/flac/zip/make/")
    assert Job.objects.filter(state="waiting").count() == 1


def test_lossless_files_are_not_made_from_lossy_masters(client, ben):
    part = make_part()
    make_master(part=part, lossless=False, codec="mp3", container="mp3", bits=None)
    grant = grants.give(holder_id=ben.pk, part_id=part.pk, source="order:B3", now=NOW)
    client.force_login(ben)
    assert client.get(f"/download/{grant.pk}/flac/file/{part.pk}/").status_code == 404
    assert client.get(f"/download/{grant.pk}/mp3-v0/file/{part.pk}/").status_code == 200


@pytest.fixture
def token(client, ben, grant, album):
    made_zip(album)
    client.force_login(ben)
    return ticket_in(client.get(f"/download/{grant.pk}/flac/zip/"))


def test_the_door_may_use_a_ticket_and_each_is_counted_once(client, token, grant):
    assert ask(client, token).status_code == 204
    assert not Download.objects.exists()
    for _ in range(3):
        assert ask(client, token, begin=True).status_code == 204
    counted = Download.objects.get()
    assert (counted.grant, counted.file_name, counted.size) == (grant, "A - B (FLAC).zip", 1000)


def test_a_refunded_grant_is_refused_with_a_reason(client, token):
    grants.revoke(source="order:B1", why="refunded", now=NOW)
    answer = ask(client, token, begin=True)
    assert answer.status_code == 403
    assert answer.json()["reason"]
    assert not Download.objects.exists()


def test_a_ticket_is_of_its_holder_only(client, grant, cleo):
    url = tickets.download_url(
        kind=signed.Kind.FILE, path="deliverables/a", name="a.flac", media_type="audio/flac", etag=SHA, size=1,
        grant_id=grant.pk, holder=str(cleo.public_id), now=timezone.now(),
    )  # fmt: skip
    assert ask(client, urlsplit(url).path.split("/")[2]).status_code == 403


def test_a_ticket_that_is_changed_or_over_is_refused(client, token, grant, ben):
    for at in range(0, len(token), 37):
        other = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert ask(client, other, begin=True).status_code == 403
    old = tickets.download_url(
        kind=signed.Kind.FILE, path="deliverables/a", name="a.flac", media_type="audio/flac", etag=SHA, size=1,
        grant_id=grant.pk, holder=str(ben.public_id), now=timezone.now() - timedelta(hours=25),
    )  # fmt: skip
    assert ask(client, urlsplit(old).path.split("/")[2]).status_code == 403
    assert not Download.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"token": 1, "begin": true}', '{"token": "x"}', "[" * 3000])
def test_nonsense_from_the_door_is_no_yes(client, body):
    assert client.post("/delivery/check", body, content_type="application/json").status_code == 400


def test_a_preview_needs_no_grant_and_is_not_counted(client, db):
    sign = tickets.preview_signer(timezone.now())
    token = urlsplit(sign("renditions/ab/x.mp3", "audio/mpeg", SHA, 10)).path.split("/")[2]
    assert ask(client, token, begin=True).status_code == 204
    assert not Download.objects.exists()


def test_a_preview_lives_for_a_day_at_least_and_keeps_its_address():
    morning, night = NOW.replace(hour=0, minute=1), NOW.replace(hour=23, minute=59)
    one, other = (tickets.preview_signer(at)("renditions/ab/x.mp3", "audio/mpeg", SHA, 10) for at in (morning, night))
    assert one == other
    token = urlsplit(one).path.split("/")[2]
    assert signed.verify(token, tickets.ring(), now=night + timedelta(hours=24))
