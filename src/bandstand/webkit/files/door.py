"""What the file door answers: who may have which bytes. No sockets here; `app` sends what comes out."""

from __future__ import annotations

import asyncio
import hashlib
import html
import math
import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TypeVar
from urllib.parse import quote

from bandstand.kernel.errors import BandstandError, RefusedError
from bandstand.kernel.units import Bytes
from bandstand.licences import tickets
from bandstand.licences.tickets import Kind, Purpose, Ticket, TicketError
from bandstand.webkit.files import checks, headers, ranges, storage, tars, zips
from bandstand.webkit.files.budget import Budget
from bandstand.webkit.files.checks import StoreCheck, StoreRefusedError, StoreSilentError
from bandstand.webkit.files.flow import Piece
from bandstand.webkit.files.headers import Headers
from bandstand.webkit.files.manifests import MAX_MANIFEST, Manifest, ManifestError
from bandstand.webkit.files.ranges import NOTHING, Answer, Span
from bandstand.webkit.files.settings import DoorSettings
from bandstand.webkit.files.storage import FileGoneError, Found

METHODS = ("GET", "HEAD")
MAX_PIECES = 120_000  # of the layouts kept in memory: one of the largest, or some thousand albums
ASKED_AT = {Purpose.TAKEOUT: "/takeout/check"}  # the others: where downloads are
_RETRY = "5"  # seconds
EMPTY = Span(0, 0)
T = TypeVar("T")


