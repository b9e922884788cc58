"""Orders that are gifts."""

from __future__ import annotations

from typing import Any

from bandstand.store.orders.models import Gift, Order
from bandstand.store.orders.rules.gift import GiftStand


def gift_of(order_id: int) -> Gift | None:
    """Return the gift that an order is, when it is one."""
    return Gift.objects.select_related("order__storefront").filter(order_id=order_id).first()


def gift_by_token(token: str) -> Gift | None:
    """Return the gift that a mailed link is for."""
    return Gift.objects.select_related("order__storefront").filter(token=token).first()


def stand_of(gift: Gift) -> GiftStand:
    """Return how a gift stands, as its giver sees it."""
    if gift.claimed_at is not None:
        return GiftStand.CLAIMED
    if gift.returned_at is not None:
        return GiftStand.RETURNED
    if gift.order.state != Order.State.PAID:
        return GiftStand.UNPAID
    return GiftStand.WAITING if gift.mailed_at is None else GiftStand.SENT


def personal_gifts(holder_id: int) -> dict[str, Any]:
    """Return what is kept of a listener's gifts, ready for JSON (and so of any kind): what they gave, what they got."""
    gifts = Gift.objects.select_related("order").order_by("pk")
    return {
        "gifts_given": [
            {
                "order": gift.order.number,
                "to": gift.recipient_name,
                "email": gift.recipient_email,
                "from": gift.sender_name,
                "message": gift.message,
                "for": gift.deliver_at.isoformat(),
                "stand": str(stand_of(gift)),
            }
            for gift in gifts.filter(order__holder_id=holder_id)
        ],
        "gifts_claimed": [  # who gave it said so in the mail; what else they told the store is theirs
            {"from": gift.sender_name, "message": gift.message, "at": gift.claimed_at.isoformat()}
            for gift in gifts.filter(claimed_by_id=holder_id, claimed_at__isnull=False)
            if gift.claimed_at is not None
        ],
    }
