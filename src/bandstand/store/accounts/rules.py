"""How addresses are compared, how long a sign-in lasts, what a browser calls itself."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta


def same_address(email: str) -> str:
    """Return the form under which an e-mail address is stored and compared: NFC, folded, no blanks around it."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long a sign-in lasts: unused, and at all."""

    idle: timedelta
    whole: timedelta


LISTENER = Lasting(idle=timedelta(days=14), whole=timedelta(days=60))
STAFF = Lasting(idle=timedelta(hours=24), whole=timedelta(days=14))


def is_over(*, begun_at: datetime, seen_at: datetime, lasting: Lasting, now: datetime) -> bool:
    """Tell whether a sign-in has ended by itself."""
    return now - seen_at >= lasting.idle or now - begun_at >= lasting.whole


# The first that is found counts: every browser also names those it descends from.
_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("bandstand/", "Bandstand"),
    ("curl/", "curl"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_of(agent: str) -> str:
    """Return what a User-Agent line says to people: "Firefox, Linux"; empty when it says nothing we know."""
    found = (next((name for mark, name in table if mark in agent), "") for table in (_BROWSERS, _SYSTEMS))
    return ", ".join(name for name in found if name)
