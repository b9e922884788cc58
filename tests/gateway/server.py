"""Stripe's addresses, the page to pay on, and the addresses that control it all."""

from __future__ import annotations

import json
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.gateway.books import Books, NoError
from tests.gateway.couriers import Couriers
from tests.gateway.faults import BEFORE, Faults

PAGE = """<!doctype html><html lang="en"><title>Pay</title><h1>Pay</h1><form method="post">
<button name="outcome" value="pay">Pay</button><button name="outcome" value="decline">A card that is declined</button>
<button name="outcome" value="later">A bank that takes its days</button></form><a href="{back}">Back</a></html>"""


class CutError(Exception):
    """The connection ends here, without another byte."""


def nested(words: list[tuple[str, str]]) -> dict:
    """Read `a[b][0]=c` as Stripe does; lists become dicts of their places, `a[]` a list."""
    tree: dict = {}
    for name, value in words:
        parts = re.findall(r"[^\[\]]+|\[\]", name)
        place = tree
        for part in parts[:-1] if parts[-1] != "[]" else parts[:-2]:
            place = place.setdefault(part, {})
        if parts[-1] == "[]":
            place.setdefault(parts[-2], []).append(value)
        else:
            place[parts[-1]] = value
    return tree


class Gateway(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, books: Books, faults: Faults, couriers: Couriers, *, key: str, hang: float) -> None:
        self.books, self.faults, self.couriers, self.key, self.hang = books, faults, couriers, key, hang
        super().__init__(("127.0.0.1", port), Handler)

    def handle_error(self, request, client_address) -> None:
        pass  # those who go away are none of our business


