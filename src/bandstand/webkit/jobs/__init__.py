"""Work that outlives a request: rows in the same database, leased by workers, done at least once.

An app's `jobs.py` registers what can be done (`@job("ingest.preview")`); services ask for it by name (`enqueue`).
Django imports this package before it has models, so what needs them is loaded when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bandstand.webkit.jobs.registry import job

if TYPE_CHECKING:
    from bandstand.webkit.jobs.services import cancel, enqueue, enqueue_many, retry

SOON = 20
"""The priority of what a person waits for: a mail, a download."""

__all__ = ["SOON", "cancel", "enqueue", "enqueue_many", "job", "retry"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from bandstand.webkit.jobs import services

        return getattr(services, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
