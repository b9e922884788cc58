"""How addresses are compared."""

from __future__ import annotations

import unicodedata


def same_address(email: str) -> str:
    """Return the form under which an e-mail address is stored and compared: NFC, folded, no blanks around it."""
    return unicodedata.normalize("NFC", email.strip()).casefold()
