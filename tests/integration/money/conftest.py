"""A shop with two records to sell, and the pretend gateway as the process of its own that it is."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.conftest import NOW
from tests.factories import make_deal, make_release, make_storefront
from tests.gateway.desk import Desk
from tests.gateway.desk import settings as stripe_settings

from bandstand.kernel.money import Money
from bandstand.store.deals.rules import Visitor
from bandstand.store.orders import queries
from bandstand.store.orders import services as orders
from bandstand.store.payments.models import Payment

ROOT = Path(__file__).resolve().parents[3]
KEY = "only for tests"
RETURN = "http://localhost:8000/orders/back/"
GERMANY = Visitor(territory="DE", member=True)


@pytest.fixture
def storefront(db):
    return make_storefront()


@pytest.fixture
def album(storefront):
    """An album for 8.99 with three tracks for 0.99 each."""
    release = make_release(tracks=3, title="Harbour Lights")
    make_deal(release=release)
    return release


@pytest.fixture
def single(storefront):
    """A single for 1.99."""
    release = make_release(tracks=1, title="Tide", kind="single")
    make_deal(release=release, release_tier="single")
    return release


@pytest.fixture
def free(storefront):
    """An EP that costs nothing."""
    release = make_release(tracks=1, title="Gift", kind="ep")
    make_deal(release=release, release_tier="free", track_tier="free")
    return release


@pytest.fixture
def shop(storefront):
    """What a buyer does, in one call each."""
    return Shop(storefront)


class Shop:
    def __init__(self, storefront):
        self.storefront = storefront

    def basket(self, holder, *titles, now=NOW):
        """A basket of an account (or of nobody) with these releases and parts in it."""
        basket = orders.basket_for(
            holder_id=holder.pk if holder else None, token=None, storefront_id=self.storefront.pk, now=now
        )
        for title in titles:
            self.put(basket, title, now=now)
        return basket

    def put(self, basket, title, *, visitor=GERMANY, now=NOW):
        kind = "release_id" if hasattr(title, "parts") else "part_id"
        return orders.put_in_basket(basket_id=basket.pk, **{kind: title.pk}, visitor=visitor, now=now)

    def page(self, basket, *, visitor=GERMANY, now=NOW):
        found = queries.basket_of(holder_id=basket.holder_id, token=basket.token)
        return queries.basket_page(found, visitor=visitor, now=now)

    def place(self, basket, *, email="ben@example.org", country="DE", now=NOW, **changed):
        page = self.page(basket, now=now)
        facts = {"checkout_key": page.checkout_key, "expected": page.total, **changed}
        return orders.place_order(
            basket_id=basket.pk, holder_id=basket.holder_id, email=email, billing_country=country, now=now, **facts
        )

    def order(self, holder, *titles, now=NOW, **changed):
        """An order that waits for its payment."""
        basket = self.basket(holder, *titles, now=now)
        email = holder.email if holder else "guest@example.org"
        return self.place(basket, **{"email": email, "now": now, **changed})

    def meant(self, order, *, provider="pretend", now=NOW):
        """A payment that has begun, without any provider having heard of it."""
        from bandstand.store.payments import services as payments

        return payments.begin(order_number=order.number, provider=provider, amount=order.total, now=now)

    def paid(self, holder, *titles, now=NOW):
        """An order that is paid and settled."""
        order = self.order(holder, *titles, now=now)
        return orders.settle(payment_id=self.meant(order, now=now).pk, now=now)


@dataclass
class Till:
    """The gateway process, and what one can press and ask there."""

    url: str
    folder: Path
    webhook: str
    port: int
    process: subprocess.Popen | None = None

    def start(self):
        command = [sys.executable, "-m", "bandstand.demo.gateway", "--port", str(self.port), "--webhook", self.webhook]
        command += ["--state", str(self.folder / "gateway.db"), "--hang", "0.3", "--late", "0.6"]
        env = os.environ | {"BANDSTAND_PRETEND_KEY": KEY, "PYTHONPATH": str(ROOT / "src")}
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                return self.get("/healthz")
            assert self.process.poll() is None, "the gateway ended"
            time.sleep(0.02)
        raise AssertionError("the gateway does not answer")

    def stop(self, *, hard=False):
        if self.process is not None:
            (self.process.kill if hard else self.process.terminate)()
            self.process.wait(20)
            self.process = None

    def call(self, method, path, body=None, *, key=KEY, headers=None):
        """Return (status, headers, body); redirects are not followed."""
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers or {})
        if key:
            request.add_header("Authorization", f"Bearer {key}")
        try:
            with _opener.open(request, timeout=20) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, **facts):
        status, _, body = self.call("POST", path, json.dumps(facts).encode())
        return status, json.loads(body) if body[:1] == b"{" else body

    def press(self, payment, outcome):
        """Press a button on the page of a payment."""
        path = payment.redirect_url.removeprefix(self.url)
        return self.call("POST", path, f"outcome={outcome}".encode(), key="")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_opener = urllib.request.build_opener(_Stay(), urllib.request.ProxyHandler({}))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Ear:
    """Where the gateway's events arrive; `answers` says with which statuses, 200 when there are none left."""

    def __init__(self):
        self.heard: queue.Queue[tuple[dict, bytes]] = queue.Queue()
        self.answers: list[int] = []
        ear = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.put(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(ear.answers.pop(0) if ear.answers else 200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    def next(self, seconds=20):
        """Return the next event (headers, body)."""
        return self.heard.get(timeout=seconds)

    def deliver(self, client, count=1):
        """Hand the next events on to the store and return the statuses of its answers."""
        return [deliver(client, *self.next()) for _ in range(count)]


def deliver(client, headers, body):
    provider = "stripe" if "stripe-signature" in headers else "pretend"
    name = f"{provider}-signature"
    return client.post(
        f"/webhooks/{provider}/", body, content_type="application/json", headers={name: headers.get(name, "")}
    ).status_code


@pytest.fixture
def ear():
    found = Ear()
    found.thread.start()
    yield found
    found.server.shutdown()
    found.thread.join()
    found.server.server_close()


@pytest.fixture
def till(settings, tmp_path, ear):
    """The gateway on a free port, with an ear for its events."""
    port = free_port()
    found = Till(f"http://127.0.0.1:{port}", tmp_path, ear.url, port)
    settings.PRETEND_URL, settings.PRETEND_KEY = found.url, KEY
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="session")
def gateway_process(tmp_path_factory):
    found = Desk(tmp_path_factory.mktemp("gateway"), free_port())
    yield found
    found.stop()


@pytest.fixture
def desk(settings, gateway_process, ear):
    """The misbehaving gateway, shaped like Stripe, with empty books and an ear for its events."""
    settings.PAYMENT_PROVIDERS = ["stripe", "pretend", "manual"]
    for name, value in stripe_settings(gateway_process.port).items():
        setattr(settings, name, value)
    gateway_process.start()
    gateway_process.control("reset", webhook=ear.url)
    return gateway_process


@pytest.fixture
def right_now():
    """The clock of the gateway's world, which is not ours to set."""
    return datetime.now(UTC)


def euro(cents):
    return Money(cents, "EUR")


def payment_of(order):
    return Payment.objects.get(order_number=order.number)
