"""What orders read: baskets with today's prices (`baskets`), what counts as paid (`crediting`), orders (`placed`)."""

from bandstand.store.orders.queries.baskets import (
    BasketPage,
    PricedLine,
    basket_by_id,
    basket_of,
    basket_page,
    checkout_key,
    count_in,
    listed_price,
    priced,
    reduction_of,
    tax_rate,
)
from bandstand.store.orders.queries.crediting import CreditPart, completing
from bandstand.store.orders.queries.personal import personal
from bandstand.store.orders.queries.placed import OrderPage, Sales, order_page, orders_of, sales_since
from bandstand.store.orders.queries.rows import rows_alone, rows_of, rows_to_order
from bandstand.store.orders.queries.taxes import TaxRow, tax_report

__all__ = [
    "BasketPage",
    "CreditPart",
    "OrderPage",
    "PricedLine",
    "Sales",
    "TaxRow",
    "basket_by_id",
    "basket_of",
    "basket_page",
    "checkout_key",
    "completing",
    "count_in",
    "listed_price",
    "order_page",
    "orders_of",
    "personal",
    "priced",
    "reduction_of",
    "rows_alone",
    "rows_of",
    "rows_to_order",
    "sales_since",
    "tax_rate",
    "tax_report",
]
