"""All that orders keep about one listener, ready for JSON."""

from __future__ import annotations

from typing import Any

from bandstand.store.orders.models import BasketLine, Order, OrderLine, Refund
from bandstand.store.orders.queries.given import personal_gifts
from bandstand.store.payments import queries as payments


def personal(holder_id: int) -> dict[str, Any]:  # Any: JSON
    """Return a listener's orders with their lines, refunds and payments, their gifts, and what is in their basket."""
    orders = list(
        Order.objects.filter(holder_id=holder_id).select_related("storefront").prefetch_related("lines__refunds")
    )
    paid = payments.personal([order.number for order in orders])
    basket = BasketLine.objects.filter(basket__holder_id=holder_id).select_related("release", "part")
    return {
        "orders": [_order(order) | {"payments": paid.get(order.number, [])} for order in orders],
        "basket": [{"title": str(line), "since": line.added_at.isoformat()} for line in basket],
        **personal_gifts(holder_id),
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "email": order.email,
        "state": order.state,
        "storefront": order.storefront.slug,
        "billing_country": order.billing_country,
        "currency": order.currency,
        "gross": order.gross,
        "tax": order.tax,
        "created_at": order.created_at.isoformat(),
        "ended_at": order.ended_at.isoformat() if order.ended_at else None,
        "lines": [_line(line) for line in order.lines.all()],
    }


def _line(line: OrderLine) -> dict[str, Any]:
    refunds = list(line.refunds.all())
    return {
        "title": line.title,
        "place_of_supply": line.place_of_supply,
        "net": line.net,
        "tax": line.tax,
        "gross": line.gross,
        "refunded": line.refunded,
        "refunds": [_refund(refund) for refund in refunds],
    }


def _refund(refund: Refund) -> dict[str, Any]:
    return {"amount": refund.amount, "reason": refund.reason, "at": refund.at.isoformat()}
