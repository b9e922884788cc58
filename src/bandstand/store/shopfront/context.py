"""What every page of the store knows."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from bandstand.store.shopfront.visits import visit_of


def visit(request: HttpRequest) -> dict[str, object]:
    """Return the visit; nothing is asked of the database unless the page uses it."""
    return {"visit": SimpleLazyObject(lambda: visit_of(request))}
