"""All of a shelf as one zip or tar: frozen, resumable at any byte, given while all of it is owned."""

from __future__ import annotations

import hashlib
import http.client
import io
import random
import shutil
import subprocess
import tarfile
import time
import zipfile
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.shelves import album, own, packed

from bandstand.licences import tickets as signed
from bandstand.licences.tickets import Kind, Purpose
from bandstand.store.assets import queries as assets
from bandstand.store.delivery import tickets
from bandstand.store.grants import services as grants
from bandstand.store.plays.models import Download
from bandstand.store.takeout import queries, services
from bandstand.store.takeout.models import Takeout
from bandstand.webkit.files import tars, zips
from bandstand.webkit.files.manifests import Manifest
from bandstand.webkit.jobs.models import Job

pytestmark = pytest.mark.django_db
TITLES = ("Evening Ferry", "雨の日の喫茶店", "Тихий дом", "مساء الميناء", "Λιμάνι")


@pytest.fixture
def shelf(ben):
    return [own(ben, release=album(title)) for title in TITLES]


def frozen(holder, kind="zip"):
    return services.freeze(holder=holder, recipe=services.format_of("flac"), kind=kind, now=timezone.now())


def bytes_of(row):
    manifest = Manifest.read(assets.place(row.path).read_bytes())
    plan = (tars if row.kind == "tar" else zips).layout(manifest)
    return b"".join(zips.read_range(plan, 0, plan.size, lambda entry: assets.place(entry.path).open("rb")))


def ticket_in(address):
    return urlsplit(address).path.split("/")[2]


def ask(client, token):
    return client.post("/takeout/check", f'{{"token": "{token}", "begin": true}}', content_type="application/json")


def link(client, kind="zip"):
    led = client.get("/wire/v1/takeout/stream", {"format": "flac", "kind": kind})
    assert led.status_code == 302, led.content
    return client.get(led.url).url


def test_a_zip_holds_every_title_in_its_script(ben, shelf):
    row = frozen(ben)
    with zipfile.ZipFile(io.BytesIO(bytes_of(row))) as opened:
        assert opened.testzip() is None
        folders = {name.split("/")[1] for name in opened.namelist()}
    assert folders == {f"Mara Linde - {title}" for title in TITLES}
    assert (row.titles, row.size) == (5, len(bytes_of(row)))


def test_a_tar_holds_the_same_files(ben, shelf):
    with zipfile.ZipFile(io.BytesIO(bytes_of(frozen(ben)))) as packed_files:
        wanted = {name: packed_files.read(name) for name in packed_files.namelist()}
    with tarfile.open(fileobj=io.BytesIO(bytes_of(frozen(ben, "tar"))), mode="r:") as opened:
        assert {one.name: opened.extractfile(one).read() for one in opened.getmembers()} == wanted


def test_the_same_shelf_is_the_same_bundle(ben, shelf):
    assert frozen(ben).pk == frozen(ben).pk
    assert frozen(ben, "tar").pk != frozen(ben).pk
    assert Takeout.objects.count() == 2


def test_a_frozen_bundle_stays_when_something_is_bought_or_tagged_anew(ben, shelf):
    row, before = frozen(ben), hashlib.sha256(bytes_of(frozen(ben))).digest()
    own(ben, release=album("New"))
    packed(shelf[0].release)  # other bytes for the same title
    row.refresh_from_db()
    assert hashlib.sha256(bytes_of(row)).digest() == before
    assert frozen(ben).manifest_sha256 != row.manifest_sha256


def test_the_address_is_a_ticket_for_a_week_that_is_for_takeouts_only(client, ben, shelf):
    client.force_login(ben)
    ticket = signed.verify(ticket_in(link(client, "tar")), tickets.ring(), now=timezone.now())
    assert (ticket.purpose, ticket.kind) == (Purpose.TAKEOUT, Kind.TAR)
    assert ticket.expires - ticket.starts == 7 * 24 * 3600
    assert ask(client, ticket_in(link(client))).status_code == 204
    other = client.post(
        "/delivery/check", f'{{"token": "{ticket_in(link(client))}", "begin": true}}', "application/json"
    )
    assert other.status_code == 403  # a ticket for one purpose is none for another


