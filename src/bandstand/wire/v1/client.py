"""A store, as a listener's program sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

from bandstand.wire import web
from bandstand.wire.errors import LinkEndedError, RefusedByStoreError, SignedOutError
from bandstand.wire.v1 import reading
from bandstand.wire.v1.messages import DeviceCode, Json, Manifest, Token
from bandstand.wire.web import Answer, Web

CLIENT_ID = "bandstand-fetch"
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_MAX_ERROR = 64 << 10
_MAX_PAGES = 10_000
_TITLE = re.compile(r"<title>([^<]{1,300})</title>")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


class NotYetError(RefusedByStoreError):
    """Nobody has let the program in yet; `slower` asks for longer pauses."""

    code = "wire.not_yet"

    def __init__(self, *, slower: bool) -> None:
        self.slower = slower
        super().__init__(400, "Nobody has answered yet.")


class Store:
    """One store. Its token goes to this store alone, never to where its files are."""

    def __init__(self, url: str, *, token: str = "", asking: Web | None = None) -> None:
        self.url, self.token = web.origin(url), token
        self.web = asking or Web()

    def ask_to_pair(self, name: str) -> DeviceCode:
        """Ask to be let in; what comes back is shown to the person."""
        said = self._post("/connect/device/code", {"client_id": CLIENT_ID, "name": name})
        return DeviceCode.read(said)

    def redeem(self, device_code: str) -> Token:
        """Fetch the token.

        Raises
        ------
        NotYetError
            Ask again after the interval.
        RefusedByStoreError
            It was refused, or its time is over.
        """
        facts = {"grant_type": _GRANT, "device_code": device_code, "client_id": CLIENT_ID}
        return Token.read(self._post("/connect/token", facts))

    def manifest(self, *, wish: str, after: int = 0) -> Manifest:
        """Return one page of all that the token's owner has.

        Raises
        ------
        SignedOutError, RefusedByStoreError, MessageError, UnreachableError, BusyError
            The store does not give it.
        """
        query = urlencode({"format": wish, "after": after})
        url = f"{self.url}/wire/v1/takeout?{query}"
        answer = self.web.ask("GET", url, headers={"Authorization": f"Bearer {self.token}", **_JSON})
        return Manifest.read(self._said(answer))

    def pages(self, *, wish: str) -> Iterator[Manifest]:
        """Yield all pages."""
        after = 0
        for _ in range(_MAX_PAGES):
            page = self.manifest(wish=wish, after=after)
            yield page
            if not page.next:
                return
            if page.next <= after:
                raise reading.MessageError("next", "further on than the page before")
            after = page.next

    def open_file(self, url: str, *, sha256: str, start: int) -> Answer:
        """Ask for a file from byte `start` on: 206 with the rest, or 200 with all of it.

        Raises
        ------
        LinkEndedError
            The link has ended, or what it was for is not owned any more.
        RefusedByStoreError, UnreachableError, BusyError
            It is not given.
        """
        if urlsplit(self.url).scheme == "https" and urlsplit(url).scheme != "https":
            raise reading.MessageError("url", "an https address, as the store's own is")
        headers = {"Range": f"bytes={start}-", "If-Range": f'"{sha256}"'} if start else {}
        answer = self.web.ask("GET", url, headers=headers)
        if answer.status in (200, 206):
            return answer
        said = answer.read(_MAX_ERROR)
        self.web.drop(url)
        if answer.status in (401, 403, 404, 410):
            raise LinkEndedError(_sentence(said))
        raise RefusedByStoreError(answer.status, _sentence(said))

    def _post(self, path: str, facts: dict[str, str]) -> Json:
        body = urlencode(facts).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded", **_JSON}
        return self._said(self.web.ask("POST", self.url + path, headers=kind, body=body))

    def _said(self, answer: Answer) -> Json:
        body = answer.read(reading.MAX_MESSAGE)
        if len(body) > reading.MAX_MESSAGE:
            self.web.drop(self.url)
        if answer.status == 200:
            return reading.parse(body)
        if answer.status == 401:
            raise SignedOutError(answer.host)
        try:
            said = reading.parse(body)
        except reading.MessageError:
            said = {}
        word = said.get("error")
        if word in ("authorization_pending", "slow_down"):
            raise NotYetError(slower=word == "slow_down")
        raise RefusedByStoreError(
            answer.status, shown(said.get("sentence") or said.get("error_description")), shown(said.get("hint"))
        )


_JSON = {"Accept": "application/json"}


def shown(said: object) -> str:
    """Return what a store says fit for a terminal: one line, without control characters."""
    return " ".join(_UNSEEN.sub(" ", said).split())[:300] if isinstance(said, str) else ""


def _sentence(page: bytes) -> str:
    found = _TITLE.search(page.decode("utf-8", "replace"))
    return shown(found[1]) if found else ""
