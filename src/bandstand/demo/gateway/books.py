"""What the gateway remembers, in one small SQLite file: a restart, or a kill, loses nothing."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import RLock

SCHEMA = """
CREATE TABLE IF NOT EXISTS payments (
  ref TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, order_number TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL, return_url TEXT NOT NULL, keep_mandate INTEGER NOT NULL, mandate TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT 'open', reason TEXT NOT NULL DEFAULT '', refunded INTEGER NOT NULL DEFAULT 0,
  CHECK (refunded <= amount));
CREATE TABLE IF NOT EXISTS refunds (key TEXT PRIMARY KEY, payment TEXT NOT NULL, amount INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY, body TEXT NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0);
"""
COPIES = 5  # of the event that is "answered twice"
MOST_TRIES = 12
LONGEST_PAUSE = 60.0  # seconds between two tries


class Outcome(StrEnum):
    """What the person at the pretend till may press."""

    PAY = "pay"
    DECLINE = "decline"
    HANG = "hang"
    LATE = "late"
    TWICE = "twice"
    NEVER = "never"
    ABANDON = "abandon"


class UnknownError(LookupError):
    """The gateway has no such thing."""


class ConflictError(ValueError):
    """The same key with other facts, or more back than was paid."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment as the gateway sees it."""

    ref: str
    key: str
    order_number: str
    amount: int
    currency: str
    return_url: str
    keep_mandate: bool
    mandate: str
    state: str
    reason: str
    refunded: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to the store."""

    id: int
    body: bytes
    tries: int


class Books:
    """The file. Every change is one transaction, written through."""

    def __init__(self, path: Path) -> None:
        self._lock = RLock()
        self._rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._rows.row_factory = sqlite3.Row
        self._rows.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._rows.close()

    def start(
        self, *, key: str, order_number: str, amount: int, currency: str, return_url: str, keep_mandate: bool
    ) -> Payment:
        """Take a payment on; the same key again is the same payment."""
        with self._act():
            self._rows.execute(
                "INSERT INTO payments (ref, key, order_number, amount, currency, return_url, keep_mandate)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
                (f"pt_{secrets.token_hex(12)}", key, order_number, amount, currency, return_url, keep_mandate),
            )
            payment = self.by_key(key)
        if (payment.amount, payment.currency, payment.order_number) != (amount, currency, order_number):
            raise ConflictError("This key belongs to another payment.")
        return payment

    def charge(self, *, key: str, order_number: str, amount: int, currency: str, mandate: str, now: float) -> Payment:
        """Collect a payment under a mandate, without a visitor."""
        with self._act():
            known = self._rows.execute(
                "SELECT 1 FROM payments WHERE mandate = ? AND mandate <> ''", (mandate,)
            ).fetchone()
            if known is None:
                raise UnknownError(mandate)
            payment = self.start(
                key=key, order_number=order_number, amount=amount, currency=currency, return_url="", keep_mandate=False
            )
            return self.decide(payment.ref, Outcome.PAY, now=now, late=0)

    def by_ref(self, ref: str) -> Payment:
        """Return a payment by the gateway's own name for it."""
        return self._one("SELECT * FROM payments WHERE ref = ?", ref)

    def by_key(self, key: str) -> Payment:
        """Return a payment by the store's key."""
        return self._one("SELECT * FROM payments WHERE key = ?", key)

    def decide(self, ref: str, outcome: Outcome, *, now: float, late: float) -> Payment:
        """End an open payment as somebody pressed, with the events that belong to it. One that has ended stays."""
        paid = outcome not in {Outcome.DECLINE, Outcome.HANG, Outcome.ABANDON}
        reason = {
            Outcome.DECLINE: "The card was declined.",
            Outcome.HANG: "The bank did not answer in time.",
            Outcome.ABANDON: "The payer went away.",
        }.get(outcome, "")
        with self._act():
            payment = self.by_ref(ref)
            if payment.state != "open":
                return payment
            mandate = f"man_{secrets.token_hex(12)}" if paid and payment.keep_mandate else ""
            self._rows.execute(
                "UPDATE payments SET state = ?, reason = ?, mandate = ? WHERE ref = ?",
                ("paid" if paid else "failed", reason, mandate, ref),
            )
            if outcome not in {Outcome.HANG, Outcome.NEVER}:
                event = self._event("paid" if paid else "failed", payment, payment.amount, now, reason=reason)
                due = now + late if outcome is Outcome.LATE else now
                self._send(event, due, copies=COPIES if outcome is Outcome.TWICE else 1)
            return self.by_ref(ref)

    def refund(self, *, key: str, payment_key: str, amount: int, currency: str, now: float) -> None:
        """Return money; the same key again is the same refund."""
        with self._act():
            payment = self.by_key(payment_key)
            done = self._rows.execute("SELECT payment, amount FROM refunds WHERE key = ?", (key,)).fetchone()
            if done is not None:
                if (done["payment"], done["amount"]) != (payment_key, amount):
                    raise ConflictError("This key belongs to another refund.")
                return
            if payment.state != "paid" or currency != payment.currency or payment.refunded + amount > payment.amount:
                raise ConflictError("More would go back than was paid.")
            self._rows.execute("UPDATE payments SET refunded = refunded + ? WHERE key = ?", (amount, payment_key))
            self._rows.execute("INSERT INTO refunds VALUES (?, ?, ?)", (key, payment_key, amount))
            self._send(self._event("refunded", payment, amount, now, refund=key), now, copies=1)

    def due(self, now: float, *, limit: int) -> list[Delivery]:
        """Return events whose time has come."""
        with self._lock:
            rows = self._rows.execute(
                "SELECT id, body, tries FROM deliveries WHERE due <= ? ORDER BY due LIMIT ?", (now, limit)
            ).fetchall()
        return [Delivery(row["id"], row["body"].encode(), row["tries"]) for row in rows]

    def delivered(self, delivery: Delivery) -> None:
        """Forget an event that the store has heard."""
        with self._lock:
            self._rows.execute("DELETE FROM deliveries WHERE id = ?", (delivery.id,))

    def postpone(self, delivery: Delivery, *, now: float) -> None:
        """Try an event again later, each time after twice as long; in the end let it be, as gateways do."""
        if delivery.tries + 1 >= MOST_TRIES:
            self.delivered(delivery)
            return
        due = now + min(LONGEST_PAUSE, 0.5 * 2**delivery.tries)
        with self._lock:
            self._rows.execute("UPDATE deliveries SET tries = tries + 1, due = ? WHERE id = ?", (due, delivery.id))

    def _event(
        self, kind: str, payment: Payment, amount: int, now: float, *, refund: str = "", reason: str = ""
    ) -> Mapping[str, object]:
        return {
            "id": f"evt_{secrets.token_hex(12)}",
            "kind": kind,
            "payment": payment.key,
            "amount": amount,
            "currency": payment.currency,
            "at": int(now),
            "refund": refund,
            "reason": reason,
        }

    def _send(self, event: Mapping[str, object], due: float, *, copies: int) -> None:
        self._rows.executemany("INSERT INTO deliveries (body, due) VALUES (?, ?)", [(json.dumps(event), due)] * copies)

    def _one(self, query: str, name: str) -> Payment:
        with self._lock:
            row = self._rows.execute(query, (name,)).fetchone()
        if row is None:
            raise UnknownError(name)
        return Payment(**{field: row[field] for field in Payment.__slots__})

    @contextmanager
    def _act(self) -> Iterator[None]:
        """One transaction; one within another belongs to it."""
        with self._lock:
            if self._rows.in_transaction:
                yield
                return
            with self._rows:  # commits, or rolls back when the block raises
                self._rows.execute("BEGIN IMMEDIATE")
                yield
