"""The lines of a basket, each time with as much of their titles as is needed."""

from __future__ import annotations

from bandstand.store.orders.models import Basket, BasketLine
from bandstand.webkit.prepared import Prepared


def rows_of(basket: Basket) -> list[BasketLine]:
    """Return a basket's lines with what their titles need on a page."""
    return _lines(basket.pk)


def rows_to_order(basket: Basket) -> list[BasketLine]:
    """Return a basket's lines with what an order writes of their titles."""
    return _to_order(basket.pk)


def rows_alone(basket: Basket) -> list[BasketLine]:
    """Return a basket's lines, and of their parts which releases they are of."""
    return _alone(basket.pk)


_ROWS = BasketLine.objects.order_by("added_at", "pk")
_TEXTS = ("description", "copyright", "phonogram", "palette")
_lines = Prepared(
    lambda basket_id: (
        _ROWS.filter(basket_id=basket_id)
        .select_related("release__label", "part__release__label")
        .defer("part__lyrics", *(f"{way}__{text}" for way in ("release", "part__release") for text in _TEXTS))
    )
)
_OWN = ("basket", "release", "part", "added_at", "chosen")
_OF_RELEASE = ("title", "artist_line", "label_id", "withdrawn_at")
_OF_PART = ("title", "artist_line", "release_id", "withdrawn_at", *(f"release__{name}" for name in _OF_RELEASE))
_to_order = Prepared(
    lambda basket_id: (
        _ROWS.filter(basket_id=basket_id)
        .select_related("release", "part__release")
        .only(*_OWN, *(f"release__{name}" for name in _OF_RELEASE), *(f"part__{name}" for name in _OF_PART))
    )
)
_alone = Prepared(
    lambda basket_id: _ROWS.filter(basket_id=basket_id).select_related("part").only(*_OWN, "part__release_id")
)
