"""What orders compute: how they are placed (`placing`), and what lines cost (`pricing`)."""

from bandstand.store.orders.rules.placing import (
    MOST_CHOSEN,
    MOST_LINES,
    ORDER,
    QUOTE,
    UNKNOWN_BROWSER,
    Browser,
    checkout_key,
    new_number,
    request_key,
)

__all__ = [
    "MOST_CHOSEN",
    "MOST_LINES",
    "ORDER",
    "QUOTE",
    "UNKNOWN_BROWSER",
    "Browser",
    "checkout_key",
    "new_number",
    "request_key",
]
