"""Holding a basket while it changes, and noticing that somebody else has changed it.

What a change needs is read before anybody waits for it; the update that holds the basket then says whether it is still
the one that was read. Only where it is not, all is read again while it is held.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F

from bandstand.store.orders import queries
from bandstand.store.orders.models import Basket
from bandstand.webkit.prepared import PreparedUpdate


def locked(basket_id: int) -> Basket:
    """Return a basket that nobody else changes until this transaction ends: the update makes them wait."""
    if not hold(basket_id):
        raise Basket.DoesNotExist
    return queries.basket_by_id(basket_id)


def hold(basket_id: int | None) -> bool:
    """Let everybody else who changes a basket wait until this transaction ends; False when there is none."""
    return bool(_held(basket_id)) if basket_id else False


def hold_as_read(basket: Basket) -> bool:
    """Hold a basket if it is still as it was read; False when somebody has changed it since."""
    return bool(_held_as(basket.pk, basket.version))


def change(basket: Basket, now: datetime) -> bool:
    """Hold a basket and note that it is another one now, as `mark_changed` does; False when it was changed since."""
    return bool(_changed_as(basket.pk, basket.version, now))


def mark_changed(basket_id: int | None, now: datetime) -> None:
    """Note that a basket is another one now: pages that showed it carry an old key. No basket, no change."""
    if basket_id is not None:
        _changed(basket_id, now)


def another(now: datetime) -> dict[str, Any]:
    """Return what every update that changes a basket writes too."""
    return {"changed_at": now, "version": F("version") + 1}


_held = PreparedUpdate(lambda pk: (Basket.objects.filter(pk=pk), {"version": F("version")}))
_held_as = PreparedUpdate(
    lambda pk, version: (Basket.objects.filter(pk=pk, version=version), {"version": F("version")})
)
_changed = PreparedUpdate(lambda pk, now: (Basket.objects.filter(pk=pk), another(now)))
_changed_as = PreparedUpdate(lambda pk, version, now: (Basket.objects.filter(pk=pk, version=version), another(now)))
