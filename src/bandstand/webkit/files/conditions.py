"""Conditional requests: RFC 9110, section 13, for a representation with a strong ETag and a modification time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_LONG_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = "|".join(_MONTHS)
_TIME = r"(?P<H>[0-9]{2}):(?P<M>[0-9]{2}):(?P<S>[0-9]{2})"
_DATES = tuple(  # RFC 9110, section 5.6.7: the one to write, and the two old ones to read
    re.compile(pattern)
    for pattern in (
        rf"(?:{_DAYS}), (?P<d>[0-9]{{2}}) (?P<m>{_MONTH}) (?P<y>[0-9]{{4}}) {_TIME} GMT",
        rf"(?:{_LONG_DAYS}), (?P<d>[0-9]{{2}})-(?P<m>{_MONTH})-(?P<y>[0-9]{{2}}) {_TIME} GMT",
        rf"(?:{_DAYS}) (?P<m>{_MONTH}) (?P<d>[0-9]{{2}}| [0-9]) {_TIME} (?P<y>[0-9]{{4}})",
    )
)
_ETAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_MAX_FIELD = 4096  # characters; a longer list of ETags was not made from ours


class Verdict(Enum):
    """What the conditions of a request come to."""

    GO = "go"
    NOT_MODIFIED = "not modified"
    FAILED = "precondition failed"


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells one version of a file from another: a strong ETag (without quotes) and the time of the last change."""

    etag: str
    modified: datetime

    @property
    def quoted(self) -> str:
        """The ETag as a header has it."""
        return f'"{self.etag}"'

    @property
    def seconds(self) -> datetime:
        """The time of change as HTTP can say it: whole seconds."""
        return self.modified.astimezone(UTC).replace(microsecond=0)


def http_date(moment: datetime) -> str:
    """Write an IMF-fixdate, whatever the locale: `Sun, 06 Nov 1994 08:49:37 GMT`."""
    at = moment.astimezone(UTC)
    day = _DAYS.split("|")[at.weekday()]
    return f"{day}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S} GMT"


def read_date(text: str, *, now: datetime) -> datetime | None:
    """Read any of the three forms of an HTTP date; None when it is none of them."""
    found = next((match for pattern in _DATES if (match := pattern.fullmatch(text.strip(" \t")))), None)
    if found is None:
        return None
    year = int(found["y"])
    if len(found["y"]) == 2:
        year += now.year // 100 * 100
        if year > now.year + 50:  # section 5.6.7: more than 50 years ahead means the past
            year -= 100
    second = min(int(found["S"]), 59)  # a leap second is 60; datetime has none
    try:
        month = _MONTHS.index(found["m"]) + 1
        return datetime(year, month, int(found["d"]), int(found["H"]), int(found["M"]), second, tzinfo=UTC)
    except ValueError:
        return None


def judge(method: str, headers: Mapping[str, str], current: Validators, *, now: datetime) -> Verdict:
    """Evaluate the conditions in the order of section 13.2.2, except `If-Range`, which speaks about ranges only.

    `headers` are by lower-case name, several lines of one field joined with commas.
    """
    if (match := headers.get("if-match")) is not None:
        if not _listed(match, current.etag, weak=False):
            return Verdict.FAILED
    elif (since := _date(headers, "if-unmodified-since", now)) is not None and current.seconds > since:
        return Verdict.FAILED
    reads = method in ("GET", "HEAD")
    if (none := headers.get("if-none-match")) is not None:
        if _listed(none, current.etag, weak=True):
            return Verdict.NOT_MODIFIED if reads else Verdict.FAILED
    elif reads and (since := _date(headers, "if-modified-since", now)) is not None and current.seconds <= since:
        return Verdict.NOT_MODIFIED
    return Verdict.GO


def range_holds(headers: Mapping[str, str], current: Validators, *, now: datetime) -> bool:
    """Tell whether `If-Range` (section 13.1.5) lets the ranges be used; true when there is none."""
    value = headers.get("if-range")
    if value is None:
        return True
    if tag := _ETAG.fullmatch(value.strip(" \t")):
        return tag[1] is None and tag[2] == current.etag
    date = read_date(value, now=now)
    # section 8.8.2.2: a date is strong only when nothing could have changed twice within its second
    return date == current.seconds and current.seconds + timedelta(seconds=1) <= now


def _date(headers: Mapping[str, str], name: str, now: datetime) -> datetime | None:
    value = headers.get(name)
    return None if value is None else read_date(value, now=now)


def _listed(value: str, etag: str, *, weak: bool) -> bool:
    """Tell whether the list has our ETag; `*` is any. Broken lists have nothing."""
    value = value.strip(" \t")
    if value == "*":
        return True
    at, known = 0, False
    while at < len(value) <= _MAX_FIELD:
        if value[at] in " \t,":
            at += 1
        elif (tag := _ETAG.match(value, at)) is not None:
            known |= tag[2] == etag and (weak or tag[1] is None)
            at = tag.end()
            if at < len(value) and value[at] not in " \t,":
                return False
        else:
            return False
    return known
