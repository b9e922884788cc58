"""Reading one table of release.toml strictly: every fault is noted with its key and the way out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, datetime

from bandstand.store.ingest.rules.report import Findings

FILE = "release.toml"
LONGEST_LIST = 500
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_KINDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


class Table:
    """One table; each reader takes its key away, `close` notes those that nobody asked for."""

    def __init__(self, values: Mapping[str, object], *, name: str, findings: Findings) -> None:
        self._left, self.name, self._findings, self._known = dict(values), name, findings, set[str]()

    def text(self, key: str, *, longest: int, lines: bool = False) -> str | None:
        """Return a text in form C, trimmed; None when it isn't given or is wrong."""
        value = self._take(key, str)
        if not isinstance(value, str):
            return None
        value = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
        if _CONTROL.search(value) or (not lines and "\n" in value):
            self.fault(key, "toml.text", "holds control characters or line ends", "Write it as plain text on one line.")
        elif not value:
            self.fault(key, "toml.empty", "is empty", "Leave the key out.")
        elif len(value) > longest:
            self.fault(key, "toml.long", f"has {len(value)} characters", f"Use at most {longest}.")
        else:
            return value
        return None

    def choice(self, key: str, allowed: Collection[str]) -> str | None:
        """Return one of the allowed words."""
        value = self._take(key, str)
        if isinstance(value, str) and value not in allowed:
            self.fault(key, "toml.choice", f"is {_short(value)}", f"Allowed: {', '.join(sorted(allowed))}.")
            return None
        return value if isinstance(value, str) else None

    def words(self, key: str, allowed: Collection[str], *, say: str = "") -> tuple[str, ...] | None:
        """Return a list of allowed words, each once."""
        value = self._take(key, list)
        if not isinstance(value, list):
            return None
        wrong = [word for word in value if not isinstance(word, str) or word not in allowed]
        if not value:
            self.fault(key, "toml.empty", "is empty", "Leave the key out.")
            return None
        if wrong or len(value) > LONGEST_LIST:
            hint = say or f"Allowed: {', '.join(sorted(allowed))}."
            self.fault(key, "toml.choice", f"holds {', '.join(map(_short, wrong[:3])) or 'too much'}", hint)
            return None
        return tuple(dict.fromkeys(word for word in value if isinstance(word, str)))

    def whole(self, key: str, *, low: int, high: int) -> int | None:
        """Return a whole number within a range."""
        value = self._take(key, int)
        if isinstance(value, int) and not low <= value <= high:
            self.fault(key, "toml.range", f"is {value}", f"Allowed: {low} to {high}.")
            return None
        return value if isinstance(value, int) else None

    def number(self, key: str, *, low: float, high: float) -> float | None:
        """Return a number within a range."""
        value = self._take(key, float)
        if isinstance(value, int | float) and not low <= value <= high:
            self.fault(key, "toml.range", f"is {value}", f"Allowed: {low:g} to {high:g}.")
            return None
        return float(value) if isinstance(value, int | float) else None

    def boolean(self, key: str) -> bool | None:
        """Return true or false."""
        value = self._take(key, bool)
        return value if isinstance(value, bool) else None

    def day(self, key: str) -> date | None:
        """Return a day."""
        value = self._raw(key)
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.fault(key, "toml.type", "is no day", "Write it as 2026-10-02, without quotes.")
        return None

    def edge(self, key: str) -> tuple[date | None, datetime | None]:
        """Return a local day, or an instant: one of both, or neither."""
        value = self._raw(key)
        if isinstance(value, datetime):
            if value.tzinfo is not None:
                return None, value
            self.fault(key, "toml.offset", "has no offset", "Write 2026-11-24T18:00:00Z, or only the day.")
        elif isinstance(value, date):
            return value, None
        elif value is not None:
            self.fault(key, "toml.type", "is neither day nor date-time", "Write 2026-11-24 or 2026-11-24T18:00:00Z.")
        return None, None

    def table(self, key: str) -> Table | None:
        """Return a table within this one."""
        value = self._take(key, dict)
        return Table(value, name=self._path(key), findings=self._findings) if isinstance(value, dict) else None

    def tables(self, key: str, *, most: int) -> list[Table]:
        """Return a list of tables within this one."""
        value = self._take(key, list)
        if not isinstance(value, list):
            return []
        if len(value) > most or not all(isinstance(entry, dict) for entry in value):
            self.fault(key, "toml.type", "is no list of tables, or too long", f"Give at most {most} tables.")
            return []
        return [
            Table(entry, name=f"{self._path(key)}[{at}]", findings=self._findings)
            for at, entry in enumerate(value, start=1)
        ]

    def close(self) -> None:
        """Note the keys that nobody knows."""
        known = ", ".join(sorted(self._known))
        for key in self._left:
            self.fault(key, "toml.unknown_key", "is not a key of this table", f"Known keys: {known}.")

    def fault(self, key: str, rule: str, what: str, hint: str) -> None:
        """Note what is wrong with a key."""
        path = self._path(key)
        self._findings.refuse(rule, f"`{path}` {what}.", hint=hint, file=FILE, key=path)

    def _path(self, key: str) -> str:
        key = key[:60].encode("unicode_escape").decode()
        return f"{self.name}.{key}" if self.name else key

    def _raw(self, key: str) -> object:
        self._known.add(key)
        return self._left.pop(key, None)

    def _take(self, key: str, kind: type) -> object:
        """Return the value when it is of the kind; TOML's booleans are no numbers, its whole numbers are numbers."""
        value = self._raw(key)
        fits = isinstance(value, kind) or (kind is float and isinstance(value, int))
        if value is None or (fits and (kind is bool or not isinstance(value, bool))):
            return value
        self.fault(key, "toml.type", f"is not {_KINDS[kind]}", f"Write {_KINDS[kind]}.")
        return None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
