"""The processes of a store under fire: pages, worker, gateway, eight buyers; each may be killed, and starts again."""

from __future__ import annotations

import contextlib
import http.server
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

from tests.integration.money.house import ROOT, environment

BUYERS = 8
KEY = "only for tests"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Relay:
    """Stands between the gateway and the store's pages, hands events on and counts what the store answers."""

    def __init__(self, target: str) -> None:
        self.statuses: Counter[int] = Counter()
        relay = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signed = self.headers["pretend-signature"]
                headers = {"Content-Type": "application/json", "pretend-signature": signed}
                request = urllib.request.Request(target, data=body, headers=headers)
                status = 502
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:
                        status = answer.status
                        relay.statuses[status] += 1
                except urllib.error.HTTPError as error:
                    with error:
                        status = error.code
                        relay.statuses[status] += 1
                except OSError:
                    relay.statuses[0] += 1  # killed: no answer at all
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Household:
    """Every process by name."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder, self.running = folder, {}
        (folder / "journals").mkdir()
        pages, till = free_port(), free_port()
        self.relay = Relay(f"http://127.0.0.1:{pages}/webhooks/pretend/")
        self.env = environment(url, folder) | {
            "BANDSTAND_PRETEND_URL": f"http://127.0.0.1:{till}",
            "BANDSTAND_PRETEND_KEY": KEY,
        }
        store = [sys.executable, "-m", "bandstand.cli", "store"]
        gateway = [sys.executable, "-m", "bandstand.demo.gateway", "--port", str(till), "--webhook", self.relay.url]
        self.commands = {
            "pages": [*store, "web", "--port", str(pages), "--workers", "2"],
            "worker": [*store, "worker", "--processes", "2"],
            "gateway": [*gateway, "--state", str(folder / "gateway.db"), "--hang", "0.5", "--late", "1"],
        }
        for place in range(BUYERS):
            journal = str(folder / "journals" / f"buyer{place}")
            buyer = [sys.executable, "-m", "tests.crash.checkout_buyer", f"buyer{place}", journal]
            self.commands[f"buyer{place}"] = buyer
        self.waits = {"pages": pages, "gateway": till}

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.commands[name],
                env=self.env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """Kill -9 the process and all its children at the same moment."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def wait_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        for name, port in self.waits.items():
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise RuntimeError(f"{name} does not answer; see {self.folder / name}.log") from None
                    time.sleep(0.05)

    def wait_for_trade(self, seconds: float = 180) -> None:
        """Return when every buyer has bought something."""
        deadline = time.monotonic() + seconds
        while not all((self.folder / "journals" / f"buyer{place}").exists() for place in range(BUYERS)) or any(
            not path.stat().st_size for path in (self.folder / "journals").iterdir()
        ):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the buyers don't buy; see {self.folder}/buyer*.log")
            time.sleep(0.1)

    def under_fire(self, kills: int, chance: random.Random) -> Counter[str]:
        """Kill so many processes at random moments, buyers as often as the rest; each is started again at once."""
        killed: Counter[str] = Counter()
        buyers = [name for name in self.commands if name.startswith("buyer")]
        others = [name for name in self.commands if name not in buyers]
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, 1.8))
            name = chance.choice(buyers if chance.random() < 0.5 else others)
            self.kill(name)
            killed["buyer" if name in buyers else name] += 1
            self.start(name)
        return killed

    def stop_buyers(self) -> None:
        for name in [name for name in self.running if name.startswith("buyer")]:
            self.kill(name)

    def close(self) -> None:
        for name in list(self.running):
            self.kill(name)
        self.relay.close()
