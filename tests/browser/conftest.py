"""A real Chromium, a page that fails the test when its console complains, axe, the gallery, and a server of sounds."""

from __future__ import annotations

import io
import math
import os
import re
import shutil
import threading
import wave
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.http import HttpRequest, HttpResponseBase
from tests import house
from tests.browser.waiting import until

FLAGS = [
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
    "--headless=new",
]
WATCH_POLICY = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`))"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path).replace("\\", "/"):
            item.add_marker(pytest.mark.browser)


def _absent(what: str) -> None:
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is required (REQUIRE_ALL=1) and not installed.")
    pytest.skip(f"{what} is not installed.")


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        _absent("Chromium")
    with sync_api.sync_playwright() as playwright:
        # Playwright's synchronous API keeps an event loop in this thread; Django would refuse the ORM beside it.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Trouble:
    """What the console said. `expect` names what this test brings about on purpose (a regular expression)."""

    seen: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def hear(self, line: Any) -> None:
        if line.type == "error":
            self.seen.append(f"{line.text} {line.location['url']}")

    def expect(self, pattern: str) -> None:
        self.expected.append(pattern)

    @property
    def unexpected(self) -> list[str]:
        return [line for line in self.seen if not any(re.search(pattern, line) for pattern in self.expected)]


@pytest.fixture
def trouble() -> Iterator[Trouble]:
    found = Trouble()
    yield found
    assert not found.unexpected


@pytest.fixture
def new_page(browser, trouble: Trouble) -> Iterator[Callable[..., Any]]:
    """Open a page in a context of its own: `new_page(color_scheme="dark", java_script_enabled=False)`."""
    contexts = []

    def open_page(**options: Any):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        if options.get("java_script_enabled", True):
            context.add_init_script(WATCH_POLICY)
        page = context.new_page()
        page.on("console", trouble.hear)
        page.on("pageerror", lambda error: trouble.seen.append(f"uncaught: {error}"))
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page):
    return new_page()


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """A whole store, filled with some of the demo's releases. Its tests share one worker: `xdist_group("house")`."""
    with house.running(tmp_path_factory.mktemp("house"), slugs=house.SLUGS) as here:
        yield here


@pytest.fixture
def visit(shop, new_page):
    """Open a page of the shop: `visit("/basket/")`; without script: `visit("/", java_script_enabled=False)`."""

    def open_page(path="/", **options):
        page = new_page(accept_downloads=True, **options)
        page.set_default_timeout(30_000)
        page.goto(shop.store_url + path)
        return page

    return open_page


@pytest.fixture
def axe() -> Callable[..., None]:
    """Check a page: `axe(page)` fails with what axe-core found, one line for each element."""
    module = pytest.importorskip("axe_playwright_python.sync_playwright")

    def check(page: Any, **options: Any) -> None:
        until(page, "document.getAnimations().every((animation) => animation.playState !== 'running')")
        found = module.Axe().run(page, options={"resultTypes": ["violations"]} | options).response["violations"]
        lines = [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]
        assert not lines, "\n".join(lines)

    return check


class GalleryHandler(WSGIHandler):
    """The gallery under the middleware of the settings; its policy also lets sounds in from `sound_origin`."""

    sound_origin = ""

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        request.urlconf = "tests.browser.gallery_urls"  # Django reads it
        response = super().get_response(request)
        policy = response.headers.get("Content-Security-Policy")
        if policy and self.sound_origin:
            for directive in ("media-src", "connect-src"):
                policy = policy.replace(f"{directive} 'self'", f"{directive} 'self' {self.sound_origin}")
            response.headers["Content-Security-Policy"] = policy
        return response


class QuietRequestHandler(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        pass


def _serve(server: Any) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    host, port = server.server_address[:2]
    yield f"http://{host}:{port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture(scope="session")
def styleguide_server(sound_server: str) -> Iterator[str]:
    """The address of a server that shows `/styleguide/` under the whole middleware, without a database."""
    handler = GalleryHandler()
    handler.sound_origin = sound_server
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietRequestHandler)
    server.daemon_threads = True
    server.set_app(StaticFilesHandler(handler))
    yield from _serve(server)


@cache
def tone(seconds: int = 20, frequency: int = 440, rate: int = 16_000) -> bytes:
    """A sine as a WAV file."""
    samples = array("h", (round(12_000 * math.sin(2 * math.pi * frequency * i / rate)) for i in range(rate * seconds)))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return out.getvalue()


class SoundHandler(BaseHTTPRequestHandler):
    """/tone.wav has ranges; /busy.wav is 429, /broken.wav no sound, /flaky.wav?x is 503 until /heal?x is asked for."""

    protocol_version = "HTTP/1.1"
    healed: ClassVar[set[str]] = set()  # the queries that `/heal` was asked for

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        name, _, query = self.path.partition("?")
        if name == "/heal":
            self.healed.add(query)
        if name == "/busy.wav":
            return self._send(429, b"", {}, body=body)
        if name == "/flaky.wav" and query not in self.healed:
            return self._send(503, b"", {}, body=body)
        if name == "/broken.wav":
            return self._send(200, b"this is no sound" * 64, {"Content-Type": "audio/wav"}, body=body)
        sound = tone()
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not found:
            return self._send(200, sound, {"Content-Type": "audio/wav"}, body=body)
        first, last = int(found[1]), min(int(found[2] or len(sound) - 1), len(sound) - 1)
        span = {"Content-Type": "audio/wav", "Content-Range": f"bytes {first}-{last}/{len(sound)}"}
        return self._send(206, sound[first : last + 1], span, body=body)

    def _send(self, status: int, content: bytes, headers: dict[str, str], *, body: bool) -> None:
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            try:
                self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):  # the browser has heard enough
                self.close_connection = True

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def sound_server() -> Iterator[str]:
    """The address of a second origin that sends sounds, good and bad."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), SoundHandler)
    server.daemon_threads = True
    yield from _serve(server)
