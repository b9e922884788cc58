"""nginx sends what the door allows, as the manual's configuration has it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.files.conftest import free_port, link, noise, put, put_zip, running_door, ticket_for

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
MANUAL = Path(__file__).resolve().parents[3] / "docs" / "running.md"
AROUND = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{ worker_connections 64; }}
http {{
  access_log off; default_type application/octet-stream; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {server}
}}
"""


def from_the_manual(door_port: int, port: int, root: Path) -> str:
    """The server that docs/running.md shows, on our ports and our folder."""
    found = re.search(r"^    server \{.*?^    \}\n", MANUAL.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    server = found[0].replace("listen 443 ssl", f"listen 127.0.0.1:{port}").replace("files.example.org", "_")
    return server.replace("127.0.0.1:8001", f"127.0.0.1:{door_port}").replace("/var/lib/bandstand/files", str(root))


@pytest.fixture(scope="module")
def nginx(store, tmp_path_factory):
    """A door, and nginx before it: `ask` asks nginx."""
    if not os.access(NGINX, os.X_OK):
        missing = pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip
        missing("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    root = folder / "root"
    (root / "public").mkdir(parents=True)
    for path in (folder, *folder.parents[:-1]):
        if path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode | 0o011)
    with running_door(root, store, folder / "log", BANDSTAND_FILES_NGINX="/stored/") as door:
        port = free_port()
        conf = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        conf.write_text(AROUND.format(folder=folder, user=user, server=from_the_manual(door.port, port, root)))
        process = subprocess.Popen([NGINX, "-c", str(conf)], stderr=subprocess.DEVNULL)
        front = replace(door, port=port, process=process)
        try:
            wait_for(front)
            yield front
        finally:
            process.terminate()
            process.wait(20)


def wait_for(front):
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(ConnectionError):
            assert front.ask("/healthz").status == 200
            return
        assert front.process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def _an_agreeable_store(store):
    store.status, store.body = 204, b""
    store.asked.clear()


def test_a_file_comes_whole_with_the_headers_of_the_door(nginx):
    body = noise(300_000, 1)
    made = ticket_for(put(nginx.root, "deliverables/ab/song 1.flac", body))
    reply = nginx.ask(link(made))
    assert (reply.status, reply.body) == (200, body)
    assert reply.headers["content-type"] == "audio/flac"
    assert reply.headers["content-disposition"] == 'attachment; filename="song.flac"'
    assert reply.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert reply.headers["access-control-allow-origin"] == nginx.store.url
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"].startswith("private")
    assert "x-accel-redirect" not in reply.headers


def test_ranges_and_conditions_are_answered(nginx):
    body = noise(100_000, 2)
    address = link(ticket_for(put(nginx.root, "deliverables/b.flac", body)))
    part = nginx.ask(address, Range="bytes=1000-1999")
    assert (part.status, part.body) == (206, body[1000:2000])
    assert part.headers["content-range"] == "bytes 1000-1999/100000"
    again = nginx.ask(address, Range="bytes=99990-", If_Range=part.headers["etag"])
    assert (again.status, again.body) == (206, body[99_990:])
    assert nginx.ask(address, Range="bytes=99990-", If_Range='"another"').status == 200
    assert nginx.ask(address, If_None_Match=part.headers["etag"]).status == 304
    assert nginx.ask(address, Range="bytes=100000-").status == 416
    whole = nginx.ask(address, "HEAD")
    assert (whole.status, whole.headers["content-length"], whole.body) == (200, "100000", b"")


def test_the_beginning_of_a_download_is_counted_and_its_going_on_is_not(nginx):
    address = link(ticket_for(put(nginx.root, "deliverables/c.flac", noise(5000, 3)), grant=7))
    etag = nginx.ask(address, Range="bytes=100-").headers["etag"]
    nginx.ask(address, Range="bytes=200-", If_Range=etag)
    assert [asked["begin"] for asked in nginx.store.asked] == [False]
    nginx.ask(address)
    assert [asked["begin"] for asked in nginx.store.asked] == [False, True]


def test_who_is_refused_gets_nothing(nginx):
    entry = put(nginx.root, "deliverables/d.flac", noise(5000, 4))
    assert nginx.ask("/stored/deliverables/d.flac").status == 404  # nginx's inner place has no way in
    assert nginx.ask(link(ticket_for(entry)).replace("/x", "A/x")).status == 403
    nginx.store.status, nginx.store.body = 403, b'{"reason": "It was refunded."}'
    reply = nginx.ask(link(ticket_for(entry, grant=8)))
    assert (reply.status, b"It was refunded." in reply.body) == (403, True)


def test_public_files_and_zips_come_as_ever(nginx):
    cover = noise(2000, 5)
    put(nginx.root, "public/covers/a.webp", cover)
    shown = nginx.ask("/public/covers/a.webp")
    assert (shown.body, shown.headers["content-type"]) == (cover, "image/webp")
    assert "immutable" in shown.headers["cache-control"]
    assert nginx.ask("/public/covers/b.webp").status == 404
    entries = [put(nginx.root, f"deliverables/z{number}.flac", noise(200_000, number)) for number in range(3)]
    zipped = put_zip(nginx.root, entries)
    reply = nginx.ask(link(zipped))
    assert (reply.status, len(reply.body)) == (200, zipped.size)
    assert reply.body.startswith(b"PK\3\4")
