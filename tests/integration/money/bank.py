"""The world beyond the till, within one process: it speaks as the pretend gateway does, and keeps its own books."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from bandstand.store.payments.providers import Reply, UnreachableError
from bandstand.store.payments.providers.pretend import signature

KEY = "only for tests"


class Bank:
    """Payments, refunds and disputes as a bank has them; `heap` is all it ever told, to be delivered in any order."""

    def __init__(self) -> None:
        self.payments: dict[str, dict] = {}
        self.refunds: dict[str, dict] = {}
        self.disputes: dict[str, dict] = {}
        self.heap: list[dict] = []
        self.delivered: set[str] = set()
        self.mood = "done"  # what becomes of the next refund: done, waiting, failed, silent

    def http(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        where = urlsplit(url)
        if method == "GET":
            known = self.payments.get(parse_qs(where.query)["key"][0])
            return self._reply(200, known) if known else self._reply(404, {})
        facts = json.loads(body or b"{}")
        return self._start(facts) if where.path == "/payments" else self._refund(facts)

    def pay(self, key: str, outcome: str, now: datetime) -> None:
        """The payer presses a button; money that has come stays."""
        payment = self.payments[key]
        if payment["state"] == "paid" or payment["state"] == outcome:
            return
        payment["state"] = outcome
        self._tell(outcome, key, payment["amount"], now)

    def end_refund(self, key: str, outcome: str, now: datetime) -> None:
        """A refund that was taken on is done, or fails."""
        refund = self.refunds[key]
        if refund["state"] == "waiting":
            refund["state"] = outcome
            kind = "refunded" if outcome == "done" else "refund_failed"
            self._tell(kind, refund["payment"], refund["amount"], now, refund=key)

    def dispute(self, key: str, amount: int, now: datetime) -> None:
        """The payer's own bank takes a paid amount back; one dispute at a time."""
        ref = f"dp-{len(self.disputes)}"
        if self.payments[key]["state"] == "paid" and key not in {one["payment"] for one in self.disputes.values()}:
            self.disputes[ref] = {"payment": key, "amount": min(amount, self.payments[key]["amount"]), "state": "open"}
            self._tell("disputed", key, self.disputes[ref]["amount"], now, dispute=ref)

    def end_dispute(self, ref: str, outcome: str, now: datetime) -> None:
        """The payer's bank decides."""
        dispute = self.disputes[ref]
        if dispute["state"] == "open":
            dispute["state"] = outcome
            self._tell(f"dispute_{outcome}", dispute["payment"], dispute["amount"], now, dispute=ref)

    def holds(self) -> int:
        """What this bank owes the store, by its own books."""
        paid = sum(one["amount"] for one in self.payments.values() if one["state"] == "paid")
        back = sum(one["amount"] for one in self.refunds.values() if one["state"] == "done")
        return paid - back - sum(one["amount"] for one in self.disputes.values() if one["state"] != "won")

    def letter(self, event: dict, now: datetime) -> tuple[dict[str, str], bytes]:
        """Return an event as it is delivered at a moment: headers and body."""
        body = json.dumps(event | {"at": int(now.timestamp())}).encode()
        self.delivered.add(event["id"])
        return {"pretend-signature": signature(KEY, int(now.timestamp()), body)}, body

    def _start(self, facts: dict) -> Reply:
        known = {"ref": f"r-{facts['key']}", "page": f"/pay/{facts['key']}", "state": "open", **_money(facts)}
        return self._reply(200, self.payments.setdefault(facts["key"], known))

    def _refund(self, facts: dict) -> Reply:
        if self.mood == "silent":
            raise UnreachableError("it hangs")
        known = self.refunds.get(facts["key"])
        if known is None:
            payment = self.payments[facts["payment"]]
            theirs = [one for one in self.refunds.values() if one["payment"] == facts["payment"]]
            back = sum(one["amount"] for one in theirs if one["state"] != "failed")
            held = any(one["payment"] == facts["payment"] and one["state"] != "won" for one in self.disputes.values())
            fits = payment["state"] == "paid" and back + facts["amount"] <= payment["amount"] and not held
            state = self.mood if fits else "failed"
            known = self.refunds[facts["key"]] = {"payment": facts["payment"], "state": state, **_money(facts)}
        return self._reply(200, {"state": known["state"], "reason": "no" if known["state"] == "failed" else ""})

    def _tell(self, kind: str, key: str, amount: int, now: datetime, **more: str) -> None:
        facts = {"id": f"evt-{len(self.heap)}", "kind": kind, "payment": key, "amount": amount}
        self.heap.append(facts | {"currency": self.payments[key]["currency"]} | more)

    def _reply(self, status: int, facts: dict) -> Reply:
        return Reply(status=status, headers={}, body=json.dumps(facts).encode())


def _money(facts: dict) -> dict:
    return {"amount": facts["amount"], "currency": facts["currency"]}
