"""What an order's receipt states, from the rows as they were frozen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from bandstand.licences.receipts import MAX_FILES, Receipt, ReceiptFile, ReceiptLine
from bandstand.media.recipes import RECIPES
from bandstand.store.delivery import queries as delivery
from bandstand.store.delivery.models import Deliverable
from bandstand.store.orders.models import Order, OrderLine
from bandstand.store.receipts import rules


def receipt_of(order: Order, *, now: datetime) -> Receipt:
    """Return the receipt of a paid order as it is now: with what has gone back, and every file made so far."""
    lines = list(order.lines.select_related("release", "part__release", "seller"))
    files = _files(lines)
    return Receipt(
        store=settings.STORE_NAME,
        store_url=settings.STORE_URL,
        number=order.number,
        buyer=order.email,
        country=order.billing_country,
        paid_at=order.ended_at or order.created_at,
        issued_at=now.replace(microsecond=0),
        currency=order.currency,
        tax_included=order.tax_included,
        net=order.gross - order.tax,
        tax=order.tax,
        gross=order.gross,
        refunded=sum(line.refunded for line in lines),
        licence=settings.RECEIPT_LICENCE or rules.LICENCE,
        lines=tuple(_line(line, files) for line in lines),
    )


def _line(line: OrderLine, files: dict[tuple[str, int], list[ReceiptFile]]) -> ReceiptLine:
    release, part = line.release, line.part
    held = files[("release", release.pk)] if release else files[("part", part.pk)] if part else []
    return ReceiptLine(
        title=line.title,
        kind="release" if release else "track",
        code=(release.gtin or release.number) if release else (part.isrc or part.release.number) if part else "",
        seller=line.seller.name,
        place_of_supply=line.place_of_supply,
        listed=line.listed,
        credit=line.credit,
        discount=line.discount,
        net=line.net,
        tax_rate=line.tax_rate,
        tax=line.tax,
        gross=line.gross,
        refunded=line.refunded,
        files=tuple(held[:MAX_FILES]),
    )


def _files(lines: Iterable[OrderLine]) -> dict[tuple[str, int], list[ReceiptFile]]:
    """Return every file that was ever made of what these lines are about: also those of earlier editions. One query."""
    releases = {line.release_id for line in lines if line.release_id}
    parts = {line.part_id for line in lines if line.part_id}
    found: defaultdict[tuple[str, int], list[ReceiptFile]] = defaultdict(list)
    labels = {recipe.slug: delivery.label_of(recipe) for recipe in RECIPES}
    for made in delivery.files_of(releases, parts):
        file = _file(made, labels)
        if made.part.release_id in releases:
            found["release", made.part.release_id].append(file)
        if made.part_id in parts:
            found["part", made.part_id].append(file)
    return found


def _file(made: Deliverable, labels: dict[str, str]) -> ReceiptFile:
    return ReceiptFile(name=made.name, format=labels.get(made.recipe, made.recipe), size=made.size, sha256=made.sha256)
