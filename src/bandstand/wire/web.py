"""Asking by HTTP: no redirects, every wait has an end, one kept connection per thread and host."""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from bandstand import __version__
from bandstand.kernel.errors import InputError
from bandstand.wire.errors import BusyError, PlainTextError, UnreachableError

TIMEOUT = 30.0  # seconds without a byte
CHUNK = 256 << 10
LONGEST_WAIT = 300.0  # seconds that a store may make us wait
_AGENT = f"bandstand/{__version__}"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class AddressError(InputError):
    """What was given is no address of a store."""

    code = "wire.address"

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(f"{url!r} is no address of a store.", hint="It looks like https://music.example.org.")


def parts_of(url: str) -> SplitResult:
    """Return the parts of an http or https address.

    Raises
    ------
    AddressError
        It is none, or it has a user, a password or control characters in it.
    PlainTextError
        It is plain http to another machine.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise AddressError(url) from None
    sound = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or not sound:
        raise AddressError(url)
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise PlainTextError(parts.hostname)
    return parts


def origin(url: str) -> str:
    """Return scheme, host and port of an address, in one spelling."""
    parts = parts_of(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname).lower()
    usual = parts.port in (None, 443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{host}" + ("" if usual else f":{parts.port}")


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer, and its body as it comes."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: http.client.HTTPResponse
    host: str

    def read(self, most: int) -> bytes:
        """Return the whole body, at most `most` bytes and one."""
        with _broken(self.host):
            return self.body.read(most + 1)

    def blocks(self) -> Iterator[bytes]:
        """Yield the body in blocks; raises UnreachableError when it ends before its length."""
        with _broken(self.host):
            while block := self.body.read(CHUNK):
                yield block
            if self.body.length:
                raise UnreachableError(self.host, "the connection was cut")


class Web:
    """Connections that are kept open, one for each thread and host."""

    def __init__(self) -> None:
        self._mine = threading.local()

    def ask(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send a request and return the answer's head. Its body must be read, or the connection dropped.

        Raises
        ------
        UnreachableError, BusyError
            There is no connection; the other side asks to wait (429, 503).
        AddressError, PlainTextError
            The address is none that we ask.
        """
        parts = parts_of(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"User-Agent": _AGENT, "Accept-Encoding": "identity", **(headers or {})}
        kept = self._kept()
        name = (parts.scheme, parts.netloc)
        for attempt in (1, 2):
            known = name in kept
            link = kept.setdefault(name, _open(parts))
            try:
                link.request(method, path, body, sent)
                response = link.getresponse()
                break
            except (OSError, http.client.HTTPException) as error:
                self.drop(url)
                if attempt == 2 or not known:  # a kept connection may have been closed by the other side meanwhile
                    raise UnreachableError(parts.netloc, _why(error)) from error
        fields = {key.lower(): value for key, value in response.getheaders()}
        if response.status in (429, 503):
            self.drop(url)
            raise BusyError(parts.netloc, wait=_wait(fields.get("retry-after", "")))
        return Answer(response.status, fields, response, parts.netloc)

    def drop(self, url: str) -> None:
        """Close this thread's connection to an address's host."""
        parts = urlsplit(url)
        link = self._kept().pop((parts.scheme, parts.netloc), None)
        if link is not None:
            link.close()

    def close(self) -> None:
        """Close this thread's connections."""
        for link in self._kept().values():
            link.close()
        self._kept().clear()

    def _kept(self) -> dict[tuple[str, str], http.client.HTTPConnection]:
        kept: dict[tuple[str, str], http.client.HTTPConnection] | None = getattr(self._mine, "kept", None)
        if kept is None:
            kept = self._mine.kept = {}
        return kept


def _open(parts: SplitResult) -> http.client.HTTPConnection:
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=TIMEOUT, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)


@contextlib.contextmanager
def _broken(host: str) -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(host, _why(error)) from error


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT:.0f} seconds"
    if isinstance(error, socket.gaierror):
        return "there is no such name"
    return (str(error) or type(error).__name__)[:200]


def _wait(said: str) -> float:
    """Return the seconds that `Retry-After` asks for: a number, or a date (RFC 9110, section 10.2.3)."""
    if said.isascii() and said.isdecimal():
        return min(float(said[:6]), LONGEST_WAIT)
    try:
        moment = email.utils.parsedate_to_datetime(said).timestamp()
    except (ValueError, TypeError, OverflowError):
        return 5.0
    return min(max(0.0, moment - time.time()), LONGEST_WAIT)
