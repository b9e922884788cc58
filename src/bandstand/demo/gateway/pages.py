"""The page where a visitor pays, or does not."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from urllib.parse import urlsplit

from bandstand.demo.gateway.books import Outcome, Payment
from bandstand.kernel.money import Money

_ORDINARY = ((Outcome.PAY, "Pay {amount}", ""), (Outcome.DECLINE, "Decline", "The card is refused."))
_ODD = (
    (Outcome.LATE, "Answer late", "Pays now; the store hears of it after a while."),
    (Outcome.TWICE, "Answer twice", "Pays; the store is told five times."),
    (Outcome.NEVER, "Never answer", "Pays; the store is not told and has to ask."),
    (Outcome.HANG, "Hang", "The bank does not answer, and gives up in the end."),
    (Outcome.ABANDON, "Abandon", "Goes back without paying."),
)


def pay_page(payment: Payment) -> str:
    """Return the page of a payment: buttons while it is open, how it ended after that."""
    amount = str(Money(payment.amount, payment.currency))
    if payment.state != "open":
        said = "Paid." if payment.state == "paid" else payment.reason
        return _page(payment, f'<p class="end">{escape(said)}</p>{_back(payment)}')
    ordinary = "".join(_button(outcome, text.format(amount=amount), note) for outcome, text, note in _ORDINARY)
    odd = "".join(_button(outcome, text, note) for outcome, text, note in _ODD)
    form = f'<form method="post">{ordinary}<h2>What gateways should not do, but do</h2>{odd}</form>'
    return _page(payment, form + _back(payment))


def gave_up_page(payment: Payment) -> str:
    """Return what a visitor sees after the bank has hung."""
    return _page(payment, f'<p class="end">The bank did not answer in time.</p>{_back(payment)}')


def plain_page(title: str, text: str) -> str:
    """Return a page that says one thing."""
    return _shell(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>")


def policy(payment: Payment | None) -> str:
    """Return the content security policy; the form's answer leads back to the store, so its origin is named."""
    url = urlsplit(payment.return_url) if payment else None
    back = f" {url.scheme}://{url.netloc}" if url and url.netloc else ""
    return f"default-src 'none'; style-src 'self'; form-action 'self'{back}; frame-ancestors 'none'; base-uri 'none'"


@cache
def style() -> bytes:
    """Return the style sheet."""
    return files("bandstand.demo.gateway").joinpath("pay.css").read_bytes()


def _page(payment: Payment, content: str) -> str:
    amount = escape(str(Money(payment.amount, payment.currency)))
    facts = f'<p class="order">Order {escape(payment.order_number)}</p><p class="amount">{amount}</p>'
    return _shell("Pretend payment", f"<h1>Pretend payment</h1>{facts}{content}")


def _shell(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/pay.css"></head><body>'
        '<header class="note">Pretend payment: no money moves.</header>'
        f"<main>{content}</main></body></html>"
    )


def _button(outcome: Outcome, text: str, note: str) -> str:
    told = f"<small>{escape(note)}</small>" if note else ""
    return f'<button name="outcome" value="{outcome}" class="{outcome}"><b>{escape(text)}</b>{told}</button>'


def _back(payment: Payment) -> str:
    return f'<p><a href="{escape(payment.return_url)}">Back to the store</a></p>' if payment.return_url else ""
