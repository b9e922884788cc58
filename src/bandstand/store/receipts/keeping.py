"""Receipts that are kept: one for each state of an order, the same bytes however often it is asked for."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef

from bandstand.store.assets.queries import place
from bandstand.store.delivery import queries as delivery
from bandstand.store.delivery import storage
from bandstand.store.orders.models import Order, OrderLine
from bandstand.store.receipts import keys, services
from bandstand.store.receipts.models import Issued

AT_ONCE = 500  # receipts that one request signs
BATCH = 500


def kept(holder_id: int, *, now: datetime, most: int = AT_ONCE) -> tuple[list[Issued], int]:
    """Return the receipts of all that an account has paid, and how many are still to be signed.

    Those whose order has changed, or of which other files were made, are signed anew, at most so many. Five queries
    and four more for each. A store without a key has none.
    """
    orders = list(Order.objects.filter(holder_id=holder_id, state=Order.State.PAID).order_by("pk"))
    if not orders:
        return [], 0
    try:
        fingerprint = keys.current().fingerprints[0]
    except keys.NoReceiptKeyError:
        return [], 0
    states = _states(orders, holder_id, fingerprint)
    rows = Issued.objects.filter(order__holder_id=holder_id, state__in=set(states.values()))
    known = {(row.order_id, row.state): row for row in rows.select_related("order")}
    missing = [order for order in orders if (order.pk, states[order.pk]) not in known]
    for order in missing[:most]:
        known[order.pk, states[order.pk]] = _issue(order, states[order.pk], now)
    found = [known.get((order.pk, states[order.pk])) for order in orders]
    return [row for row in found if row is not None], max(0, len(missing) - most)


def erase(*, holder_id: int) -> None:
    """Forget the kept receipts of an account: they say who bought."""
    _forget(list(Issued.objects.filter(order__holder_id=holder_id)))


def forget(*, before: datetime, keep: Collection[int]) -> int:
    """Forget receipts that a later one has replaced, of accounts that no frozen bundle is kept for; return how many."""
    later = Issued.objects.filter(order=OuterRef("order"), pk__gt=OuterRef("pk"))
    old = Issued.objects.filter(Exists(later), issued_at__lt=before).exclude(order__holder_id__in=list(keep))
    rows = list(old.order_by("pk")[:BATCH])
    _forget(rows)
    return len(rows)


def _issue(order: Order, state: str, now: datetime) -> Issued:
    key, found = storage.store_bytes(services.receipt_file(order, now=now), area=storage.FILES, suffix=".receipt")
    facts = {"path": key, "size": found.size, "sha256": found.sha256, "crc32": found.crc32, "issued_at": now}
    row, _ = Issued.objects.get_or_create(order=order, state=state, defaults=facts)  # of two at once the first counts
    return row


def _states(orders: Collection[Order], holder_id: int, fingerprint: str) -> dict[int, str]:
    """Return what the receipt of each order depends on, as a hash. Two queries, however many they are."""
    lines: defaultdict[int, list[OrderLine]] = defaultdict(list)
    for line in OrderLine.objects.filter(order__holder_id=holder_id, order__state=Order.State.PAID).order_by("pk"):
        lines[line.order_id].append(line)
    every = [line for found in lines.values() for line in found]
    made = delivery.made_of(
        {line.release_id for line in every if line.release_id}, {line.part_id for line in every if line.part_id}
    )
    states = {}
    for order in orders:
        rows = [(line.pk, line.refunded, made.get((line.release_id, line.part_id), [])) for line in lines[order.pk]]
        said = [order.number, order.email, fingerprint, rows]
        states[order.pk] = hashlib.sha256(json.dumps(said).encode()).hexdigest()
    return states


def _forget(rows: Collection[Issued]) -> None:
    for row in rows:
        row.delete()
        place(row.path).unlink(missing_ok=True)
