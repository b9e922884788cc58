"""How payments move, and how often the provider is asked."""

from __future__ import annotations

from datetime import timedelta

from bandstand.kernel.states import States

PAYMENT = States(
    "payment",
    {
        "intended": ("started", "succeeded", "failed", "surplus"),
        "started": ("succeeded", "failed", "surplus"),
        "failed": ("succeeded", "surplus"),  # providers change their mind: money that came, came
        "succeeded": (),
        "surplus": (),
    },
)
REFUND = States(
    "refund",
    {
        "intended": ("succeeded", "failed"),
        "succeeded": ("failed",),  # the payer's bank may send it back days later
        "failed": (),
    },
)
DISPUTE = States("dispute", {"open": ("won", "lost"), "won": (), "lost": ()})

FIRST_ASK = timedelta(minutes=1)
LOST_AFTER = timedelta(minutes=10)
"""A payment that its provider has not heard of by then never reached it: ten times the longest call."""


def pause(age: timedelta) -> timedelta:
    """Return how long to wait before the provider is asked again: gaps close within minutes, old cases cost little."""
    if age < timedelta(minutes=15):
        return timedelta(minutes=1)
    if age < timedelta(days=1):
        return timedelta(minutes=10)
    return timedelta(hours=6)
