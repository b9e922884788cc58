"""Statements that are compiled once: where every checkout asks the same, writing the SQL anew is most of the cost.

    _by_holder = Prepared(lambda holder_id: Basket.objects.select_related("holder").filter(holder_id=holder_id))
    _touch = PreparedUpdate(lambda pk, now: (Basket.objects.filter(pk=pk), {"changed_at": now}))
    _keep = PreparedInsert(Basket)

The first call with values of a shape lets Django compile the statement with marks in their places, and keeps its text.
Later calls put their values where the marks were. Nothing but the text is kept: each call asks the database.
"""

from __future__ import annotations

from bandstand.webkit.prepared.reads import Prepared
from bandstand.webkit.prepared.writes import PreparedDelete, PreparedInsert, PreparedUpdate

__all__ = ["Prepared", "PreparedDelete", "PreparedInsert", "PreparedUpdate"]
