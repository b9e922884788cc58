"""Settings from the environment, refused loudly when they make no sense.

Every secret may also come from a file: `BANDSTAND_SECRET_KEY_FILE=/run/secrets/key`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from bandstand.kernel.errors import SetupError


class SettingError(SetupError):
    """A setting in the environment is missing or makes no sense."""

    code = "setup.setting"

    def __init__(self, name: str, problem: str, *, hint: str = "") -> None:
        self.name = name
        super().__init__(f"{name} {problem}.", hint=hint)


def text(name: str, default: str | None = None) -> str:
    """Return the variable `name`, or the content of the file that `name`_FILE points to."""
    file = os.environ.get(f"{name}_FILE")
    value = Path(file).read_text(encoding="utf-8").strip() if file else os.environ.get(name, default)
    if value is None:
        raise SettingError(name, "is not set", hint=f"Set {name}, or {name}_FILE to a file that holds it.")
    return value


def boolean(name: str, *, default: bool) -> bool:
    """Return a yes or no; anything but 1, 0, yes, no, true, false, on, off is refused."""
    value = text(name, "yes" if default else "no").lower()
    if value not in {"1", "0", "yes", "no", "true", "false", "on", "off"}:
        raise SettingError(name, f"is {value!r}, which is neither yes nor no")
    return value in {"1", "yes", "true", "on"}


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """Return a whole number within `low` and `high`."""
    value = text(name, str(default))
    if not re.fullmatch(r"-?\d+", value) or not low <= int(value) <= high:
        raise SettingError(name, f"is {value!r}; allowed: {low} to {high}")
    return int(value)


def words(name: str, default: str) -> list[str]:
    """Return a comma-separated list without blanks."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def folder(name: str, default: Path | None = None) -> Path:
    """Return a folder, made (readable by its owner only) when it is not there."""
    path = Path(text(name, str(default) if default else None)).expanduser().resolve()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",  # a deferred one that turns writer fails at once with "database is locked"
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        "PRAGMA wal_autocheckpoint=4000;"  # 16 MB: a writer that copies pages into the file holds up all others
        "PRAGMA cache_size=-65536; PRAGMA mmap_size=1073741824; PRAGMA temp_store=MEMORY;"
    ),
}


def database(name: str, default: str) -> dict[str, Any]:
    """Return Django's description of `sqlite:///path` or `postgresql://user:password@host:port/name`.

    A `host` in the query (`?host=/var/run/postgresql`) names a socket folder.
    """
    url = urlsplit(text(name, default))
    if url.scheme == "sqlite":
        return {
            "ENGINE": "bandstand.webkit.sqlite",
            "NAME": unquote(url.path.removeprefix("/")),
            "OPTIONS": SQLITE_OPTIONS,
            "CONN_MAX_AGE": None,
            "TEST": {"NAME": None},
        }
    if url.scheme in {"postgresql", "postgres"}:
        query = dict(parse_qsl(url.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(url.path.removeprefix("/")),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": url.hostname or query.get("host", ""),
            "PORT": str(url.port or ""),
            "OPTIONS": {"pool": {"min_size": 2, "max_size": 8, "timeout": 10}},
        }
    raise SettingError(name, "is neither sqlite:///path nor postgresql://user@host/name")


def cache(name: str) -> dict[str, dict[str, Any]]:
    """Return Django's description of `redis://host:port/number`; of a cache in this process when it is not set."""
    url = text(name, "")
    if not url:
        return {
            "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}}
        }
    if urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise SettingError(name, "is no redis://host:port/number")
    return {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}}
