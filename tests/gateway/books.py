"""What the gateway really did: one SQLite file, each act one transaction, written through."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from contextlib import contextmanager
from threading import RLock

SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, key TEXT, amount INTEGER, currency TEXT, status TEXT DEFAULT 'open',
  paid TEXT DEFAULT 'unpaid', intent TEXT, words TEXT, created INTEGER, expires_at INTEGER);
CREATE TABLE IF NOT EXISTS intents (
  id TEXT PRIMARY KEY, key TEXT, amount INTEGER, currency TEXT, status TEXT, refunded INTEGER DEFAULT 0, metadata TEXT,
  CHECK (refunded <= amount));
CREATE TABLE IF NOT EXISTS refunds (
  id TEXT PRIMARY KEY, key TEXT, intent TEXT, amount INTEGER, status TEXT, metadata TEXT, created INTEGER);
CREATE TABLE IF NOT EXISTS disputes (id TEXT PRIMARY KEY, intent TEXT, amount INTEGER, status TEXT);
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, words TEXT, status INTEGER, body TEXT);
CREATE TABLE IF NOT EXISTS events (n INTEGER PRIMARY KEY, id TEXT, type TEXT, body TEXT, created INTEGER, told INTEGER);
CREATE TABLE IF NOT EXISTS calls (call TEXT PRIMARY KEY, count INTEGER);
"""
DECLINED = {"code": "card_declined", "decline_code": "insufficient_funds", "message": "Your card has no funds."}


class NoError(Exception):
    """A plain no: status and Stripe's code."""

    def __init__(self, status: int, code: str, kind: str = "invalid_request_error") -> None:
        self.status, self.code, self.kind = status, code, kind
        super().__init__(code)


