"""One person who shops over plain HTTP, with cookies, and comes back when the shop does not answer."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
from collections import Counter
from html import unescape
from urllib.parse import quote, urlencode, urljoin, urlsplit

from bandstand.demo.place import Place

RELEASE = "/release/ines-paragon-northbound-signals/"
OUTCOMES = ("pay", "pay", "pay", "decline", "twice", "never", "abandon")


class Shopper(threading.Thread):
    """Buys until told to stop; each purchase is another visitor from another loopback address."""

    def __init__(
        self, shop: Place, number: int, chance: random.Random, done: threading.Event, seen: Counter[str]
    ) -> None:
        super().__init__()
        self.shop, self.number, self.chance, self.done, self.seen = shop, number, chance, done, seen
        self.cookies: dict[str, str] = {}
        self.address = "127.0.0.1"

    def run(self) -> None:
        visit = 0
        while not self.done.is_set():
            visit += 1
            self.cookies = {}
            self.address = f"127.{10 + self.number}.{visit // 250}.{visit % 250 + 1}"
            try:
                self._buy(f"shopper{self.number}-{visit}@buyer.example")
                self.seen["purchases walked through"] += 1
            except OSError:
                self.seen["no answer: killed"] += 1  # the next visit is another try
                time.sleep(0.3)
            except http.client.HTTPException:
                self.seen["cut off: killed"] += 1
                time.sleep(0.3)

    def _buy(self, email: str) -> None:
        store = self.shop.store_url
        page = self._get(store + RELEASE)
        fields = re.findall(r'name="(release|part)" value="(\d+)"', page)
        if not fields:
            return
        kind, value = self.chance.choice(fields)
        self._post(store + "/basket/put/", {**_token(page), kind: value})
        page = self._get(store + "/checkout/")
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        form = hidden | {"email": email, "country": "DE", "provider": "pretend"}
        if self.chance.random() < 0.3:  # presses twice
            threading.Thread(target=self._quietly, args=(store + "/checkout/", dict(form))).start()
        where = self._post(store + "/checkout/", form)
        if "/pay/" in where and self.shop.gateway_url in where:
            self._get(where)
            back = self._post(where, {"outcome": self.chance.choice(OUTCOMES)})
            if back.startswith(store):
                self._get(back)

    def _quietly(self, url: str, form: dict[str, str]) -> None:
        try:
            self._post(url, form)
        except (OSError, http.client.HTTPException):
            self.seen["no answer: killed"] += 1

    def _get(self, url: str) -> str:
        return self._ask("GET", url, None)[1]

    def _post(self, url: str, form: dict[str, str]) -> str:
        """Send a form; return where the answer leads."""
        return urljoin(url, self._ask("POST", url, form)[0])

    def _ask(self, method: str, url: str, form: dict[str, str] | None) -> tuple[str, str]:
        parts = urlsplit(url)
        link = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=40, source_address=(self.address, 0))
        cookies = "; ".join(f"{name}={value}" for name, value in list(self.cookies.items()))
        headers = {"Host": parts.netloc, "Cookie": cookies, "Origin": f"{parts.scheme}://{parts.netloc}"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = quote(parts.path, safe="/%") + (f"?{parts.query}" if parts.query else "")
        try:
            link.request(method, path, urlencode(form) if form is not None else None, headers)
            answer = link.getresponse()
            body = answer.read().decode()
        finally:
            link.close()
        self.seen[str(answer.status)] += 1
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return unescape(answer.headers.get("Location", "")), body


def _token(page: str) -> dict[str, str]:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    return {"csrfmiddlewaretoken": found[1]} if found else {}
