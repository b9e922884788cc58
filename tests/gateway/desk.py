"""The misbehaving gateway as tests and drills use it: the process, its buttons, its books."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk_test_only_for_tests"
SECRET = "whsec_only_for_tests"


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_opener = urllib.request.build_opener(_Stay(), urllib.request.ProxyHandler({}))


def command(*, port: int, state: Path, webhook: str, hang: float, late: float, faults: dict | None = None) -> list[str]:
    return [
        *(sys.executable, "-m", "tests.gateway", "--port", str(port), "--state", str(state), "--webhook", webhook),
        *("--hang", str(hang), "--late", str(late), "--faults", json.dumps(faults or {})),
    ]


def settings(port: int) -> dict[str, str]:
    """The store's settings for a gateway on this port."""
    url = f"http://127.0.0.1:{port}"
    return {"STRIPE_URL": url, "STRIPE_PAGES_URL": url, "STRIPE_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET}


def wait_for(port: int, process: subprocess.Popen, seconds: float = 60) -> None:
    """Return when a process listens."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        assert process.poll() is None, "the process ended"
        time.sleep(0.05)
    raise AssertionError("the process does not answer")


class Desk:
    def __init__(self, folder: Path, port: int, *, webhook: str = "", hang: float = 0.2, late: float = 0.3) -> None:
        self.port, self.url, self.folder, self.webhook = port, f"http://127.0.0.1:{port}", folder, webhook
        self.hang, self.late = hang, late
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start, unless it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        state = self.folder / "gateway.db"
        words = command(port=self.port, state=state, webhook=self.webhook, hang=self.hang, late=self.late)
        env = os.environ | {"GATEWAY_KEY": KEY, "GATEWAY_SECRET": SECRET, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        self.process = subprocess.Popen(words, env=env, cwd=ROOT, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                self.call("GET", "/healthz")
                return
            assert self.process.poll() is None, "the gateway ended"
            time.sleep(0.02)
        raise AssertionError("the gateway does not answer")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)
            self.process = None

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers)
        try:
            with _opener.open(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def control(self, what: str, **said: object):
        status, body = self.call("POST", f"/control/{what}", json.dumps(said).encode())
        assert status == 200, (what, body)
        return json.loads(body)

    def faults(self, *plan: tuple[str, str], **facts: object) -> None:
        """Plan the faults of the next calls: pairs of a pattern such as "POST /v1/refunds" and what goes wrong."""
        self.control("faults", plan=[{"where": where, "what": what} for where, what in plan], **facts)

    def press(self, payment, outcome: str) -> None:
        """Do what the payer does on the page of a payment: pay, decline, later, bank-yes, bank-no, expire."""
        self.control("pay", key=payment.key, outcome=outcome)

    def books(self) -> dict:
        return self.control("books")

    def calls(self, start: str) -> int:
        """How often an address was called."""
        return sum(count for call, count in self.books()["calls"].items() if call.startswith(start))
