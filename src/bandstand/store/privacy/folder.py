"""Mails that lie in files: the file back end writes one for each mail."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import datetime
from pathlib import Path

from django.conf import settings

from bandstand.store.privacy import rules


def forget(address: str) -> int:
    """Delete the mails to an address and those that name it; return how many."""
    gone, alone = 0, re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", re.IGNORECASE)
    for path in _files():
        content = path.read_bytes()
        if alone.search(content.decode("utf-8", "replace")) or alone.search(_recipients(content)):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def forget_old(*, now: datetime) -> int:
    """Delete the mails that have lain long enough; return how many."""
    old = [path for path in _files() if path.stat().st_mtime < (now - rules.MAIL_KEPT).timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _files() -> list[Path]:
    if "filebased" not in settings.EMAIL_BACKEND:
        return []
    return sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"))


def _recipients(content: bytes) -> str:
    """Return who a mail is to, decoded: an address beyond ASCII is written otherwise in the file."""
    return str(email.message_from_bytes(content, policy=email.policy.default)["To"]).casefold()
