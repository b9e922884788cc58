"""The file door as a server: an RSGI application for granian, and the function that runs it.

granian reads files itself and sends what one range asks for; what has many pieces goes through `flow`.
"""

from __future__ import annotations

import json
import os
import re
import sys
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol

from bandstand.kernel.errors import SetupError
from bandstand.kernel.units import Bytes
from bandstand.webkit.files import flow
from bandstand.webkit.files.checks import StoreCheck
from bandstand.webkit.files.door import Door, Reply, Request
from bandstand.webkit.files.flow import BodyCutError
from bandstand.webkit.files.settings import DoorSettings
from bandstand.webkit.files.storage import FileGoneError

_LOOKERS, _READERS = 4, 4  # threads: those who find files never queue behind those who read them
_GRACE = 10  # seconds that running downloads have when the server stops
_CONNECTIONS = 8192  # per process; most of them slow downloads, of four descriptors each at most
_HEADER_TIMEOUT = 10_000  # milliseconds
_HEADER_SIZE = 64 << 10  # bytes of a request's head
_MAX_PATH = 200  # characters in the log
_SECRET = re.compile(r"^/t/[^/]*")


class DoorSystemError(SetupError):
    """The file door can't run on this system."""

    code = "door.system"

    def __init__(self) -> None:
        super().__init__("The file door needs /dev/fd.", hint="Run it on Linux, macOS or a BSD, or in a container.")


class HeaderFields(Protocol):
    """The part of granian's request headers that is used."""

    def items(self) -> list[tuple[str, str]]: ...


class Scope(Protocol):
    """The part of granian's scope object that is used."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def client(self) -> str: ...
    @property
    def authority(self) -> str | None: ...
    @property
    def headers(self) -> HeaderFields: ...


class Proto(flow.Proto, Protocol):
    """The part of granian's protocol object that is used."""

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None: ...
    def response_file_range(
        self, status: int, headers: list[tuple[str, str]], file: str, start: int, end: int
    ) -> None: ...


class App:
    """The RSGI application; one per process."""

    def __init__(self, settings: DoorSettings) -> None:
        self.settings = settings
        self.readers = ThreadPoolExecutor(_READERS, thread_name_prefix="read")
        lookers = ThreadPoolExecutor(_LOOKERS, thread_name_prefix="look")
        self.door = Door(settings, StoreCheck(settings.store_url), lookers)

    async def __rsgi__(self, scope: Scope, proto: Proto) -> None:
        """Answer one request and write one line of log."""
        began, request = monotonic(), self._request(scope)
        reply = await self.door.answer(request)
        sent, cut = await self._send(proto, reply)
        if cut:  # has no effect once the answer has begun: then the connection ends before its length
            reply = self.door.failed(request)
            proto.response_bytes(reply.status, [*reply.headers], reply.body)
        _log(request, reply, sent=sent, cut=cut, seconds=monotonic() - began)

    def _request(self, scope: Scope) -> Request:
        fields = _joined(scope.headers.items())
        if scope.authority is not None:  # RFC 9112, section 3.2.2: the address's own host comes first
            fields["host"] = scope.authority
        peer = scope.client.rpartition(":")[0].strip("[]")
        visitor = self.settings.visitor(peer, fields.get("x-forwarded-for", ""))
        return Request(scope.method, scope.path, fields, visitor, uuid.uuid4().hex)

    async def _send(self, proto: Proto, reply: Reply) -> tuple[Bytes, bool]:
        """Send a reply; return how many bytes were handed over, and whether a stored file failed on the way."""
        fields = [*reply.headers]
        if reply.pieces is not None:
            try:
                return await flow.pour(
                    proto, reply.status, reply.headers, reply.pieces, length=reply.length, pool=self.readers
                ), False
            except (FileGoneError, BodyCutError, OSError):
                return Bytes(0), True
        if reply.path:
            proto.response_file_range(reply.status, fields, reply.path, reply.span.start, reply.span.stop)
        elif reply.body:
            proto.response_bytes(reply.status, fields, reply.body)
        else:
            proto.response_empty(reply.status, fields)
        return reply.length, False


def build() -> App:
    """Make the application from the environment; granian calls it in each of its processes."""
    return App(DoorSettings.read(os.environ))


def serve(host: str, port: int, workers: int = 1) -> None:
    """Run the file door until SIGTERM or SIGINT.

    Raises
    ------
    SetupError
        The settings or the system don't allow it.

    """
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    DoorSettings.read(os.environ)
    if not flow.supported():
        raise DoorSystemError
    _allow_descriptors()
    Granian(
        f"{__name__}:{build.__name__}",
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=workers,
        backlog=2048,
        backpressure=_CONNECTIONS,
        factory=True,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_TIMEOUT, max_buffer_size=_HEADER_SIZE),
        websockets=False,
        loop=Loops.asyncio,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=_GRACE,
    ).serve()


def _allow_descriptors() -> None:
    """Raise the soft limit of open files, often 1024, to what the system lets us have."""
    import resource  # not on every system

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * _CONNECTIONS + 1024
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def _joined(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in items:
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def _log(request: Request, reply: Reply, *, sent: Bytes, cut: bool, seconds: float) -> None:
    """Write one line of JSON: no token, no query, nobody's address."""
    line = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "request": request.id,
        "method": request.method[:16],
        "path": _SECRET.sub(f"/t/{reply.ticket or '-'}", request.path)[:_MAX_PATH],
        "status": reply.status,
        "bytes": sent,
        "cut": cut,
        "ms": round(seconds * 1000, 1),
    }
    sys.stderr.write(json.dumps(line) + "\n")
