"""Receipts as files: signed, and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.money import Money
from bandstand.licences.receipts import Receipt
from bandstand.store.orders.models import Order
from bandstand.store.receipts import keys, queries, rules
from bandstand.webkit import paper

PAPER_CSS = """
body { font-family: sans-serif; font-size: 10pt; color: #1a1a1a; }
h1 { font-size: 20pt; margin: 0 0 4pt 0; }
h2 { font-size: 12pt; margin: 16pt 0 4pt 0; }
p { margin: 0 0 4pt 0; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: 3pt 6pt 3pt 0; border-bottom: 0.5pt solid #bbbbbb; }
.amount { text-align: right; }
.small { font-size: 7.5pt; color: #444444; }
.hash { font-family: monospace; font-size: 6.5pt; color: #444444; }
"""


class NotPaidError(RefusedError):
    """Only what was paid has a receipt."""

    code = "receipts.not_paid"

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(f"Order {number} is not paid.", hint="It has a receipt as soon as it is.")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a receipt as people read it."""

    title: str
    seller: str
    code: str
    listed: str
    credit: str  # empty when there is none, as the next two
    discount: str
    refunded: str
    net: str
    rate: str
    place: str
    price: str


def receipt(order: Order, *, now: datetime) -> Receipt:
    """Return what the receipt of an order states.

    Raises
    ------
    NotPaidError
        The order is not paid.
    """
    if order.state != Order.State.PAID:
        raise NotPaidError(order.number)
    return queries.receipt_of(order, now=now)


def receipt_file(order: Order, *, now: datetime) -> bytes:
    """Return the signed receipt of an order (docs/formats/receipt.md).

    Raises
    ------
    NotPaidError, NoReceiptKeyError
        There is nothing to sign, or nothing to sign with.
    """
    return keys.current().sign(receipt(order, now=now))


def receipt_pdf(order: Order, *, now: datetime) -> bytes:
    """Return the receipt on paper; the signed one is inside as an attachment.

    Raises
    ------
    NotPaidError, NoReceiptKeyError
        As `receipt_file`.
    """
    bill, ring = receipt(order, now=now), keys.current()
    facts = {"fingerprint": ring.fingerprints[0], "store_url": settings.STORE_URL}
    html = render_to_string("receipts/paper.html", {**page(bill), **_on_paper(bill), **facts})
    attached = {rules.file_name(order.number, ".receipt"): ring.sign(bill)}
    return paper.pdf(html, css=PAPER_CSS, title=f"{bill.store}: {bill.number}", files=attached)


def _on_paper(bill: Receipt) -> dict[str, object]:
    """Return the files that the paper names, by title: the first ones, and how many only the signed receipt names."""
    left, listed = rules.FILES_ON_PAPER, []
    for line in bill.lines:
        listed.append((line.title, line.files[:left]))
        left -= len(listed[-1][1])
    more = sum(len(line.files) for line in bill.lines) - rules.FILES_ON_PAPER + left
    return {"listed": [(title, files) for title, files in listed if files], "more": more}


def page(bill: Receipt) -> dict[str, object]:
    """Return a receipt's facts as people read them."""

    def money(amount: int) -> str:
        return str(Money(amount, bill.currency))

    def less(amount: int) -> str:
        return money(-amount) if amount else ""

    rows = [
        Row(
            title=line.title,
            seller=line.seller,
            code=line.code,
            listed=money(line.listed),
            credit=less(line.credit),
            discount=less(line.discount),
            refunded=less(line.refunded),
            net=money(line.net),
            rate=rules.percent(line.tax_rate),
            place=line.place_of_supply,
            price=money(line.gross),
        )
        for line in bill.lines
    ]
    totals = {
        "net": money(bill.net),
        "tax": money(bill.tax),
        "total": money(bill.gross),
        "refunded": less(bill.refunded),
    }
    return {"bill": bill, "rows": rows, **totals}
