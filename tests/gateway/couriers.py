"""The webhooks: signed as Stripe signs, tried until they are heard, and spoilt as the faults will have it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import secrets
import threading
import time
from urllib.parse import urlsplit

from tests.gateway.books import Books
from tests.gateway.faults import Faults

TRIES = 6


def signed(secret: str, body: bytes, *, at: int | None = None) -> str:
    moment = int(time.time()) if at is None else at
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


class Couriers:
    def __init__(self, books: Books, faults: Faults, *, webhook: str, secret: str, late: float) -> None:
        self.books, self.faults, self.webhook, self.secret, self.late = books, faults, webhook, secret, late
        self.waiting: list[tuple[float, int, str, bytes, int]] = []  # due, tries, signature ("" = now), body, event
        self.lock = threading.Lock()
        self.done = threading.Event()
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(4)]
        self.reader = threading.Thread(target=self.read, daemon=True)

    def start(self) -> None:
        for thread in [*self.threads, self.reader]:
            thread.start()

    def reset(self, webhook: str) -> None:
        with self.lock:
            self.webhook = webhook
            self.waiting.clear()

    def read(self) -> None:
        """Take new events from the books and put what will be sent of them into the bag."""
        while not self.done.wait(0.02):
            for row in self.books.untold():
                self.bag(row["body"].encode(), self.faults.of_event())
                self.books.mark_told(row["n"])

    def bag(self, body: bytes, spoilt: set[str]) -> None:
        now, extra = time.time(), []
        due = now + (self.faults.seconds(self.late) if "late" in spoilt else 0)
        if "forged" in spoilt:
            extra.append((now, signed("not the secret", body), body))
        if "old" in spoilt:
            extra.append((now, signed(self.secret, body, at=int(now) - 3600), body))
        if "broken" in spoilt:
            extra.append((now, "", body[: len(body) // 2]))
        extra += [(now, "", lie(body, kind)) for kind in sorted(spoilt) if kind.startswith("lie-")]
        copies = 0 if "forget" in spoilt else 5 if "copies" in spoilt else 1
        with self.lock:
            self.waiting += [(at, TRIES - 1, mark, what, 0) for at, mark, what in extra]
            self.waiting += [(due, 0, "", body, 1)] * copies

    def work(self) -> None:
        while not self.done.is_set():
            taken = self.take()
            if taken is None:
                self.done.wait(0.02)
                continue
            _, tries, mark, body, genuine = taken
            status = self.send(body, mark or signed(self.secret, body))
            self.books.count(f"webhook {status}")
            with self.lock:
                if genuine and not 200 <= status < 300 and tries + 1 < TRIES:
                    self.waiting.append((time.time() + 0.3 * 2**tries, tries + 1, mark, body, genuine))

    def take(self):
        with self.lock:
            due = [one for one in self.waiting if one[0] <= time.time()]
            if not due:
                return None
            self.waiting.remove(due[0])
            return due[0]

    def send(self, body: bytes, mark: str) -> int:
        url = urlsplit(self.webhook)
        if not url.netloc:
            return 0
        link = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        try:
            link.request("POST", url.path, body, {"Content-Type": "application/json", "Stripe-Signature": mark})
            answer = link.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return 0
        else:
            return answer.status
        finally:
            link.close()


def lie(body: bytes, kind: str) -> bytes:
    """Return a genuine-looking event that is not true: another amount, another currency, another payment."""
    event = json.loads(body)
    event["id"] = f"evt_{secrets.token_hex(12)}"
    thing = event["data"]["object"]
    for name in ("amount", "amount_total", "amount_received", "amount_refunded"):
        if kind == "lie-amount" and isinstance(thing.get(name), int):
            thing[name] += 1
    if kind == "lie-currency" and "currency" in thing:
        thing["currency"] = "usd" if thing["currency"] == "eur" else "eur"
    if kind == "lie-key":
        thing["metadata"] = {"bandstand_payment": f"pay-{secrets.token_hex(16)}", "bandstand_refund": "ref-none"}
        thing["payment_intent"] = f"pi_{secrets.token_hex(12)}"
    return json.dumps(event).encode()