def test_a_refund_of_one_title_ends_the_bundle_and_a_new_one_is_without_it(client, ben, shelf):
    client.force_login(ben)
    token = ticket_in(link(client))
    row = Takeout.objects.get()
    grants.revoke(source=shelf[0].source, why="refunded", now=timezone.now())
    assert ask(client, token).status_code == 403
    assert client.get(f"/takeout/{row.public_id}/").status_code == 409
    assert frozen(ben).titles == 4


def test_a_ban_ends_it(client, ben, shelf):
    client.force_login(ben)
    token = ticket_in(link(client))
    type(ben).objects.update(is_active=False)
    assert ask(client, token).status_code == 403


def test_nobody_else_gets_at_it(client, ben, cleo, shelf):
    row = frozen(ben)
    client.force_login(cleo)
    assert client.get(f"/takeout/{row.public_id}/").status_code == 404
    client.logout()
    assert client.get(f"/takeout/{row.public_id}/").status_code == 401
    assert client.get("/wire/v1/takeout/stream").url.startswith("/account/sign-in/")


def test_a_download_is_counted_for_every_title_once_in_few_queries(client, ben, shelf):
    client.force_login(ben)
    token = ticket_in(link(client))
    looked = client.post("/takeout/check", f'{{"token": "{token}", "begin": false}}', "application/json")
    assert (looked.status_code, Download.objects.count()) == (204, 0)
    with CaptureQueriesContext(connection) as seen:
        assert ask(client, token).status_code == 204
    assert len([one for one in seen if "plays_download" in one["sql"]]) == 2  # a look and one insert
    assert ask(client, token).status_code == 204
    counted = Download.objects.all()
    assert {row.grant_id for row in counted} == {grant.pk for grant in shelf}
    assert (len(counted), sum(row.size for row in counted)) == (len(shelf), Takeout.objects.get().size)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"token": 1}', b'{"token": "x"}', b"\xff", b"[" * 3000])
def test_nonsense_is_refused(client, body):
    answer = client.post("/takeout/check", body, content_type="application/json")
    assert answer.status_code in (400, 403)


def test_what_is_being_made_is_waited_for_and_never_left_out_in_silence(client, ben, shelf):
    own(ben, release=album("Coming", ready=False))
    with pytest.raises(services.StillMakingError) as refused:
        frozen(ben)
    assert refused.value.left == 1
    assert Job.objects.filter(name="takeout.ask").count() == 1
    client.force_login(ben)
    assert client.get("/wire/v1/takeout/stream").url == "/shelf/everything/?format=flac"


def test_what_can_never_be_made_is_named_in_the_bundle(ben, shelf):
    coming = album("Coming", ready=False)
    own(ben, release=coming)
    services.ask_each(holder_id=ben.pk, recipe="flac", now=timezone.now())
    Job.objects.filter(name="delivery.make").update(
        state="parked", error="Its master is lost.", ended_at=timezone.now()
    )
    with zipfile.ZipFile(io.BytesIO(bytes_of(frozen(ben)))) as opened:
        note = next(name for name in opened.namelist() if name.endswith("Not in this bundle.txt"))
        assert "Coming: could not be made (Its master is lost.)" in opened.read(note).decode()


def test_a_title_that_can_never_be_made_keeps_nobody_from_the_others(client, ben, shelf):
    own(ben, release=album("Coming", ready=False))
    client.force_login(ben)
    page = client.get("/shelf/everything/")
    assert (page.context["chosen"]["left"], page.context["chosen"]["given_up"]) == (1, 0)
    services.ask_each(holder_id=ben.pk, recipe="flac", now=timezone.now())
    Job.objects.filter(name="delivery.make").update(
        state="parked", error="Its master is lost.", ended_at=timezone.now()
    )
    page = client.get("/shelf/everything/")
    assert (page.context["chosen"]["left"], page.context["chosen"]["given_up"]) == (0, 1)
    assert b"kind=zip" in page.content
    assert b"could not be made in this format" in page.content


def test_an_empty_shelf_has_no_bundle(ben):
    with pytest.raises(services.NothingOwnedError):
        frozen(ben)


def test_the_page_tells_how_much_it_is_in_each_format(client, ben, shelf):
    client.force_login(ben)
    page = client.get("/shelf/everything/")
    flac, mp3 = page.context["rows"][0], next(row for row in page.context["rows"] if row["slug"] == "mp3-v0")
    assert (flac["ready"], flac["left"], mp3["ready"], mp3["left"]) == (5, 0, 0, 5)
    assert "bandstand fetch" in page.content.decode()
    assert client.get("/shelf/everything/?format=8-track").status_code == 404
    made = client.post("/shelf/everything/make/", {"format": "mp3-v0"})
    assert made.url == "/shelf/everything/?format=mp3-v0"
    assert Job.objects.get(name="takeout.ask").payload == {"holder_id": ben.pk, "recipe": "mp3-v0"}


