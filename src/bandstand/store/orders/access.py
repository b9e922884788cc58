"""Letting somebody at an order: only at their own."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from bandstand.store.orders.models import Order


def own_order(user: AbstractBaseUser | AnonymousUser, number: str, *, placed_here: Collection[str] = ()) -> Order:
    """Return an order of this user, or one that was placed in this browser (its session keeps the numbers).

    Raises
    ------
    Order.DoesNotExist
        There is none of that number, or it is somebody else's: which of these is nobody's business.
    """
    order = Order.objects.select_related("holder", "storefront").get(number=number)
    if order.number in placed_here or (user.is_authenticated and order.holder_id == user.pk):
        return order
    raise Order.DoesNotExist
