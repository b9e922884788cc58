"""RFC 9110, section 14: ranges, against a model that works byte by byte."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.kernel.units import Bytes
from bandstand.webkit.files.ranges import MAX_RANGES, Answer, Span, answer, wanted

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
MODIFIED = datetime(2025, 1, 1, tzinfo=UTC)
FILE = bytes(range(256)) * 4


def ask(method: str = "GET", /, *, file: bytes = FILE, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    size = Bytes(len(file))
    return answer(method, named, size=size, etag="abc", modified=MODIFIED, now=NOW, media_type="audio/flac")


def sent(reply: Answer, file: bytes = FILE) -> bytes:
    return b"".join(file[p.start : p.stop] if isinstance(p, Span) else p for p in reply.body)


def parts(reply: Answer, file: bytes = FILE) -> list[tuple[str, bytes]]:
    """The parts of a multipart answer, split by the standard library's reader."""
    kind = dict(reply.headers)["content-type"].encode()
    whole = email.message_from_bytes(
        b"Content-Type: " + kind + b"\r\n\r\n" + sent(reply, file), policy=email.policy.HTTP
    )
    assert whole.get_content_type() == "multipart/byteranges"
    assert not whole.defects
    return [(part["Content-Range"], part.get_content()) for part in whole.iter_parts()]


@pytest.mark.parametrize(
    ("field", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-499", 0, 499),
        ("bytes=500-999", 500, 999),
        ("bytes=1000-", 1000, 1023),
        ("bytes=1000-99999", 1000, 1023),
        ("bytes=-24", 1000, 1023),
        ("bytes=-99999", 0, 1023),
        ("bytes=0-", 0, 1023),
        ("BYTES=5-6", 5, 6),
        ("bytes=, 5-6 ,,", 5, 6),
        ("bytes=00005-000006", 5, 6),
        ("bytes=5-6,5000-", 5, 6),  # what lies outside is left out
        ("bytes=0-9,10-19", 0, 19),  # touching
        ("bytes=10-19,0-9", 0, 19),
        ("bytes=10-19,0-12", 0, 19),  # overlapping
        ("bytes=0-4,8-12,3-9", 0, 12),
        ("bytes=0-,-1", 0, 1023),
    ],
)
def test_one_range_is_sent_plain(field: str, first: int, last: int) -> None:
    reply = ask(range=field)
    headers = dict(reply.headers)
    assert reply.status == 206
    assert headers["content-range"] == f"bytes {first}-{last}/1024"
    assert headers["content-length"] == str(last - first + 1)
    assert headers["content-type"] == "audio/flac"
    assert sent(reply) == FILE[first : last + 1]


@pytest.mark.parametrize(
    "field",
    [
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes 0-5",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=-",
        "bytes=--5",
        "bytes=0-5,x",
        "bytes=0-5;6-7",
        "bytes=0x0-5",
        "bytes=+0-5",
        "bytes= 0 - 5",
        "bytes=0-5, bytes=7-8",
        "bytes=٠-٥",
        "items=0-5",
        "seconds=0-5",
        "bytes=" + "9" * 5000 + "-",
        "bytes=" + ",".join(f"{n * 4}-{n * 4}" for n in range(MAX_RANGES + 1)),
        "bytes=" + ",".join(["0-"] * 300),
    ],
)
def test_an_unknown_invalid_or_abusive_range_is_ignored(field: str) -> None:
    reply = ask(range=field)
    assert reply.status == 200
    assert sent(reply) == FILE
    assert "content-range" not in dict(reply.headers)


@pytest.mark.parametrize("field", ["bytes=1024-", "bytes=5000-6000", "bytes=-0", "bytes=2000-,3000-", "bytes=-0,9999-"])
def test_a_range_outside_the_file_is_told_its_size(field: str) -> None:
    reply = ask(range=field)
    assert reply.status == 416
    assert dict(reply.headers)["content-range"] == "bytes */1024"
    assert reply.body == ()


def test_several_ranges_come_as_parts_in_the_order_asked_for() -> None:
    reply = ask(range="bytes=500-509,0-0,-2")
    assert reply.status == 206
    assert "content-range" not in dict(reply.headers)
    assert parts(reply) == [
        ("bytes 500-509/1024", FILE[500:510]),
        ("bytes 0-0/1024", FILE[:1]),
        ("bytes 1022-1023/1024", FILE[1022:]),
    ]
    assert dict(reply.headers)["content-length"] == str(len(sent(reply))) == str(reply.length)


