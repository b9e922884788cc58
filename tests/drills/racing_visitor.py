"""A visitor of a store over plain HTTP: an address, a jar of cookies, forms as pages carry them."""

from __future__ import annotations

import http.client
import re
from collections import Counter
from html import unescape
from urllib.parse import quote, urlencode, urljoin, urlsplit

from bandstand.demo.place import Place

_HIDDEN = re.compile(r'<input[^>]*\btype="hidden"[^>]*>')
_NAMED = re.compile(r'\bname="([^"]+)"')
_VALUE = re.compile(r'\bvalue="([^"]*)"')
_THING = re.compile(r'name="(release|part)"\s+value="(\d+)"')


class Visitor:
    """One browser without script; `seen` counts the answers by status."""

    def __init__(self, shop: Place, address: str, seen: Counter[str]) -> None:
        self.shop, self.address, self.seen = shop, address, seen
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> str:
        """Return a page; where it leads on to, the page there."""
        _, leads_to, body = self.ask("GET", path)
        return self.ask("GET", leads_to)[2] if leads_to else body

    def post(self, path: str, form: dict[str, str]) -> str:
        """Send a form; return where the answer leads."""
        return self.ask("POST", path, form)[1]

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Return status, where the answer leads, and its body."""
        url = urljoin(self.shop.store_url, path)
        parts = urlsplit(url)
        link = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=120, source_address=(self.address, 0))
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Host": parts.netloc, "Cookie": cookies, "Origin": f"{parts.scheme}://{parts.netloc}"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        where = quote(parts.path, safe="/%") + (f"?{parts.query}" if parts.query else "")
        try:
            link.request(method, where, urlencode(form) if form is not None else None, headers)
            answer = link.getresponse()
            body = answer.read().decode()
        finally:
            link.close()
        self.seen[str(answer.status)] += 1
        if answer.status >= 400 and answer.status != 409:
            self.seen[f"{answer.status} at {method} /{parts.path.split('/')[1]}/"] += 1
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        leads_to = answer.headers.get("Location", "")
        return answer.status, urljoin(url, unescape(leads_to)) if leads_to else "", body

    @staticmethod
    def hidden(page: str) -> dict[str, str]:
        """Return the hidden fields of a page, its token among them; of two by one name, the last."""
        fields = {}
        for tag in _HIDDEN.findall(page):
            name, value = _NAMED.search(tag), _VALUE.search(tag)
            if name:
                fields[name[1]] = unescape(value[1]) if value else ""
        return fields

    @classmethod
    def token(cls, page: str) -> dict[str, str]:
        """Return what a page's forms carry to prove that they are the store's."""
        return {"csrfmiddlewaretoken": cls.hidden(page)["csrfmiddlewaretoken"]}

    @staticmethod
    def things(page: str) -> list[tuple[str, str]]:
        """Return what can be put into the basket on a page."""
        return list(dict.fromkeys(_THING.findall(page)))
