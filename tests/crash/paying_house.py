"""A store that takes payments at the misbehaving gateway, as processes that may be killed."""

from __future__ import annotations

import http.client
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.crash.checkout_house import Household, free_port
from tests.gateway import desk
from tests.integration.money.house import ROOT, environment


def store_environment(url: str, folder: Path, gateway: int) -> dict[str, str]:
    """Return the environment of a store's processes with the gateway on this port."""
    own = {f"BANDSTAND_{name}": value for name, value in desk.settings(gateway).items()}
    return environment(url, folder) | own | {"BANDSTAND_PAYMENT_PROVIDERS": "stripe"}


class Pages:
    """The pages process alone."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env, self.folder, self.port = env, folder, free_port()
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        words = [sys.executable, "-m", "bandstand.cli", "store", "web", "--port", str(self.port), "--workers", "2"]
        with (self.folder / "pages.log").open("ab") as log:
            self.process = subprocess.Popen(
                words, env=self.env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        desk.wait_for(self.port, self.process)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None


class PayingHouse(Household):
    """Every process of a store whose buyers pay at the misbehaving gateway."""

    def __init__(self, url: str, folder: Path, *, faults: dict) -> None:
        super().__init__(url, folder)
        self.relay.close()  # this gateway counts its answers by itself
        pages, till = self.waits["pages"], self.waits["gateway"]
        self.env = store_environment(url, folder, till) | {
            "GATEWAY_KEY": desk.KEY,
            "GATEWAY_SECRET": desk.SECRET,
            "PAYING_GATEWAY": f"http://127.0.0.1:{till}",
        }
        hook = f"http://127.0.0.1:{pages}/webhooks/stripe/"
        state = folder / "gateway.db"
        self.commands["gateway"] = desk.command(port=till, state=state, webhook=hook, hang=1.0, late=2.0, faults=faults)
        self.desk = desk.Desk(folder, till, webhook=hook)
        for name, words in self.commands.items():
            if name.startswith("buyer"):
                words[words.index("tests.crash.checkout_buyer")] = "tests.crash.paying_buyer"

    def under_fire(self, kills: int, chance: random.Random) -> Counter[str]:
        """Kill as everywhere, but a server only while it serves: one that is always starting sees no payment."""
        killed: Counter[str] = Counter()
        buyers = [name for name in self.commands if name.startswith("buyer")]
        others = [name for name in self.commands if name not in buyers]
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, 1.8))
            name = chance.choice(buyers if chance.random() < 0.5 else others)
            if name in self.waits and not self.serves(name):
                while not self.serves(name):
                    time.sleep(0.2)
                time.sleep(chance.uniform(2, 6))  # and it works for a while
            self.kill(name)
            killed["buyer" if name in buyers else name] += 1
            self.start(name)
        return killed

    def serves(self, name: str) -> bool:
        """Whether a server answers: one that only listens has no workers yet."""
        link = http.client.HTTPConnection("127.0.0.1", self.waits[name], timeout=2)
        try:
            link.request("GET", "/healthz")
            return link.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

    def wait_ready(self, seconds: float = 300) -> None:
        deadline = time.monotonic() + seconds
        while not all(self.serves(name) for name in self.waits):
            if time.monotonic() > deadline:
                raise RuntimeError(f"somebody does not answer; see {self.folder}/*.log")
            time.sleep(0.1)

    def close(self) -> None:
        for name in list(self.running):
            self.kill(name)
