"""What orders do, by act: filling a basket, placing an order, collecting its money, giving it back."""

from __future__ import annotations

from bandstand.store.orders.services.basket import (
    AlreadyInReleaseError,
    AlreadyOwnedError,
    BasketFullError,
    ChosenPriceError,
    NoOpenPriceError,
    NotForSaleError,
    TitleUnknownError,
    basket_for,
    empty_basket,
    name_price,
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
from bandstand.store.orders.services.events import Heard, receive_event
from bandstand.store.orders.services.forgetting import OrderWaitsError, erase
from bandstand.store.orders.services.intents import DisputedError, NothingToRefundError, RefundAmountError
from bandstand.store.orders.services.moving import Repriced, merge_baskets, move_basket
from bandstand.store.orders.services.payment import (
    NotByHandError,
    OrderEndedError,
    TooManyTriesError,
    begin_payment,
    look_up_payment,
    mark_received,
    reconcile,
)
from bandstand.store.orders.services.refunds import (
    RefundRefusedError,
    RefundStoppedError,
    mark_refund_sent,
    refund_line,
    refund_order,
    send_refund,
)
from bandstand.store.orders.services.settlement import settle

__all__ = [
    "AddressError",
    "AlreadyInReleaseError",
    "AlreadyOwnedError",
    "BasketChangedError",
    "BasketFullError",
    "ChosenPriceError",
    "CountryNotServedError",
    "DisputedError",
    "EmptyBasketError",
    "Heard",
    "LinesRefusedError",
    "NoOpenPriceError",
    "NotByHandError",
    "NotForSaleError",
    "NothingToRefundError",
    "OrderEndedError",
    "OrderWaitsError",
    "PriceChangedError",
    "RefundAmountError",
    "RefundRefusedError",
    "RefundStoppedError",
    "Repriced",
    "TitleUnknownError",
    "TooManyTriesError",
    "basket_for",
    "begin_payment",
    "cancel_expired",
    "empty_basket",
    "erase",
    "look_up_payment",
    "mark_received",
    "mark_refund_sent",
    "merge_baskets",
    "move_basket",
    "name_price",
    "place_order",
    "put_in_basket",
    "receive_event",
    "reconcile",
    "refund_line",
    "refund_order",
    "send_refund",
    "settle",
    "take_out_of_basket",
]
