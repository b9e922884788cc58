"""What orders do, by act: filling a basket, placing an order, collecting its money, giving it back."""

from __future__ import annotations

from bandstand.store.orders.services.basket import (
    AlreadyInReleaseError,
    AlreadyOwnedError,
    BasketFullError,
    NotForSaleError,
    TitleUnknownError,
    basket_for,
    empty_basket,
    merge_baskets,
    put_in_basket,
    take_out_of_basket,
)
from bandstand.store.orders.services.checkout import (
    AddressError,
    BasketChangedError,
    CountryNotServedError,
    EmptyBasketError,
    LinesRefusedError,
    PriceChangedError,
    cancel_expired,
    place_order,
)
from bandstand.store.orders.services.intents import NothingToRefundError
from bandstand.store.orders.services.payment import (
    Heard,
    NotByHandError,
    OrderEndedError,
    TooManyTriesError,
    begin_payment,
    look_up_payment,
    mark_received,
    receive_event,
    reconcile,
)
from bandstand.store.orders.services.refunds import (
    RefundRefusedError,
    mark_refund_sent,
    refund_line,
    send_refund,
)
from bandstand.store.orders.services.settlement import settle

__all__ = [
    "AddressError",
    "AlreadyInReleaseError",
    "AlreadyOwnedError",
    "BasketChangedError",
    "BasketFullError",
    "CountryNotServedError",
    "EmptyBasketError",
    "Heard",
    "LinesRefusedError",
    "NotByHandError",
    "NotForSaleError",
    "NothingToRefundError",
    "OrderEndedError",
    "PriceChangedError",
    "RefundRefusedError",
    "TitleUnknownError",
    "TooManyTriesError",
    "basket_for",
    "begin_payment",
    "cancel_expired",
    "empty_basket",
    "look_up_payment",
    "mark_received",
    "mark_refund_sent",
    "merge_baskets",
    "place_order",
    "put_in_basket",
    "receive_event",
    "reconcile",
    "refund_line",
    "send_refund",
    "settle",
    "take_out_of_basket",
]
