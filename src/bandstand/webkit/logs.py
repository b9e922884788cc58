"""One line of JSON for each log record: what a machine can search and nobody can forge."""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")

LONGEST_MESSAGE = 8_000
LONGEST_VALUE = 500
HIDDEN = "[hidden]"

_SECRET_NAME = re.compile(
    r"password|passwd|passphrase|secret|token|ticket|cookie|session|authori[sz]ation|api[_-]?key|csrf|card|cvc",
    re.IGNORECASE,
)
_SECRET_PAIR = re.compile(
    r"(?i)\b([\w-]{0,40}(?:password|passwd|secret|token|ticket|cookie|sessionid|authorization|api[_-]?key|csrf)[\w-]{0,40})"
    r"(\"?'?\s*[=:]\s*\"?'?)((?:bearer|basic)\s+)?([^\s\"'&;,}]+)"
)
_QUERY = re.compile(r"(?<=[\w/])\?[^\s\"'<>]*=[^\s\"'<>]*")  # of an address: it may carry a ticket
_ADDRESS_PASSWORD = re.compile(r"(://[^\s/:@]*):[^\s/@]+@")
_SIGNED = re.compile(  # tickets, mailed links
    r"(?<=/t/)[\w.~-]{16,}|(?<=/open/)[\w.~:-]{16,}|(?<=/key/)[\w-]{8,}|(?<=/gift/)[\w-]{16,}"
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "taskName"}


def clean(text: str) -> str:
    """Return `text` without query strings, tickets, passwords and tokens."""
    text = _QUERY.sub("", text)
    text = _SIGNED.sub(HIDDEN, text)
    text = _ADDRESS_PASSWORD.sub(rf"\1:{HIDDEN}@", text)
    return _SECRET_PAIR.sub(rf"\1\2{HIDDEN}", text)


def _value(name: str, value: object) -> object:
    if _SECRET_NAME.search(name):
        return HIDDEN
    if value is None or isinstance(value, bool | int | float):
        return value
    return clean(str(value))[:LONGEST_VALUE]


class JsonFormatter(logging.Formatter):
    """Write a record as one line of JSON.

    Control characters, line ends and everything beyond ASCII are escaped by JSON itself, so a visitor's text can't
    begin a line of its own or move a terminal's cursor. `extra={"job": 7}` becomes a field; names that sound like
    secrets are hidden.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {  # values of any JSON kind
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": clean(record.getMessage())[:LONGEST_MESSAGE],
        }
        if request_id := REQUEST_ID.get():
            line["request"] = request_id
        request = getattr(record, "request", None)
        if (path := getattr(request, "path", None)) is not None:
            line["method"], line["path"] = getattr(request, "method", None), clean(str(path))[:LONGEST_VALUE]
        for name, value in vars(record).items():
            if name not in _STANDARD and name not in line:
                line[name] = _value(name, value)
        if record.exc_info:
            line["trace"] = clean(self.formatException(record.exc_info))[-LONGEST_MESSAGE:]
        return json.dumps(line, ensure_ascii=True, default=str)