class TooManyPreviewsError(RefusedError):
    """One address has had its previews for now."""

    code = "door.previews"

    def __init__(self, wait: float) -> None:
        self.wait = math.ceil(wait)
        super().__init__("That was a lot of previews.", hint=f"The next one plays in {self.wait} seconds.")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. Header names are in lower case, several lines of one are joined with commas."""

    method: str
    path: str  # decoded
    headers: Mapping[str, str]
    visitor: str
    id: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What to send: our `body`, the bytes `span` of the stored file `path`, or `pieces`; `ticket` is for the log."""

    status: int
    headers: Headers
    body: bytes = b""
    path: str = ""
    span: Span = EMPTY
    pieces: Iterator[bytes | Piece] | None = None
    length: Bytes = NOTHING
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a stored file, found and opened when their turn comes."""

    root: Path
    key: str
    size: int
    start: int
    stop: int

    def open(self) -> int:
        """Return a descriptor that the caller closes."""
        return storage.open_file(self.root, self.key, size=self.size)


@dataclass
class Door:
    """Answers requests; one per process."""

    settings: DoorSettings
    check: StoreCheck
    pool: Executor  # for the disk
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    ticks: Callable[[], float] = monotonic

    def __post_init__(self) -> None:
        self._budget = Budget(self.settings.preview_budget)
        self._layouts: OrderedDict[tuple[str, Kind], tuple[zips.Layout, datetime]] = OrderedDict()
        self._public = Path(os.path.realpath(self.settings.root / "public"))

    async def answer(self, request: Request) -> Reply:
        """Answer any request; never raises for what people or files do wrong."""
        fixed = headers.fixed(self.settings.store_url, request.id)
        try:
            reply = await self._route(request)
        except TicketError as error:
            reply = page(403, error)
        except StoreRefusedError as error:
            reply = page(403, error)
        except TooManyPreviewsError as error:
            reply = page(429, error, ("retry-after", str(error.wait)))
        except StoreSilentError as error:
            reply = page(503, error, ("retry-after", _RETRY))
        except FileGoneError as error:
            reply = page(404, error)
        except OSError:
            return self.failed(request)
        return _finished(request, reply, fixed)

    def failed(self, request: Request) -> Reply:
        """Return what is said when the disk or the system failed."""
        reply = plain(500, f"Something went wrong here. If it stays so, tell us this number: {request.id}\n")
        return _finished(request, reply, headers.fixed(self.settings.store_url, request.id))

    async def _route(self, request: Request) -> Reply:
        probe = request.path in ("/healthz", "/readyz")
        if not probe and not self.settings.answers_to(request.headers.get("host", "")):
            return plain(400, "This server has another name.\n")
        if request.method not in METHODS:
            return plain(405, "Only GET and HEAD work here.\n", ("allow", ", ".join(METHODS)))
        if probe:
            return await self._probe(request.path)
        _, area, rest = [*request.path.split("/", 2), "", ""][:3]
        if area == "t" and rest:
            return await self._ticketed(request, rest.partition("/")[0])
        if area == "public" and rest:
            return await self._open_to_all(request, rest)
        return plain(404, "There is nothing here.\n")

    async def _probe(self, path: str) -> Reply:
        if path == "/readyz":
            try:
                await self._disk(_touch, self.settings.root)
            except OSError:
                return plain(503, "The folder of the files can't be read.\n", ("retry-after", _RETRY))
        return plain(200, "ok\n")

    async def _open_to_all(self, request: Request, key: str) -> Reply:
        try:
            found = await self._disk(storage.find, self._public, key)
        except FileGoneError:
            return plain(404, "There is nothing here.\n")
        if self.settings.nginx_path:
            kept = ("cache-control", headers.IMMUTABLE)
            return self._by_nginx(f"public/{key}", headers.media_type(key), kept)
        etag = hashlib.sha256(f"{key}\0{found.size}\0{found.stamp}".encode()).hexdigest()
        answer = self._ranges(request, found.size, etag, found.modified, headers.media_type(key))
        return self._of_file(answer, self._public, key, found, ("cache-control", headers.IMMUTABLE))

    async def _ticketed(self, request: Request, token: str) -> Reply:
        ticket = tickets.verify(token, self.settings.keys, now=self.clock())
        if ticket.purpose is Purpose.PREVIEW and request.method == "GET":
            wait = self._budget.take(request.visitor, now=self.ticks())
            if wait:
                raise TooManyPreviewsError(wait)
        root, media_type = self.settings.root, ticket.media_type
        extra = (("cache-control", headers.TICKETED), ("content-disposition", headers.disposition(ticket.name)))
        if ticket.kind is not Kind.FILE:
            plan, modified = await self._packed(ticket)
            etag = ticket.etag if ticket.kind is Kind.ZIP else f"{ticket.etag}.{ticket.kind}"
            answer = self._ranges(request, plan.size, etag, modified, media_type)
            await self._disk(_look, root, plan, answer.spans)
            reply = Reply(
                answer.status, (*answer.headers, *extra), pieces=_of_plan(root, plan, answer), length=answer.length
            )
        else:
            found = await self._disk(lambda: storage.find(root, ticket.path, size=ticket.size))
            if self.settings.nginx_path:  # conditions are about validators of nginx's own
                only = {name: value for name, value in request.headers.items() if name == "range"}
                request = replace(request, headers=only)
            answer = self._ranges(request, ticket.size, ticket.etag, found.modified, media_type)
            if self.settings.nginx_path:
                reply = self._by_nginx(ticket.path, media_type, *extra)
            else:
                reply = self._of_file(answer, root, ticket.path, found, *extra)
        if ticket.grant:
            begin = any(span.start == 0 for span in answer.spans)
            await self.check.ask(token, begin=begin, path=ASKED_AT.get(ticket.purpose, checks.PATH))
        return replace(reply, ticket=ticket.id)

    def _ranges(self, request: Request, size: Bytes, etag: str, modified: datetime, media_type: str) -> Answer:
        return ranges.answer(
            request.method,
            request.headers,
            size=size,
            etag=etag,
            modified=modified,
            now=self.clock(),
            media_type=media_type,
        )

    def _of_file(self, answer: Answer, root: Path, key: str, found: Found, *extra: tuple[str, str]) -> Reply:
        sent = (*answer.headers, *extra)
        if len(answer.body) == 1:
            return Reply(answer.status, sent, path=found.path, span=answer.spans[0], length=answer.length)
        pieces: Iterator[bytes | Piece] = (
            Part(root, key, found.size, piece.start, piece.stop) if isinstance(piece, Span) else piece
            for piece in answer.body
        )
        return Reply(answer.status, sent, pieces=pieces, length=answer.length)

    def _by_nginx(self, key: str, media_type: str, *extra: tuple[str, str]) -> Reply:
        """Let the nginx in front send a stored file; it answers ranges and conditions by itself."""
        place = f"{self.settings.nginx_path}{quote(key)}"
        about = ("content-type", media_type), ("content-length", "0"), ("x-accel-redirect", place)
        return Reply(200, (*about, *extra))

    async def _packed(self, ticket: Ticket) -> tuple[zips.Layout, datetime]:
        name = ticket.etag, ticket.kind
        kept = self._layouts.get(name)
        if kept is None:
            kept = await self._disk(_plan, self.settings.root, ticket)
            self._layouts[name] = kept
            while len(self._layouts) > 1 and sum(len(plan.pieces) for plan, _ in self._layouts.values()) > MAX_PIECES:
                self._layouts.popitem(last=False)
        else:
            self._layouts.move_to_end(name)
        if kept[0].size != ticket.size:
            raise FileGoneError(ticket.path)
        return kept

    async def _disk(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, work, *arguments)


def page(status: int, error: BandstandError, *extra: tuple[str, str]) -> Reply:
    """Return a small page that says what is wrong and what to do."""
    sentence, hint = html.escape(error.sentence), html.escape(error.hint)
    body = (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{sentence}</title><h1>{sentence}</h1><p>{hint}</p></html>\n"
    ).encode("utf-8", "replace")
    return _own(status, body, "text/html; charset=utf-8", extra)


def plain(status: int, sentence: str, *extra: tuple[str, str]) -> Reply:
    """Return a line of text."""
    return _own(status, sentence.encode(), "text/plain; charset=utf-8", extra)


def _own(status: int, body: bytes, media_type: str, extra: Headers) -> Reply:
    about = ("content-type", media_type), ("content-length", str(len(body))), ("cache-control", headers.NEVER)
    return Reply(status, (*about, *extra), body=body, length=Bytes(len(body)))


def _finished(request: Request, reply: Reply, fixed: Headers) -> Reply:
    silent = request.method == "HEAD" or reply.length == 0
    kept = reply if not silent else Reply(reply.status, reply.headers, ticket=reply.ticket)
    return replace(kept, headers=(*kept.headers, *fixed))


def _touch(root: Path) -> None:
    with os.scandir(root) as entries:
        next(entries, None)


def _plan(root: Path, ticket: Ticket) -> tuple[zips.Layout, datetime]:
    found = storage.find(root, ticket.path)
    if found.size > MAX_MANIFEST:
        raise FileGoneError(ticket.path)
    try:
        manifest = Manifest.read(Path(found.path).read_bytes())
    except (OSError, ManifestError) as error:
        raise FileGoneError(ticket.path) from error
    if manifest.etag != ticket.etag:
        raise FileGoneError(ticket.path)
    return (tars if ticket.kind is Kind.TAR else zips).layout(manifest), manifest.modified


def _look(root: Path, plan: zips.Layout, spans: tuple[Span, ...]) -> None:
    """Make sure that every file that will be sent is there, before a header is."""
    for span in spans:
        for piece in zips.slices(plan, span.start, span.stop):
            if not isinstance(piece, bytes) and not storage.present(root, piece.entry.path, piece.entry.size):
                raise FileGoneError(piece.entry.path)


def _of_plan(root: Path, plan: zips.Layout, answer: Answer) -> Iterator[bytes | Piece]:
    for piece in answer.body:
        if isinstance(piece, bytes):
            yield piece
            continue
        for inner in zips.slices(plan, piece.start, piece.stop):
            if isinstance(inner, bytes):
                yield inner
            else:
                yield Part(root, inner.entry.path, inner.entry.size, inner.start, inner.stop)
