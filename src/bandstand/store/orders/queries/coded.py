"""Orders and the codes they use."""

from __future__ import annotations

from bandstand.store.orders.models import Order


def waiting_with(basket_id: int, code_id: int) -> list[str]:
    """Return the unpaid orders of a basket that use a code: they give it up when the basket is ordered anew."""
    orders = Order.objects.filter(basket_id=basket_id, voucher_id=code_id, state=Order.State.OPEN)
    return list(orders.order_by("pk").values_list("number", flat=True))
