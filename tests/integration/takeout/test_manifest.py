"""The manifest: everything somebody owns, once, with links that open it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.conftest import NOW
from tests.shelves import BOUGHT, album, own, packed, stored_file

from bandstand.licences import tickets as signed
from bandstand.store.assets.models import Master
from bandstand.store.delivery import tickets
from bandstand.store.delivery.models import Bundle, Deliverable
from bandstand.store.grants import services as grants
from bandstand.store.grants.models import Grant
from bandstand.store.pairing import services as pairing
from bandstand.store.takeout import services
from bandstand.webkit.jobs.models import Job
from bandstand.wire.v1.messages import Manifest

pytestmark = pytest.mark.django_db


@pytest.fixture
def bens(client, ben):
    """Ben's program: a client that carries his token."""
    _, token = pairing.issue(holder=ben, name="Fetch", kind="device", now=NOW)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def asked(client, **wish):
    answer = client.get("/wire/v1/takeout", wish)
    assert answer.status_code == 200, answer.content
    return Manifest.read(answer.json())


def names(told):
    return {title.folder: [file.name for file in title.files] for title in told.titles}


def test_a_program_learns_of_every_file_and_gets_links_that_open_them(bens, ben):
    grant = own(ben, release=album())
    told = asked(bens)
    assert names(told) == {"Mara Linde - Evening Ferry": ["01 Track 1.flac", "02 Track 2.flac", "credits.txt"]}
    for file in told.titles[0].files:
        ticket = signed.verify(urlsplit(file.url).path.split("/")[2], tickets.ring(), now=timezone.now())
        assert (ticket.grant, ticket.etag, ticket.size) == (grant.pk, file.sha256, file.size)
    assert told.links_until > timezone.now() + timedelta(hours=23)


def test_a_browser_that_is_signed_in_may_ask_too_and_nobody_else(client, ben):
    own(ben, release=album())
    nobody = client.get("/wire/v1/takeout")
    assert (nobody.status_code, nobody["WWW-Authenticate"]) == (401, 'Bearer realm="shelf"')
    client.force_login(ben)
    assert asked(client).titles_total == 1


