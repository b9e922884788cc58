"""The gateway's addresses. Loopback only; the store shows its key, visitors need none."""

from __future__ import annotations

import hmac
import json
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from bandstand.demo.gateway import pages
from bandstand.demo.gateway.books import Books, ConflictError, Outcome, Payment, UnknownError
from bandstand.demo.gateway.couriers import Couriers
from bandstand.kernel.money import DIGITS

LONGEST_BODY = 65_536
HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things take, in seconds."""

    hang: float = 30.0
    late: float = 20.0


class RequestError(ValueError):
    """A request that the gateway does not take."""

    def __init__(self, status: int, said: str) -> None:
        self.status = status
        super().__init__(said)


class Gateway:
    """The gateway with everything it needs; `with` runs it."""

    def __init__(self, port: int, webhook: str, key: str, state: Path, *, timing: Timing | None = None) -> None:
        self.key, self.timing = key, timing or Timing()
        self.books = Books(state)
        self.stopping = Event()
        self._couriers = Couriers(self.books, webhook, key)
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._couriers.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._couriers.stop()
        self.books.close()


def serve(port: int, store_webhook_url: str, key: str, state_path: Path, *, timing: Timing | None = None) -> None:
    """Run the gateway until the process is told to end (SIGTERM, SIGINT)."""
    stop = Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stop.set())
    with Gateway(port, store_webhook_url, key, state_path, timing=timing):
        stop.wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for answers under way
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], gateway: Gateway) -> None:
        self.gateway = gateway
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # Any: as in the base class
        """Say nothing about visitors who went away; all else is our own fault and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    timeout = 5  # seconds, for a request that does not come
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Say nothing: addresses of pages are secrets of their payers."""

    def do_GET(self) -> None:
        """Answer pages and questions."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Answer what changes something."""
        self._answer(self._post)

    def _answer(self, act: Callable[[], None]) -> None:
        try:
            self._check_host()
            act()
        except RequestError as error:
            self._page(error.status, pages.plain_page("This did not work", str(error)))
        except UnknownError:
            self._page(404, pages.plain_page("Not found", "There is no such payment."))
        except ConflictError as error:
            self._page(409, pages.plain_page("Refused", str(error)))

    def _check_host(self) -> None:
        """Refuse pages of somebody else's that point their own name at loopback."""
        if (self.headers.get("Host") or "").rsplit(":", 1)[0] not in HOSTS:
            raise RequestError(400, "This gateway answers on loopback only.")

    def _get(self) -> None:
        url = urlsplit(self.path)
        books = self.server.gateway.books
        if url.path == "/healthz":
            self._send(200, b"ok\n", "text/plain; charset=utf-8")
        elif url.path == "/pay.css":
            self._send(200, pages.style(), "text/css; charset=utf-8")
        elif url.path.startswith("/pay/"):
            payment = books.by_ref(url.path.removeprefix("/pay/"))
            self._page(200, pages.pay_page(payment), payment)
        elif url.path == "/payments":
            self._only_the_store()
            self._json(200, _standing(books.by_key(parse_qs(url.query).get("key", [""])[0])))
        elif url.path.startswith("/payments/"):
            self._only_the_store()
            self._json(200, _standing(books.by_ref(url.path.removeprefix("/payments/"))))
        else:
            raise RequestError(404, "There is nothing here.")

    def _post(self) -> None:
        path, body = urlsplit(self.path).path, self._body()
        if path.startswith("/pay/"):
            self._pressed(path.removeprefix("/pay/"), body)
            return
        self._only_the_store()
        said = _object(body)
        match path:
            case "/payments":
                self._start(said)
            case "/charges":
                self._charge(said)
            case "/refunds":
                self._refund(said)
            case _:
                raise RequestError(404, "There is nothing here.")

    def _start(self, said: Mapping[str, object]) -> None:
        gateway, return_url = self.server.gateway, _text(said, "return_url", longest=2000)
        if urlsplit(return_url).scheme not in {"http", "https"} or not return_url.isascii():
            raise RequestError(400, "return_url is no web address.")
        payment = gateway.books.start(
            key=_text(said, "key"),
            order_number=_text(said, "order"),
            amount=_amount(said),
            currency=_currency(said),
            return_url=return_url,
            keep_mandate=said.get("mandate") is True,
        )
        if said.get("outcome"):
            chosen = _outcome(said["outcome"])
            payment = gateway.books.decide(payment.ref, chosen, now=time.time(), late=gateway.timing.late)
        self._json(201, _standing(payment) | {"page": f"/pay/{payment.ref}"})

    def _charge(self, said: Mapping[str, object]) -> None:
        payment = self.server.gateway.books.charge(
            key=_text(said, "key"),
            order_number=_text(said, "order"),
            amount=_amount(said),
            currency=_currency(said),
            mandate=_text(said, "mandate"),
            now=time.time(),
        )
        self._json(201, _standing(payment))

    def _refund(self, said: Mapping[str, object]) -> None:
        self.server.gateway.books.refund(
            key=_text(said, "key"),
            payment_key=_text(said, "payment"),
            amount=_amount(said),
            currency=_currency(said),
            now=time.time(),
        )
        self._json(201, {"state": "done"})

    def _pressed(self, ref: str, body: bytes) -> None:
        """Do what the visitor pressed and send them back to the store."""
        gateway = self.server.gateway
        payment = gateway.books.by_ref(ref)
        try:
            chosen = _outcome(parse_qs(body.decode("ascii", "replace"), max_num_fields=10).get("outcome", [""])[0])
        except ValueError as error:
            raise RequestError(400, "This form can't be read.") from error
        if chosen is Outcome.HANG and payment.state == "open":
            gateway.stopping.wait(gateway.timing.hang)
        payment = gateway.books.decide(ref, chosen, now=time.time(), late=gateway.timing.late)
        if chosen is Outcome.HANG:
            self._page(504, pages.gave_up_page(payment), payment)
        elif payment.return_url:
            self._send(303, b"", "text/plain; charset=utf-8", {"Location": payment.return_url})
        else:
            self._page(200, pages.pay_page(payment), payment)

    def _only_the_store(self) -> None:
        shown = (self.headers.get("Authorization") or "").encode("utf-8", "replace")
        if not hmac.compare_digest(shown, f"Bearer {self.server.gateway.key}".encode()):
            raise RequestError(401, "Only the store may ask this.")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length") or ""
        if not length.isascii() or not length.isdigit() or len(length) > 9:
            raise RequestError(411, "Say how long it is.")
        if int(length) > LONGEST_BODY:
            raise RequestError(413, "This is too long.")
        return self.rfile.read(int(length))

    def _json(self, status: int, said: Mapping[str, object]) -> None:
        self._send(status, json.dumps(said).encode(), "application/json")

    def _page(self, status: int, html: str, payment: Payment | None = None) -> None:
        self._send(
            status, html.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": pages.policy(payment)}
        )

    def _send(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        fixed = {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store"}
        fixed |= {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
        for name, value in {**fixed, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _standing(payment: Payment) -> dict[str, object]:
    return {
        "ref": payment.ref,
        "key": payment.key,
        "state": payment.state,
        "amount": payment.amount,
        "currency": payment.currency,
        "reason": payment.reason,
        "mandate": payment.mandate,
    }


def _object(body: bytes) -> Mapping[str, object]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, "This is no JSON.") from error
    if not isinstance(said, dict):
        raise RequestError(400, "This is no JSON object.")
    return said


def _text(said: Mapping[str, object], name: str, *, longest: int = 200) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise RequestError(400, f"{name} is missing or no text.")
    return value


def _amount(said: Mapping[str, object]) -> int:
    value = said.get("amount")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**53:
        raise RequestError(400, "amount is no whole number above zero.")
    return value


def _currency(said: Mapping[str, object]) -> str:
    value = _text(said, "currency")
    if value not in DIGITS:
        raise RequestError(400, "currency is unknown.")
    return value


def _outcome(value: object) -> Outcome:
    try:
        return Outcome(str(value))
    except ValueError as error:
        raise RequestError(400, "There is no such outcome.") from error