def test_the_page_loads_itself_again_only_while_something_is_made(client, ben, shelf):
    client.force_login(ben)

    def reloads():
        return 'http-equiv="refresh"' in client.get("/shelf/everything/?format=mp3-v0").content.decode()

    assert not reloads()  # nothing of it is there, and nobody has asked for it
    client.post("/shelf/everything/make/", {"format": "mp3-v0"})
    assert reloads()
    services.ask_each(holder_id=ben.pk, recipe="mp3-v0", now=timezone.now())
    Job.objects.filter(name="takeout.ask").delete()
    assert reloads()
    Job.objects.all().delete()
    assert not reloads()


def test_the_pages_queries_do_not_grow_with_the_shelf(client, ben):
    def queries_of_the_page():
        with CaptureQueriesContext(connection) as seen:
            client.get("/shelf/everything/")
        return len(seen)

    own(ben, release=album())
    client.force_login(ben)
    queries_of_the_page()
    few = queries_of_the_page()
    for number in range(8):
        own(ben, release=album(f"More {number}"))
    assert queries_of_the_page() == few


def test_an_empty_shelf_says_so(client, ben):
    client.force_login(ben)
    assert "Nothing on it yet" in client.get("/shelf/everything/").content.decode()


def test_bundles_that_nobody_asks_for_are_forgotten_with_their_manifests(ben, shelf):
    row = frozen(ben)
    assert services.forget(now=timezone.now()) == 0
    assert services.forget(now=timezone.now() + timedelta(days=61)) == 1
    assert not assets.place(row.path).exists()


def test_what_is_known_is_told_and_forgotten(ben, shelf):
    frozen(ben)
    assert [row["name"] for row in queries.personal(ben.pk)["takeouts"]] == ["Bandstand - everything (FLAC).zip"]
    services.erase(holder_id=ben.pk, now=timezone.now())
    assert queries.personal(ben.pk) == {"takeouts": []}


def served(house, address, start=0, etag=""):
    parts = urlsplit(address)
    wire = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    headers = {"Range": f"bytes={start}-", "If-Range": etag} if start else {}
    wire.request("GET", parts.path, headers=headers)
    return wire, wire.getresponse()


def led(house, path):
    """Follow the store's redirects with the owner's token, up to the file door."""
    while path.startswith(("/", house.place.store_url)):
        wire = http.client.HTTPConnection("localhost", house.place.port, timeout=20)
        wire.request(
            "GET", path.removeprefix(house.place.store_url), headers={"Authorization": f"Bearer {house.token}"}
        )
        answer = wire.getresponse()
        assert answer.status == 302, answer.read()
        path = answer.headers["Location"]
        wire.close()
    return path


@pytest.mark.servers
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_cut_at_any_byte_and_resumed_it_is_the_same(house, tmp_path, kind):
    start = f"/wire/v1/takeout/stream?format=flac&kind={kind}"
    wire, first = served(house, led(house, start))
    size, etag = int(first.headers["Content-Length"]), first.headers["ETag"]
    assert not etag.startswith("W/")
    whole = first.read()
    assert len(whole) == size
    wire.close()
    got, seed = b"", random.Random(time.time_ns())
    for cut in sorted(seed.randrange(1, size) for _ in range(12)):
        if cut <= len(got):
            continue
        wire, answer = served(house, led(house, start), len(got), etag)  # each time by a new link
        assert answer.status == (206 if got else 200)
        got += answer.read(cut - len(got))
        wire.close()
    wire, answer = served(house, led(house, start), len(got), etag)
    got += answer.read()
    wire.close()
    assert hashlib.sha256(got).digest() == hashlib.sha256(whole).digest()
    path = tmp_path / f"all.{kind}"
    path.write_bytes(got)
    program = {"zip": ["unzip", "-qq", str(path)], "tar": ["tar", "-xf", str(path)]}[kind]
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not here")
    done = subprocess.run(
        program, cwd=tmp_path, check=False, capture_output=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    )
    assert (done.returncode, done.stderr) == (0, b"")
    sums = sorted(tmp_path.rglob("*.flac"))
    assert len(sums) == 18
