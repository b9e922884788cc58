"""Asking the store whether a grant still holds, which is also how downloads are counted."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urlsplit

from bandstand.kernel.errors import OutsideError, RefusedError

PATH = "/delivery/check"
KEEP = 30.0  # seconds an answer is believed: a refund is felt within a minute
TIMEOUT = 3.0
MAX_KEPT = 10_000
MAX_ASKED = 256  # at once
_THREADS = 8
_MAX_ANSWER = 4096  # bytes
_MAX_REASON = 300  # characters


class StoreRefusedError(RefusedError):
    """The store says that the grant behind a ticket holds no more."""

    code = "ticket.refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            reason or "The store does not allow this download any more.", hint="Open your shelf to see why."
        )


class StoreSilentError(OutsideError):
    """The store can't be asked; nothing is given out unasked."""

    code = "door.store_silent"

    def __init__(self) -> None:
        super().__init__("The store can't be reached at the moment.", hint="Try it again in a few seconds.")


@dataclass(frozen=True, slots=True)
class _Kept:
    until: float
    refused: str | None
    counted: bool


class StoreCheck:
    """Asks `POST {store}/delivery/check`, or another `path`; answers are kept for half a minute.

    204 allows; 403 with `{"reason": ...}` refuses; anything else, redirects included, counts as silence.
    """

    def __init__(self, store_url: str, *, clock: Callable[[], float] = monotonic, pool: Executor | None = None) -> None:
        self.store_url, self._clock = store_url, clock
        self._pool = pool or ThreadPoolExecutor(_THREADS, thread_name_prefix="store-check")
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._asked: dict[tuple[bytes, bool], asyncio.Future[str | None]] = {}

    async def ask(self, token: str, *, begin: bool, path: str = PATH) -> None:
        """Return when the store allows `token`; `begin` says that a download starts here and is to be counted.

        Raises
        ------
        StoreRefusedError
            It does not.
        StoreSilentError
            It gave no answer in time.

        """
        key = hashlib.sha256(token.encode()).digest()  # a dump of the memory then has no tokens
        kept = self._kept.get(key)
        if kept and kept.until > self._clock() and (kept.refused is not None or kept.counted or not begin):
            refused = kept.refused
        else:
            refused = await self._shared(key, token, begin=begin, path=path)
        if refused is not None:
            raise StoreRefusedError(refused)

    async def _shared(self, key: bytes, token: str, *, begin: bool, path: str) -> str | None:
        """Ask once, however many wait for the same answer."""
        asked = self._asked.get((key, begin))
        if asked is None:
            if len(self._asked) >= MAX_ASKED:
                raise StoreSilentError
            asked = asyncio.ensure_future(self._fresh(key, token, begin=begin, path=path))
            self._asked[key, begin] = asked
            asked.add_done_callback(lambda done: self._forget((key, begin), done))
        return await asyncio.shield(asked)

    def _forget(self, key: tuple[bytes, bool], done: asyncio.Future[str | None]) -> None:
        self._asked.pop(key, None)
        if not done.cancelled():
            done.exception()  # those who waited have seen it

    async def _fresh(self, key: bytes, token: str, *, begin: bool, path: str) -> str | None:
        call = asyncio.get_running_loop().run_in_executor(self._pool, _call, self.store_url, path, token, begin)
        try:
            refused = await asyncio.wait_for(call, TIMEOUT)
        except TimeoutError:
            raise StoreSilentError from None
        self._kept[key] = _Kept(self._clock() + KEEP, refused, counted=begin)
        self._kept.move_to_end(key)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return refused


def _call(store_url: str, path: str, token: str, begin: bool) -> str | None:  # noqa: FBT001  (an executor passes no keywords)
    """Ask the store and return its reason to refuse, or None when it allows."""
    parts = urlsplit(store_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        body = json.dumps({"token": token, "begin": begin})
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        answer = reply.read(_MAX_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        raise StoreSilentError from error
    finally:
        connection.close()
    if reply.status == http.client.NO_CONTENT:
        return None
    if reply.status == http.client.FORBIDDEN:
        return _reason(answer)
    raise StoreSilentError


def _reason(answer: bytes) -> str:
    try:
        found = json.loads(answer)["reason"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    text = found if isinstance(found, str) else ""
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs"))[:_MAX_REASON]
