"""Transactions that join the one that is open."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

P = ParamSpec("P")
T = TypeVar("T")


def joined(act: Callable[P, T]) -> Callable[P, T]:
    """Let an act be part of its caller's transaction, without a savepoint of its own; alone, it is one itself.

    For acts that refuse before they write: there is nothing then which a savepoint would have to undo.
    """
    alone = transaction.atomic(act)

    @wraps(act)
    def within(*args: P.args, **kwargs: P.kwargs) -> T:
        if transaction.get_connection().in_atomic_block:
            return act(*args, **kwargs)
        return alone(*args, **kwargs)

    return within