class Books:
    def __init__(self, path) -> None:
        self._lock = RLock()
        self._rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._rows.row_factory = sqlite3.Row
        self._rows.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA)

    @contextmanager
    def act(self):
        with self._lock:
            if self._rows.in_transaction:
                yield
                return
            self._rows.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._rows.execute("ROLLBACK")
                raise
            self._rows.execute("COMMIT")

    def all(self, sql, *values):
        with self._lock:
            return [dict(row) for row in self._rows.execute(sql, values)]

    def one(self, sql, *values):
        found = self.all(sql, *values)
        if not found:
            raise NoError(404, "resource_missing")
        return found[0]

    def do(self, sql, *values) -> None:
        with self._lock:
            self._rows.execute(sql, values)

    def forget_all(self) -> None:
        with self.act():
            for table in ("sessions", "intents", "refunds", "disputes", "answers", "events", "calls"):
                self.do(f"DELETE FROM {table}")

    def count(self, call: str) -> None:
        self.do("INSERT INTO calls VALUES (?, 1) ON CONFLICT (call) DO UPDATE SET count = count + 1", call)

    # What was answered under a key

    def answered(self, key: str, words: str):
        rows = self.all("SELECT * FROM answers WHERE key = ?", key)
        if rows and rows[0]["words"] != words:
            raise NoError(400, "idempotency_key_in_use_with_other_parameters", "idempotency_error")
        return (rows[0]["status"], rows[0]["body"]) if rows else None

    def keep_answer(self, key: str, words: str, status: int, body: str) -> None:
        self.do("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", key, words, status, body)

    # Sessions

    def make_session(self, words: dict) -> dict:
        item = words["line_items"]["0"]["price_data"]
        now, ends = int(time.time()), int(words["expires_at"])
        if not now + 1800 - 60 <= ends <= now + 86_400:
            raise NoError(400, "expires_at_out_of_range")
        amount = int(item["unit_amount"])
        if amount <= 0 or words["mode"] != "payment":
            raise NoError(400, "parameter_invalid_integer")
        ref = f"cs_test_{secrets.token_hex(12)}"
        self.do(
            "INSERT INTO sessions (id, key, amount, currency, words, created, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            ref, words["client_reference_id"], amount, item["currency"], json.dumps(words), now, ends,
        )  # fmt: skip
        return self.session(ref)

    def session(self, ref: str, *, expand: bool = False) -> dict:
        row = self.one("SELECT * FROM sessions WHERE id = ?", ref)
        words = json.loads(row["words"])
        intent = self.intent(row["intent"]) if expand and row["intent"] else row["intent"]
        return {
            "id": ref, "object": "checkout.session", "amount_total": row["amount"], "currency": row["currency"],
            "client_reference_id": row["key"], "metadata": words["metadata"], "mode": "payment",
            "status": row["status"], "payment_status": row["paid"], "payment_intent": intent,
            "customer": None, "customer_email": words.get("customer_email"), "expires_at": row["expires_at"],
            "url": f"{{pages}}/c/pay/{ref}" if row["status"] == "open" else None,
            "success_url": words["success_url"], "cancel_url": words["cancel_url"],
        }  # fmt: skip

    def pay(self, ref: str, outcome: str) -> str:
        """Do what the payer pressed: pay, decline, later (a bank that takes its days), bank-yes, bank-no, expire."""
        with self.act():
            row = self.one("SELECT * FROM sessions WHERE id = ?", ref)
            if outcome in {"bank-yes", "bank-no"}:
                return self._bank(row, outcome == "bank-yes")
            if row["status"] != "open":
                return row["status"]
            if outcome == "expire" or row["expires_at"] <= time.time():
                self.do("UPDATE sessions SET status = 'expired' WHERE id = ?", ref)
                self.event("checkout.session.expired", self.session(ref))
                return "expired"
            intent = row["intent"] or self._make_intent(row)
            self.do("UPDATE sessions SET intent = ? WHERE id = ?", intent, ref)
            if outcome == "decline":
                self.do("UPDATE intents SET status = 'requires_payment_method' WHERE id = ?", intent)
                self.event("payment_intent.payment_failed", self.intent(intent) | {"last_payment_error": DECLINED})
                return "open"
            later = outcome == "later"
            self.do("UPDATE intents SET status = ? WHERE id = ?", "processing" if later else "succeeded", intent)
            self.do(
                "UPDATE sessions SET status = 'complete', paid = ? WHERE id = ?", "unpaid" if later else "paid", ref
            )
            if not later:
                self.event("payment_intent.succeeded", self.intent(intent))
                self.event("charge.succeeded", {"id": f"ch_{intent}", "object": "charge", "payment_intent": intent})
            self.event("checkout.session.completed", self.session(ref))
            return "complete"

    def _bank(self, row, yes: bool) -> str:
        if row["status"] != "complete" or row["paid"] == "paid":
            return row["status"]
        status = "succeeded" if yes else "requires_payment_method"
        self.do("UPDATE intents SET status = ? WHERE id = ?", status, row["intent"])
        if yes:
            self.do("UPDATE sessions SET paid = 'paid' WHERE id = ?", row["id"])
        kind = "succeeded" if yes else "failed"
        self.event(f"checkout.session.async_payment_{kind}", self.session(row["id"]))
        return "complete"

    def _make_intent(self, row) -> str:
        ref = f"pi_{secrets.token_hex(12)}"
        metadata = json.dumps(json.loads(row["words"])["payment_intent_data"]["metadata"])
        self.do(
            "INSERT INTO intents (id, key, amount, currency, status, metadata) VALUES (?, ?, ?, ?, 'new', ?)",
            ref, row["key"], row["amount"], row["currency"], metadata,
        )  # fmt: skip
        return ref

    def charge(self, words: dict) -> dict:
        """A payment under a mandate."""
        if words["payment_method"] == "pm_declined":
            raise NoError(402, "card_declined", "card_error")
        ref = f"pi_{secrets.token_hex(12)}"
        metadata = words["metadata"]
        self.do(
            "INSERT INTO intents (id, key, amount, currency, status, metadata) VALUES (?, ?, ?, ?, 'succeeded', ?)",
            ref, metadata["bandstand_payment"], int(words["amount"]), words["currency"], json.dumps(metadata),
        )  # fmt: skip
        self.event("payment_intent.succeeded", self.intent(ref))
        return self.intent(ref)

    def intent(self, ref: str) -> dict:
        row = self.one("SELECT * FROM intents WHERE id = ?", ref)
        received = row["amount"] if row["status"] == "succeeded" else 0
        return {
            "id": ref, "object": "payment_intent", "amount": row["amount"], "amount_received": received,
            "currency": row["currency"], "status": row["status"], "metadata": json.loads(row["metadata"]),
            "payment_method": None, "latest_charge": f"ch_{ref}",
        }  # fmt: skip

    # Money that goes back

    def make_refund(self, words: dict, *, status: str = "succeeded") -> dict:
        paid = self.one("SELECT * FROM intents WHERE id = ?", words["payment_intent"])
        amount = int(words["amount"])
        if paid["status"] != "succeeded":
            raise NoError(400, "payment_intent_unexpected_state")
        if self.all("SELECT 1 FROM disputes WHERE intent = ? AND status <> 'won'", paid["id"]):
            raise NoError(400, "charge_disputed")
        if amount <= 0 or paid["refunded"] + amount > paid["amount"]:
            raise NoError(400, "charge_already_refunded")
        ref, metadata = f"re_{secrets.token_hex(12)}", words.get("metadata", {})
        now, key = int(time.time()), metadata.get("bandstand_refund", "")
        self.do("UPDATE intents SET refunded = refunded + ? WHERE id = ?", amount, paid["id"])
        self.do(
            "INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?, ?)",
            ref, key, paid["id"], amount, status, json.dumps(metadata), now,
        )  # fmt: skip
        self.event("refund.created", self.refund(ref))
        self._tell_charge(paid["id"])
        return self.refund(ref)

    def end_refund(self, ref: str, status: str) -> None:
        """A refund that was pending ends, or one that had succeeded fails after all."""
        with self.act():
            row = self.one("SELECT * FROM refunds WHERE id = ?", ref)
            self.do("UPDATE refunds SET status = ? WHERE id = ?", status, ref)
            if status == "failed":
                self.do("UPDATE intents SET refunded = refunded - ? WHERE id = ?", row["amount"], row["intent"])
            self.event("refund.failed" if status == "failed" else "refund.updated", self.refund(ref))

    def refund(self, ref: str) -> dict:
        row = self.one("SELECT * FROM refunds WHERE id = ?", ref)
        currency = self.one("SELECT currency FROM intents WHERE id = ?", row["intent"])["currency"]
        return {
            "id": ref, "object": "refund", "amount": row["amount"], "currency": currency, "status": row["status"],
            "payment_intent": row["intent"], "charge": f"ch_{row['intent']}", "metadata": json.loads(row["metadata"]),
        } | ({"failure_reason": "expired_or_canceled_card"} if row["status"] == "failed" else {})  # fmt: skip

    def _tell_charge(self, intent: str) -> None:
        row = self.one("SELECT * FROM intents WHERE id = ?", intent)
        charge = {
            "id": f"ch_{intent}", "object": "charge", "payment_intent": intent, "amount": row["amount"],
            "amount_refunded": row["refunded"], "currency": row["currency"], "metadata": json.loads(row["metadata"]),
        }  # fmt: skip
        self.event("charge.refunded", charge)

    # Disputes

    def open_dispute(self, intent: str, amount: int | None, status: str) -> str:
        with self.act():
            row = self.one("SELECT * FROM intents WHERE id = ?", intent)
            ref = f"du_{secrets.token_hex(12)}"
            self.do("INSERT INTO disputes VALUES (?, ?, ?, ?)", ref, intent, amount or row["amount"], status)
            self.event("charge.dispute.created", self.dispute(ref))
            if not status.startswith("warning_"):
                self.event("charge.dispute.funds_withdrawn", self.dispute(ref))
            return ref

    def close_dispute(self, ref: str, status: str) -> None:
        with self.act():
            self.do("UPDATE disputes SET status = ? WHERE id = ?", status, ref)
            self.event("charge.dispute.closed", self.dispute(ref))

    def dispute(self, ref: str) -> dict:
        row = self.one("SELECT * FROM disputes WHERE id = ?", ref)
        currency = self.one("SELECT currency FROM intents WHERE id = ?", row["intent"])["currency"]
        return {
            "id": ref, "object": "dispute", "amount": row["amount"], "currency": currency, "status": row["status"],
            "payment_intent": row["intent"], "charge": f"ch_{row['intent']}", "reason": "fraudulent", "metadata": {},
        }  # fmt: skip

    # Events

    def event(self, kind: str, thing: dict) -> None:
        now, ref = int(time.time()), f"evt_{secrets.token_hex(12)}"
        body = json.dumps(
            {"id": ref, "object": "event", "type": kind, "created": now, "livemode": False, "data": {"object": thing}}
        )
        self.do("INSERT INTO events (id, type, body, created, told) VALUES (?, ?, ?, ?, 0)", ref, kind, body, now)

    def untold(self) -> list[dict]:
        return self.all("SELECT * FROM events WHERE told = 0 ORDER BY n LIMIT 50")

    def mark_told(self, n: int) -> None:
        self.do("UPDATE events SET told = 1 WHERE n = ?", n)

    def events(self, kinds: list[str], since: int, after: str, limit: int) -> tuple[list[dict], bool]:
        """The newest first, as Stripe lists them."""
        rows = self.all("SELECT * FROM events WHERE created >= ? ORDER BY n DESC", since)
        rows = [row for row in rows if not kinds or row["type"] in kinds]
        if after:
            place = next((at for at, row in enumerate(rows) if row["id"] == after), len(rows))
            rows = rows[place + 1 :]
        return [json.loads(row["body"]) for row in rows[:limit]], len(rows) > limit

    def facts(self) -> dict:
        """All that the gateway knows to be true."""
        payments = {}
        for row in self.all("SELECT * FROM intents"):
            held = self.all("SELECT * FROM disputes WHERE intent = ? AND status <> 'won'", row["id"])
            payments[row["id"]] = {
                "key": row["key"], "paid": row["status"] == "succeeded", "amount": row["amount"],
                "currency": row["currency"].upper(), "refunded": row["refunded"],
                "disputed": sum(one["amount"] for one in held if not one["status"].startswith("warning_")),
            }  # fmt: skip
        refunds = self.all("SELECT * FROM refunds")
        counts = {row["call"]: row["count"] for row in self.all("SELECT * FROM calls")}
        return {
            "payments": payments,
            "sessions": {row["id"]: [row["key"], row["status"]] for row in self.all("SELECT * FROM sessions")},
            "refunds": {row["id"]: [row["key"], row["amount"], row["status"]] for row in refunds},
            "calls": {call: count for call, count in counts.items() if not call.startswith("webhook ")},
            "answers": {call[8:]: count for call, count in counts.items() if call.startswith("webhook ")},
            "untold": len(self.untold()),
            "events": self.all("SELECT count(*) AS n FROM events")[0]["n"],
        }  # fmt: skip
