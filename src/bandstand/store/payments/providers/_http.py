"""HTTP for providers: time limits, a cap on the answer, no redirects, no proxy from the environment."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from bandstand.store.payments.providers import Reply, UnreachableError

TIMEOUT = 4.0  # seconds for each step
WHOLE = 8.0  # seconds for the whole answer, however slowly it drips
CAP = 65_536
_CHUNK = 8192


class _StayHere(HTTPRedirectHandler):
    """Hands a redirect back as the answer that it is."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:  # Any: as in the base class
        return None


_OPENER: OpenerDirector = build_opener(ProxyHandler({}), _StayHere())


def exchange(method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
    """Send a request and return the answer, whatever its status.

    Raises
    ------
    UnreachableError
        No connection, no answer in time, or one that is too long.
    """
    try:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise UnreachableError("its address is no web address")
        request = Request(url, data=body, headers=dict(headers), method=method)  # noqa: S310 (the scheme was checked)
        try:
            with _OPENER.open(request, timeout=TIMEOUT) as answer:
                return _read(answer)
        except HTTPError as error:
            with error:
                if not isinstance(error.fp, HTTPResponse):
                    return Reply(error.code, _plain(error.headers), b"")
                return _read(error.fp)
    except URLError as error:
        raise UnreachableError(
            type(error.reason).__name__ if isinstance(error.reason, OSError) else "no connection"
        ) from error
    except (OSError, HTTPException, ValueError) as error:
        raise UnreachableError(type(error).__name__) from error


def _read(answer: HTTPResponse) -> Reply:
    until = time.monotonic() + WHOLE
    body = bytearray()
    while block := answer.read1(_CHUNK):
        body += block
        if len(body) > CAP:
            raise UnreachableError("its answer is too long")
        if time.monotonic() > until:
            raise UnreachableError("its answer takes too long")
    if answer.length:  # read1 tells nothing of a body that ends too early
        raise UnreachableError("its answer was cut off")
    return Reply(answer.status, _plain(answer.headers), bytes(body))


def _plain(headers: Any) -> dict[str, str]:  # Any: http.client's message, which has no better name in both places
    return {name.lower(): value for name, value in headers.items()}
