"""Receipts by mail."""

from __future__ import annotations

from datetime import datetime

from bandstand.kernel.progress import Progress
from bandstand.store.accounts import mails
from bandstand.store.orders.models import Order
from bandstand.store.receipts import letters, rules, services
from bandstand.webkit.jobs import job


@job("receipts.mail")
def mail(*, now: datetime, progress: Progress, order_number: str) -> None:
    """Mail the receipt of a paid order, unless it has been: as text, on paper, and signed."""
    order = Order.objects.select_related("holder").get(number=order_number)
    if order.receipt_sent_at is not None:
        return
    attached = [
        (rules.file_name(order.number, ".pdf"), services.receipt_pdf(order, now=now), "application/pdf"),
        (rules.file_name(order.number, ".receipt"), services.receipt_file(order, now=now), "application/octet-stream"),
    ]
    mails.send("receipt", order.email, letters.receipt(order, now=now), folder="receipts/mail", attachments=attached)
    Order.objects.filter(pk=order.pk).update(receipt_sent_at=now)