def test_as_many_ranges_as_the_cap_are_answered() -> None:
    field = "bytes=" + ",".join(f"{n * 4}-{n * 4}" for n in range(MAX_RANGES))
    assert len(parts(ask(range=field))) == MAX_RANGES


def test_a_file_of_no_bytes_has_no_ranges() -> None:
    assert ask(file=b"").status == ask(file=b"", range="bytes=-5").status == 200
    assert ask(file=b"", range="bytes=0-").status == 416
    assert dict(ask(file=b"", range="bytes=0-0").headers)["content-range"] == "bytes */0"
    assert dict(ask(file=b"").headers)["content-length"] == "0"


def test_head_tells_the_size_and_ignores_ranges() -> None:
    for reply in (ask("HEAD"), ask("HEAD", range="bytes=0-5"), ask("HEAD", range="bytes=5000-")):
        assert (reply.status, reply.body, dict(reply.headers)["content-length"]) == (200, (), "1024")


def test_if_range_decides_between_the_rest_and_the_whole() -> None:
    assert ask(range="bytes=5-", if_range='"abc"').status == 206
    assert ask(range="bytes=5-", if_range='"other"').status == 200
    assert ask(range="bytes=5-", if_range='W/"abc"').status == 200
    assert ask(range="bytes=5-", if_range="Wed, 01 Jan 2025 00:00:00 GMT").status == 206
    assert ask(range="bytes=5-", if_range="Wed, 01 Jan 2025 00:00:01 GMT").status == 200
    assert ask(range="bytes=9999-", if_range='"other"').status == 200
    assert ask(range="bytes=9999-", if_range='"abc"').status == 416
    assert ask(if_range='"other"').status == 200


def test_conditions_come_before_ranges() -> None:
    assert ask(range="bytes=5-", if_none_match='"abc"').status == 304
    assert ask(range="bytes=9999-", if_match='"other"').status == 412
    assert ask(range="bytes=5-", if_match='"abc"').status == 206


@pytest.mark.parametrize("headers", [{}, {"range": "bytes=0-1"}, {"if_none_match": "*"}, {"if_match": '"x"'}])
def test_every_answer_names_the_version(headers: dict[str, str]) -> None:
    named = dict(ask(**headers).headers)  # type: ignore[arg-type]  # names of headers only
    assert named["etag"] == '"abc"'
    assert named["last-modified"] == "Wed, 01 Jan 2025 00:00:00 GMT"
    assert named["accept-ranges"] == "bytes"


numbers = st.integers(0, 80)
specs = st.one_of(
    st.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}"),
    numbers.map(lambda first: f"{first}-"),
    numbers.map(lambda length: f"-{length}"),
)


def positions(spec: str, size: int) -> set[int]:
    """The naive model: which byte positions one range names, found by asking each."""
    first, last = spec.split("-")
    if not first:
        return {at for at in range(size) if at >= size - int(last)}
    return {at for at in range(size) if at >= int(first) and (not last or at <= int(last))}


@given(st.lists(specs, min_size=1, max_size=MAX_RANGES), st.integers(1, 64))
def test_the_spans_are_the_bytes_of_the_naive_model(ranges: list[str], size: int) -> None:
    file = FILE[:size]
    reply = ask(file=file, range="bytes=" + ", ".join(ranges))
    named = set().union(*(positions(spec, size) for spec in ranges))
    covered = [at for span in reply.spans for at in range(span.start, span.stop)]
    assert sorted(covered) == sorted(named)  # every byte asked for, once
    assert reply.status == (206 if named else 416)
    if len(reply.spans) > 1:
        assert [body for _, body in parts(reply, file)] == [file[s.start : s.stop] for s in reply.spans]
        firsts = [
            next(i for i, spec in enumerate(ranges) if positions(spec, size) & {*range(s.start, s.stop)})
            for s in reply.spans
        ]
        assert firsts == sorted(firsts)
    assert len(sent(reply, file)) == reply.length == int(dict(reply.headers).get("content-length", "0"))


@given(st.text(max_size=60) | st.text("bytes=0123456789-, ", max_size=40), st.integers(0, 64))
def test_any_range_text_gives_spans_inside_the_file(field: str, size: int) -> None:
    spans = wanted(field, Bytes(size))
    assert all(0 <= span.start < span.stop <= size for span in spans or [])
