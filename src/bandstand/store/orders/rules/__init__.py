"""What orders compute: how they are placed (`placing`), and what lines cost (`pricing`)."""

from bandstand.store.orders.rules.placing import (
    FAILURES_WITHIN,
    MOST_CHOSEN,
    MOST_FAILURES,
    MOST_LINES,
    ORDER,
    QUOTE,
    checkout_key,
    new_number,
    request_key,
)

__all__ = [
    "FAILURES_WITHIN",
    "MOST_CHOSEN",
    "MOST_FAILURES",
    "MOST_LINES",
    "ORDER",
    "QUOTE",
    "checkout_key",
    "new_number",
    "request_key",
]
