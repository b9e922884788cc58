"""What the door does not open for, and what it says about itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.integration.files.conftest import (
    Door,
    Store,
    link,
    noise,
    put,
    put_zip,
    read_head,
    running_door,
    sparse,
    ticket_for,
)

from bandstand.licences.keyring import KeyRing
from bandstand.licences.tickets import Purpose, sign

SONG = noise(300_000, 7)


@pytest.fixture(scope="module")
def song(door: Door) -> str:
    put(door.root, "public/covers/a.jpg", b"a cover")
    return link(ticket_for(put(door.root, "deliverables/song.flac", SONG)))


@pytest.fixture
def granted(door: Door, song: str) -> str:
    """A link, new for each test, that the store is asked about."""
    return link(ticket_for(put(door.root, "deliverables/granted.flac", SONG), grant=42))


def test_a_ticketed_file_carries_its_headers(door: Door, song: str) -> None:
    headers = door.ask(song).headers
    assert headers.pop("date")
    assert len(headers.pop("x-request-id")) == 32
    assert headers.pop("etag")
    assert headers.pop("last-modified")
    assert headers.pop("server")
    assert headers == {
        "accept-ranges": "bytes",
        "access-control-allow-origin": door.store.url,
        "access-control-expose-headers": (
            "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, X-Request-Id"
        ),
        "cache-control": "private, max-age=0, no-transform",
        "connection": "close",
        "content-disposition": 'attachment; filename="song.flac"',
        "content-length": str(len(SONG)),
        "content-security-policy": "default-src 'none'; sandbox",
        "content-type": "audio/flac",
        "cross-origin-resource-policy": "cross-origin",
        "referrer-policy": "no-referrer",
        "vary": "Origin",
        "x-content-type-options": "nosniff",
    }


def test_a_public_file_may_be_kept_for_ever(door: Door, song: str) -> None:
    reply = door.ask("/public/covers/a.jpg")
    assert (reply.status, reply.body, reply.headers["content-type"]) == (200, b"a cover", "image/jpeg")
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable, no-transform"
    assert reply.headers["access-control-allow-origin"] == door.store.url


@pytest.mark.parametrize("address", ["/t/{song}", "/public/covers/a.jpg", "/nothing", "/t/forged/x", "/healthz"])
def test_every_answer_is_guarded(door: Door, song: str, address: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        headers = door.ask(address.replace("/t/{song}", song), method).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND"])
def test_other_methods_are_named_the_right_ones(door: Door, song: str, method: str) -> None:
    reply = door.ask(song, method)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:1", 200),
        ("FILES.example.org:8001", 200),
        ("files.example.org", 400),
        ("files.example.org:8002", 400),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("", 400),
        ("127.0.0.1, evil.example", 400),
        ("127.0.0.1/evil", 400),
    ],
)
def test_only_known_hosts_are_answered(door: Door, song: str, host: str, status: int) -> None:
    assert door.ask("/public/covers/a.jpg", Host=host).status == status


def test_a_missing_or_doubled_host_or_another_in_the_address_is_refused(door: Door, song: str) -> None:
    cover = b"/public/covers/a.jpg"
    assert door.raw(b"GET " + cover + b" HTTP/1.1\r\n\r\n").status == 400
    two = b"GET " + cover + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n"
    assert door.raw(two).status == 400
    absolute = b"GET http://evil.example" + cover + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    assert door.raw(absolute).status == 400


def test_probes_answer_whatever_the_host(door: Door) -> None:
    assert door.ask("/healthz", Host="10.0.0.7").body == door.ask("/readyz", Host="10.0.0.7").body == b"ok\n"


@pytest.mark.parametrize(
    "path",
    [
        "/public/../deliverables/song.flac",
        "/public/%2e%2e/deliverables/song.flac",
        "/public/covers/..%2f..%2f..%2fdeliverables/song.flac",
        "/public/covers/%2e%2e/%2e%2e/deliverables/song.flac",
        "/public//etc/passwd",
        "/public/%2fetc/passwd",
        "/public/covers/a.jpg%00",
        "/public/covers/a.jpg%00.png",
        "/public/covers\\a.jpg",
        "/public/covers/..%5ca.jpg",
        "/public/covers/./a.jpg",
        "/public/covers//a.jpg",
        "/public/covers/a.jpg/",
        "/public/covers",
        "/public/covers/",
        "/public/",
        "/public",
        "/public/out.jpg",
        "/public/sideways.jpg",
        "/public/folder/song.flac",
        "/public/pipe",
        "/public/%ff%fe",
        "/public/%252e%252e/deliverables/song.flac",
        "/public/" + "a" * 2000,
        "/publicity/a.jpg",
        "/../etc/passwd",
        "/deliverables/song.flac",
        "/t",
        "/t/",
        "/",
        "//",
        "/%00",
    ],
)
def test_no_path_leads_out_of_the_public_folder(door: Door, song: str, path: str) -> None:
    public = door.root / "public"
    for name, target in {
        "out.jpg": Path("/etc/hostname"),
        "sideways.jpg": door.root / "deliverables" / "song.flac",
        "folder": door.root / "deliverables",
    }.items():
        if not (public / name).is_symlink():
            (public / name).symlink_to(target)
    if not (public / "pipe").exists():
        os.mkfifo(public / "pipe")
    reply = door.ask(path)
    assert reply.status == 404
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_link_that_stays_inside_is_followed(door: Door, song: str) -> None:
    inside = door.root / "public" / "inside.jpg"
    inside.symlink_to("covers/a.jpg")
    assert door.ask("/public/inside.jpg").body == b"a cover"


def test_expired_early_and_forged_links_say_what_to_do(door: Door, song: str) -> None:
    entry, now = put(door.root, "deliverables/song.flac", SONG), int(time.time())
    expired = door.ask(link(ticket_for(entry, starts=now - 100, expires=now - 1)))
    assert (expired.status, expired.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert b"<h1>This link has expired.</h1><p>Open your shelf and press Download again.</p>" in expired.body
    assert b"This link works from" in door.ask(link(ticket_for(entry, starts=now + 1000))).body
    other = sign(ticket_for(entry), KeyRing({"2026a": b"x" * 32}))
    for forged in (
        song[:-3] + "A/x",
        song.replace("/t/", "/t/A"),
        "/t/x",
        f"/t/{other}/song",
        "/t/%00",
        "/t/" + "A" * 5000,
    ):
        reply = door.ask(forged)
        assert reply.status == 403
        assert b"not made by this store" in reply.body


def test_a_file_that_is_gone_or_has_changed_is_not_sent(door: Door, song: str) -> None:
    entry = put(door.root, "deliverables/gone.flac", SONG)
    manifest = put_zip(door.root, [entry], "manifests/gone.json")
    assert door.ask(link(manifest), "HEAD").status == 200
    (door.root / "deliverables/gone.flac").write_bytes(SONG[1:])
    assert door.ask(link(ticket_for(entry))).status == 404
    assert door.ask(link(manifest)).status == 404
    assert door.ask(link(manifest), Range="bytes=-10").status == 206  # the directory of the zip needs no file
    exchanged = put_zip(door.root, [replace(entry, crc32=1)], "manifests/gone.json")
    assert exchanged.size == manifest.size
    put_zip(door.root, [entry], "manifests/gone.json")
    assert door.ask(link(exchanged), Range="bytes=-10").status == 404  # the text behind it is another one now
    assert door.ask(link(put_zip(door.root, [], "manifests/other.json"))).status == 200
    stale = ticket_for(put(door.root, "manifests/bad.json", b"[]"), kind=manifest.kind)
    assert door.ask(link(stale)).status == 404


@pytest.mark.parametrize(
    "name", ["a\u2028b.flac", 'a"b.flac', "a;b=c.flac", "夜.flac", "%0d%0aX-Evil: 1", "a\u202egpj.flac", "n" * 255]
)
def test_no_name_breaks_out_of_its_header(door: Door, song: str, name: str) -> None:
    entry = put(door.root, "deliverables/song.flac", SONG)
    reply = door.ask(link(ticket_for(entry, name=name)), "HEAD")
    assert reply.status == 200
    value = reply.headers["content-disposition"]
    assert value.startswith('attachment; filename="')
    assert value.count('"') == 2
    assert value.isascii()
    assert "x-evil" not in reply.headers
    assert value.endswith(('"', f"filename*=UTF-8''{quote(name, safe='!#$&+-.^_`|~')}"))


def test_what_is_shown_in_place_has_no_name(door: Door, song: str) -> None:
    entry = put(door.root, "deliverables/song.flac", SONG)
    reply = door.ask(link(ticket_for(entry, name="", purpose=Purpose.STREAM)), "HEAD")
    assert reply.headers["content-disposition"] == "inline"


def test_the_store_is_asked_and_told_when_a_download_begins(door: Door, store: Store, granted: str) -> None:
    assert door.ask(granted, Range="bytes=5-").status == 206
    assert door.ask(granted, "HEAD").status == 200
    assert door.ask(granted).status == 200
    assert door.ask(granted).status == 200
    token = granted.split("/")[2]
    assert store.asked == [
        {"path": "/delivery/check", "token": token, "begin": False},
        {"path": "/delivery/check", "token": token, "begin": True},
    ]


def test_a_ticket_without_a_grant_needs_no_store(door: Door, store: Store, song: str) -> None:
    store.status = 403
    assert door.ask(song).status == 200
    assert store.asked == []


def test_the_reason_of_the_store_is_shown_as_text(door: Door, store: Store, granted: str) -> None:
    store.status, store.body = (
        403,
        json.dumps({"reason": "This order was <b>refunded</b>.\r\nSet-Cookie: a=b"}).encode(),
    )
    reply = door.ask(granted)
    assert reply.status == 403
    assert b"<h1>This order was &lt;b&gt;refunded&lt;/b&gt;.Set-Cookie: a=b</h1>" in reply.body
    assert "set-cookie" not in reply.headers
    store.status = 204
    assert door.ask(granted).status == 403  # the refusal is kept for a while
    assert len(store.asked) == 1


@pytest.mark.parametrize(("status", "body"), [(403, b"[1]"), (403, b""), (403, b'{"reason": 5}')])
def test_a_refusal_without_a_reason_is_one_too(
    door: Door, store: Store, granted: str, status: int, body: bytes
) -> None:
    store.status, store.body = status, body
    assert b"does not allow this download" in door.ask(granted).body


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_a_store_that_does_not_answer_clearly_lets_nobody_in(
    door: Door, store: Store, granted: str, status: int
) -> None:
    store.status, store.location = status, f"{store.url}/delivery/elsewhere"
    reply = door.ask(granted)
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert SONG[:100] not in reply.body
    assert [asked["path"] for asked in store.asked] == ["/delivery/check"]
    store.status = 204
    assert door.ask(granted).status == 200  # silence is not kept


def test_previews_have_a_budget_and_downloads_do_not(store: Store, tmp_path: Path) -> None:
    root = tmp_path / "root"
    preview = put(root, "previews/a.mp3", SONG)
    nobody = Store(url="http://127.0.0.1:9")  # discard: nothing listens there
    settings = {"BANDSTAND_PREVIEW_BUDGET": "3", "BANDSTAND_FILES_PROXIES": "127.0.0.1"}
    with running_door(root, nobody, tmp_path / "log", **settings) as door:
        path = link(ticket_for(preview, purpose=Purpose.PREVIEW, name=""))
        assert [door.ask(path, Range="bytes=0-9").status for _ in range(4)] == [206, 206, 206, 429]
        refused = door.ask(path)
        assert 1 <= int(refused.headers["retry-after"]) <= 1200
        assert door.ask(path, X_Forwarded_For="198.51.100.7").status == 200
        assert door.ask(link(ticket_for(preview))).status == 200
        assert door.ask(link(ticket_for(preview, grant=1))).status == 503  # the store is unreachable


def test_the_log_has_no_token_and_no_query(door: Door, song: str) -> None:
    token = song.split("/")[2]
    door.ask(song + "?secret=hush", Range="bytes=0-9")
    door.ask("/public/a%0a%7b%22status%22:1%7d?secret=hush")
    deadline = time.monotonic() + 10
    while len(lines := door.log.read_text().splitlines()) < 3 or "\\n" not in lines[-1]:
        assert time.monotonic() < deadline, lines[-1]
        time.sleep(0.05)
    found = [json.loads(line) for line in lines]
    assert found[-2]["path"].startswith("/t/")
    assert (found[-2]["status"], found[-2]["bytes"], found[-2]["method"]) == (206, 10, "GET")
    assert found[-1]["path"] == '/public/a\n{"status":1}'
    assert token[:40] not in door.log.read_text()
    assert "hush" not in door.log.read_text()
    assert len({line["request"] for line in found}) == len(found)


def test_it_stops_while_somebody_still_reads(tmp_path: Path) -> None:
    root = tmp_path / "root"
    film = sparse(root, "film.mkv", 64 << 20)
    route = link(put_zip(root, [film]))
    with running_door(root, Store(url="http://127.0.0.1:9"), tmp_path / "log") as door, door.connect() as wire:
        wire.sendall(f"GET {route} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        read_head(wire)
        door.process.send_signal(signal.SIGTERM)
        assert door.process.wait(25) == 0


def test_it_needs_no_django() -> None:
    script = "import sys, bandstand.webkit.files.app; sys.exit(any(name.startswith('django') for name in sys.modules))"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    assert subprocess.run([sys.executable, "-c", script], env=environ, check=False).returncode == 0


def test_it_stops_when_asked_to(tmp_path: Path) -> None:
    root = tmp_path / "root"
    put(root, "public/a.txt", b"text")
    with running_door(root, Store(url="http://127.0.0.1:9"), tmp_path / "log") as door:
        assert door.ask("/public/a.txt").body == b"text"
        door.process.send_signal(signal.SIGTERM)
        assert door.process.wait(20) == 0
        assert "Traceback" not in door.log.read_text()