def test_a_wrong_token_is_not_saved_by_a_session(client, ben):
    client.force_login(ben)
    assert client.get("/wire/v1/takeout", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_others_see_nothing_of_it(client, ben, cleo):
    own(ben, release=album())
    client.force_login(cleo)
    assert asked(client).titles == ()


def test_what_is_withdrawn_stays_and_what_is_refunded_goes(bens, ben):
    kept, gone = album("Kept"), album("Gone")
    own(ben, release=kept)
    grant = own(ben, release=gone)
    type(kept).objects.update(withdrawn_at=NOW)
    grants.revoke(source=grant.source, why="refunded", now=NOW)
    assert [title.title for title in asked(bens).titles] == ["Kept"]


def test_what_is_still_to_come_is_not_there_yet(bens, ben):
    grant = own(ben, release=album())
    Grant.objects.filter(pk=grant.pk).update(starts_at=timezone.now() + timedelta(days=3))
    assert asked(bens).titles == ()


def test_a_track_that_left_the_release_stays_with_those_who_had_it(bens, ben, cleo):
    release = album(ready=False, tracks=2)
    own(ben, release=release)
    left = release.parts.get(number=1)
    stored_file(left)
    type(left).objects.filter(pk=left.pk).update(withdrawn_at=BOUGHT + timedelta(days=1))
    packed(release, parts=[release.parts.get(number=2)])
    assert "01 Track 1.flac" in names(asked(bens))["Mara Linde - Evening Ferry"]
    own(cleo, release=release, now=BOUGHT + timedelta(days=2))
    bens.defaults.pop("HTTP_AUTHORIZATION")
    bens.force_login(cleo)
    assert [file.name for file in asked(bens).titles[0].files] == ["02 Track 2.flac", "credits.txt"]


def test_a_track_owned_by_itself_and_with_its_release_is_there_once(bens, ben):
    release = album()
    part = release.parts.get(number=1)
    stored_file(part)
    own(ben, part=part)
    own(ben, release=release)
    told = asked(bens)
    assert told.titles_total == 1
    assert names(told) == {"Mara Linde - Evening Ferry": ["01 Track 1.flac", "02 Track 2.flac", "credits.txt"]}


def test_single_tracks_of_one_release_share_its_folder(bens, ben):
    release = album(ready=False, tracks=3)
    for part in release.parts.exclude(number=2):
        stored_file(part)
        own(ben, part=part)
    assert names(asked(bens)) == {"Mara Linde - Evening Ferry": ["01 Track 1.flac", "03 Track 3.flac"]}


def test_titles_of_the_same_name_get_folders_of_their_own(bens, ben):
    for number in range(3):
        own(ben, release=album("Live", number=f"N-{number}"))
    assert [title.folder for title in asked(bens).titles] == [
        "Mara Linde - Live", "Mara Linde - Live [N-1]", "Mara Linde - Live [N-2]",
    ]  # fmt: skip


def test_where_a_format_makes_no_sense_the_best_there_is_comes_in_its_place(bens, ben):
    own(ben, release=album("Lossless"))
    lossy = album("Lossy", lossless=False, ready=False)
    packed(lossy, "mp3-v0")
    own(ben, release=lossy)
    told = asked(bens, format="flac")
    assert {title.title: title.format for title in told.titles} == {"Lossless": "flac", "Lossy": "mp3-v0"}
    assert not any(title.pending for title in told.titles)


def test_a_release_of_both_kinds_comes_in_both_formats(bens, ben):
    release = album(ready=False, tracks=2)
    lossy = release.parts.get(number=2)
    Master.objects.filter(pk=lossy.sources.get().master_id).update(container="mp3", codec="mp3", lossless=False)
    packed(release, parts=[release.parts.get(number=1)])
    stored_file(lossy, "mp3-v0")
    own(ben, release=release)
    assert names(asked(bens)) == {"Mara Linde - Evening Ferry": ["01 Track 1.flac", "credits.txt", "02 Track 2.mp3"]}


def test_what_is_not_there_yet_is_said_and_asked_for_once(bens, ben):
    ready, coming = album("Ready"), album("Coming", ready=False)
    own(ben, release=ready)
    own(ben, release=coming)
    for _ in range(3):
        told = asked(bens)
    assert told.ask_again > 0
    assert [(title.title, [one.format for one in title.pending]) for title in told.titles] == [
        ("Ready", []), ("Coming", ["flac"]),
    ]  # fmt: skip
    job = Job.objects.get(name="takeout.ask")
    services.ask_each(**job.payload, now=timezone.now())
    services.ask_each(**job.payload, now=timezone.now())
    assert Job.objects.get(name="delivery.make").payload["release_id"] == coming.pk


def test_what_could_not_be_made_is_said_and_not_waited_for(bens, ben):
    coming = album("Coming", ready=False)
    own(ben, release=coming)
    services.ask_each(holder_id=ben.pk, recipe="flac", now=timezone.now())
    Job.objects.filter(name="delivery.make").update(
        state="parked", error="There is no master.", ended_at=timezone.now()
    )
    told = asked(bens)
    assert told.ask_again == 0
    assert told.titles[0].pending[0].failed == "There is no master."


def test_a_manifest_whose_file_is_lost_is_made_again(bens, ben, settings):
    release = album()
    own(ben, release=release)
    (settings.FILES_ROOT / Bundle.objects.get().path).unlink()
    assert asked(bens).titles[0].pending != ()


def test_an_unknown_format_names_the_known_ones(bens, ben):
    answer = bens.get("/wire/v1/takeout", {"format": "8-track"})
    assert (answer.status_code, answer.json()["code"]) == (404, "takeout.format")
    assert "flac" in answer.json()["hint"]


def test_pages_follow_one_another_and_hold_everything_once(bens, ben):
    bought = [own(ben, release=album(f"Title {number}")) for number in range(7)]
    seen, after = [], 0
    while True:
        told = asked(bens, limit=3, after=after)
        assert told.titles_total == len(bought)
        seen += [title.title for title in told.titles]
        after = told.next
        if not after:
            break
    assert seen == [f"Title {number}" for number in range(7)]


def test_something_bought_between_two_pages_comes_on_the_last(bens, ben):
    for number in range(4):
        own(ben, release=album(f"Title {number}"))
    first = asked(bens, limit=2)
    own(ben, release=album("New"))
    rest = asked(bens, limit=10, after=first.next)
    assert [title.title for title in rest.titles] == ["Title 2", "Title 3", "New"]


def test_the_number_of_queries_does_not_grow_with_the_shelf(bens, ben):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            asked(bens, limit=100)
        return len(seen)

    own(ben, release=album())
    own(ben, part=stored_file(album(ready=False, tracks=1).parts.get()).part)
    queries()
    few = queries()
    for number in range(20):
        own(ben, release=album(f"More {number}"))
    assert queries() == few <= 12


def test_a_page_that_has_not_changed_is_not_sent_again(bens, ben):
    own(ben, release=album())
    first = bens.get("/wire/v1/takeout")
    again = bens.get("/wire/v1/takeout", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert {first["Cache-Control"], again["Cache-Control"]} == {"private, no-store"}  # its links are tickets
    own(ben, release=album("New"))
    assert bens.get("/wire/v1/takeout", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_an_owner_who_fetches_all_of_it_again_and_again_is_never_stopped(bens, client, ben):
    own(ben, release=album(tracks=5))
    for _ in range(30):
        told = asked(bens)
        for file in told.titles[0].files:
            token = urlsplit(file.url).path.split("/")[2]
            answer = client.post(
                "/delivery/check", f'{{"token": "{token}", "begin": true}}', content_type="application/json"
            )
            assert answer.status_code == 204


@pytest.mark.parametrize(
    "title", ["星野ナミの雨", "Тихий дом", "مساء الميناء", "Λιμάνι", "Für Größen", "a/b\\c:d*?", "CON", "\u202egnp.exe"]
)
def test_folders_keep_their_script_and_are_safe_on_every_disk(bens, ben, title):
    own(ben, release=album(title))
    told = asked(bens)
    folder = told.titles[0].folder
    assert not set('/\\:*?"<>|\u202e') & set(folder)
    assert all("/" not in file.name for file in told.titles[0].files)
    assert Deliverable.objects.count() == 2