class Handler(BaseHTTPRequestHandler):
    server: Gateway
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.route("GET")

    def do_POST(self) -> None:
        self.route("POST")

    def log_message(self, *_) -> None:
        pass

    def route(self, method: str) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            if url.path == "/healthz":
                self.answer(200, "{}")
            elif url.path.startswith("/control/"):
                self.answer(200, json.dumps(self.control(url.path[9:], json.loads(body or b"{}"))))
            elif url.path.startswith("/c/pay/"):
                self.page(method, url.path[7:], body)
            else:
                self.api(method, url, body)
        except NoError as error:
            self.refuse(error)
        except CutError:
            self.close_connection = True
            self.connection.close()

    def api(self, method: str, url, body: bytes) -> None:
        books, server = self.server.books, self.server
        call = f"{method} {re.sub(r'/(cs|pi|re)_[a-z0-9_]+', '/ID', url.path)}"
        books.count(call)
        if self.headers.get("Authorization") != f"Bearer {server.key}":
            raise NoError(401, "api_key_invalid")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d\.[a-z]+", self.headers.get("Stripe-Version", "")):
            raise NoError(400, "no_version")
        fault = server.faults.of_call(call)
        if fault in BEFORE:
            self.fail(fault)
            return
        words = nested(parse_qsl((body.decode() if method == "POST" else url.query), keep_blank_values=True))
        key = self.headers.get("Idempotency-Key", "") if method == "POST" else ""
        with books.act():
            status, text = self.done(method, url.path, words, key, fault)
        self.spoil(fault, status, text)

    def done(self, method: str, path: str, words: dict, key: str, fault: str) -> tuple[int, str]:
        """Do it, or repeat what was answered under this key."""
        books, place = self.server.books, f"{path} {key}"
        said = json.dumps(words, sort_keys=True)
        kept = books.answered(place, said) if key else None
        if kept:
            return kept
        try:
            status, text = 200, json.dumps(self.act(method, path, words))
        except NoError as error:
            status, text = error.status, self.words_of(error)
        except (KeyError, ValueError):
            status, text = 400, self.words_of(NoError(400, "parameter_missing"))
        if fault == "500-after":
            status, text = 500, "{}"
        if key and status != 400:  # what was not even begun is not kept
            books.keep_answer(place, said, status, text)
        return status, text

    def act(self, method: str, path: str, words: dict) -> dict:
        books = self.server.books
        match (method, *path.strip("/").split("/")[1:]):
            case ("POST", "checkout", "sessions"):
                return books.make_session(words)
            case ("GET", "checkout", "sessions", ref):
                return books.session(ref, expand=bool(words.get("expand")))
            case ("POST", "payment_intents"):
                return books.charge(words)
            case ("GET", "payment_intents", ref):
                return books.intent(ref)
            case ("POST", "refunds"):
                return books.make_refund(words)
            case ("GET", "refunds", ref):
                return books.refund(ref)
            case ("GET", "refunds"):
                found = "SELECT id FROM refunds WHERE intent = ? ORDER BY rowid DESC"  # the latest first, as Stripe's
                refs = [row["id"] for row in books.all(found, words["payment_intent"])]
                begin = refs.index(words["starting_after"]) + 1 if "starting_after" in words else 0
                end = begin + int(words.get("limit", 10))
                page = [books.refund(ref) for ref in refs[begin:end]]
                return {"object": "list", "has_more": end < len(refs), "data": page}
            case ("GET", "events"):
                since, after = int(words["created"]["gte"]), words.get("starting_after", "")
                data, more = books.events(words.get("types", []), since, after, int(words.get("limit", 10)))
                return {"object": "list", "has_more": more, "data": data}
        raise NoError(404, "resource_missing")

    def fail(self, fault: str) -> None:
        if fault == "hang":
            time.sleep(self.server.hang)
            raise CutError
        if fault == "cut":
            raise CutError
        self.answer(int(fault), json.dumps({"error": {"code": "lock_timeout" if fault == "409" else "rate_limit"}}))

    def spoil(self, fault: str, status: int, text: str) -> None:
        """Send the answer, or lose it, or spoil it."""
        if fault == "hang-after":
            time.sleep(self.server.hang)
            raise CutError
        if fault == "cut-after":
            raise CutError
        if fault == "cut-middle":
            self.answer(status, text, cut=len(text) // 2)
            raise CutError
        if fault == "garbage":
            text = "<html>Welcome to nginx!</html>"
        if fault == "long":
            text = json.dumps({"padding": "x" * 200_000})
        if fault in {"amount", "currency", "key"} and status == 200:
            text = self.lie(fault, json.loads(text))
        self.answer(status, text)

    def lie(self, fault: str, thing: dict) -> str:
        for one in [thing, *thing.get("data", [])] if isinstance(thing.get("data"), list) else [thing]:
            for name in ("amount", "amount_total"):
                if fault == "amount" and isinstance(one.get(name), int):
                    one[name] += 100
            if fault == "currency" and "currency" in one:
                one["currency"] = "usd" if one["currency"] == "eur" else "eur"
            if fault == "key":
                one["client_reference_id"] = "pay-of-somebody-else"
                one["metadata"] = {"bandstand_payment": "pay-of-somebody-else", "bandstand_refund": "ref-of-another"}
        return json.dumps(thing)

    def page(self, method: str, ref: str, body: bytes) -> None:
        books = self.server.books
        session = books.session(ref)
        if method == "GET":
            self.answer(200, PAGE.format(back=session["cancel_url"]), kind="text/html")
            return
        ended = books.pay(ref, dict(parse_qsl(body.decode())).get("outcome", ""))
        where = session["success_url"] if ended == "complete" else self.path
        self.answer(303, "", headers={"Location": where})

    def control(self, what: str, said: dict) -> object:
        books, server = self.server.books, self.server
        match what:
            case "books":
                with server.couriers.lock:
                    waiting = len(server.couriers.waiting)
                return books.facts() | {"waiting": waiting}
            case "faults":
                server.faults.take_orders(said)
            case "reset":
                server.faults.take_orders({"plan": [], "api": 0.0, "hooks": {}})
                books.forget_all()
                server.couriers.reset(said["webhook"])
            case "pay":
                key = said["key"]
                row = books.one("SELECT id FROM sessions WHERE key = ? ORDER BY created DESC", key)
                return books.pay(row["id"], said["outcome"])
            case "dispute":
                row = books.one("SELECT id FROM intents WHERE key = ? AND status = 'succeeded'", said["key"])
                return books.open_dispute(row["id"], said.get("amount"), said.get("status", "needs_response"))
            case "close":
                books.close_dispute(said["dispute"], said["status"])
            case "refund":  # a person in the dashboard
                row = books.one("SELECT id FROM intents WHERE key = ?", said["key"])
                with books.act():
                    return books.make_refund({"payment_intent": row["id"], "amount": said["amount"]})
            case "end-refund":
                row = books.one("SELECT id FROM refunds WHERE key = ?", said["refund"])
                books.end_refund(row["id"], said["status"])
            case _:
                raise NoError(404, "resource_missing")
        return None

    def words_of(self, error: NoError) -> str:
        return json.dumps(
            {"error": {"type": error.kind, "code": error.code, "message": f"No: {self.server.key[:6]}***"}}
        )

    def refuse(self, error: NoError) -> None:
        self.answer(error.status, self.words_of(error))

    def answer(
        self,
        status: int,
        text: str,
        *,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
        cut: int | None = None,
    ) -> None:
        body = text.replace("{pages}", f"http://{self.headers.get('Host', '')}").encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:cut])
