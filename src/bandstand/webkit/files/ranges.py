"""Which bytes of a file answer a request: RFC 9110, sections 13 and 14, as one pure function.

Choices where the standard leaves one: an invalid or abusive `Range` is ignored (200 with the whole file; a player that
sends nonsense still plays), overlapping and touching ranges are joined, what is then one range is sent plain.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bandstand.kernel.units import Bytes
from bandstand.webkit.files import conditions
from bandstand.webkit.files.conditions import Validators, Verdict

MAX_RANGES = 20
NOTHING = Bytes(0)
_MAX_FIELD = 1000  # characters: twenty ranges of 2**63 bytes fit
_RANGE = re.compile(r"([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `start` up to, not including, `stop`."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send: a status, headers in order, and the body as bytes of ours and spans of the file."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: tuple[bytes | Span, ...] = ()
    length: Bytes = NOTHING

    @property
    def spans(self) -> tuple[Span, ...]:
        """The parts of the file that are sent."""
        return tuple(piece for piece in self.body if isinstance(piece, Span))


def answer(
    method: str,
    headers: Mapping[str, str],
    *,
    size: Bytes,
    etag: str,
    modified: datetime,
    now: datetime,
    media_type: str = "application/octet-stream",
) -> Answer:
    """Answer a GET or HEAD for a file of `size` bytes.

    `headers` are the request's by lower-case name, several lines of one field joined with commas; `etag` is strong and
    without quotes.
    """
    current = Validators(etag, modified)
    fixed = (("accept-ranges", "bytes"), ("etag", current.quoted), ("last-modified", _date(current)))
    verdict = conditions.judge(method, headers, current, now=now)
    if verdict is Verdict.NOT_MODIFIED:
        return Answer(304, fixed)
    if verdict is Verdict.FAILED:
        return _empty(412, fixed)
    spans = None
    if method == "GET" and "range" in headers and conditions.range_holds(headers, current, now=now):
        spans = wanted(headers["range"], size)
    if spans is None:
        body = (Span(0, size),) if method == "GET" and size else ()
        return Answer(200, (*fixed, ("content-type", media_type), ("content-length", str(size))), body, size)
    if not spans:
        return _empty(416, (*fixed, ("content-range", f"bytes */{size}")))
    return _partial(spans, fixed, size=size, etag=etag, media_type=media_type)


def wanted(field: str, size: Bytes) -> list[Span] | None:
    """Read a `Range` field: the spans in the order asked for, joined where they touch.

    Empty when none of them lies in the file (416); None when the field is to be ignored.
    """
    unit, equals, rest = field.partition("=")
    if unit.strip(" \t").lower() != "bytes" or not equals or len(field) > _MAX_FIELD:
        return None
    specs = [spec for part in rest.split(",") if (spec := part.strip(" \t"))]
    if not 1 <= len(specs) <= MAX_RANGES:
        return None
    spans: list[Span] = []
    for spec in specs:
        found = _RANGE.fullmatch(spec)
        if found is None or (found[2] and int(found[2]) < int(found[1])):
            return None
        if found[3] and int(found[3]) and not size:
            return None  # satisfiable (section 14.1.2), but Content-Range cannot name an empty range: send the whole
        span = _clip(found, size)
        if span is not None:
            spans = _joined(spans, span)
    return spans


def _clip(found: re.Match[str], size: Bytes) -> Span | None:
    if found[3]:
        start, stop = max(0, size - int(found[3])), int(size)
    else:
        start, stop = int(found[1]), min(size, int(found[2]) + 1) if found[2] else int(size)
    return Span(start, stop) if start < stop else None


def _joined(spans: list[Span], new: Span) -> list[Span]:
    """Add a span; whatever it touches melts into the place of the first (section 15.3.7.2)."""
    touching = [span for span in spans if span.start <= new.stop and new.start <= span.stop]
    if not touching:
        return [*spans, new]
    whole = Span(min(new.start, *(s.start for s in touching)), max(new.stop, *(s.stop for s in touching)))
    return [whole if span == touching[0] else span for span in spans if span == touching[0] or span not in touching]


def _partial(
    spans: list[Span], fixed: tuple[tuple[str, str], ...], *, size: Bytes, etag: str, media_type: str
) -> Answer:
    if len(spans) == 1:
        span, kind = spans[0], ("content-type", media_type)
        place = ("content-range", _content_range(span, size))
        return Answer(206, (*fixed, kind, place, ("content-length", str(len(span)))), (span,), Bytes(len(span)))
    # The boundary must not occur in the file: a file would have to hold a hash that is made from its own.
    boundary = hashlib.sha256(f"{etag} {spans}".encode()).hexdigest()[:32]
    body = tuple(_parts(spans, boundary, size=size, media_type=media_type))
    length = Bytes(sum(len(piece) for piece in body))
    kind = ("content-type", f"multipart/byteranges; boundary={boundary}")
    return Answer(206, (*fixed, kind, ("content-length", str(length))), body, length)


def _parts(spans: list[Span], boundary: str, *, size: Bytes, media_type: str) -> Iterator[bytes | Span]:
    before = ""
    for span in spans:
        place = _content_range(span, size)
        yield f"{before}--{boundary}\r\nContent-Type: {media_type}\r\nContent-Range: {place}\r\n\r\n".encode("ascii")
        yield span
        before = "\r\n"
    yield f"\r\n--{boundary}--\r\n".encode("ascii")


def _content_range(span: Span, size: Bytes) -> str:
    return f"bytes {span.start}-{span.stop - 1}/{size}"


def _empty(status: int, headers: tuple[tuple[str, str], ...]) -> Answer:
    return Answer(status, (*headers, ("content-length", "0")))


def _date(current: Validators) -> str:
    return conditions.http_date(current.modified)
