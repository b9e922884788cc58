"""Orders as their pages show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bandstand.kernel.money import Money
from bandstand.store.assets import queries as assets
from bandstand.store.grants import queries as grants
from bandstand.store.grants.models import Grant
from bandstand.store.orders import letters
from bandstand.store.orders import queries as orders
from bandstand.store.orders.models import Order, OrderLine, Refund
from bandstand.store.orders.queries import OrderPage
from bandstand.store.orders.queries.ahead import cancellable
from bandstand.store.orders.services import rights
from bandstand.store.payments.models import Payment
from bandstand.store.shopfront import countries, rules
from bandstand.store.shopfront.basketpage import tax_label
from bandstand.store.shopfront.visits import Visit
from bandstand.store.taxes.rules import Rate, percent


class State(StrEnum):
    """What an order's page is about."""

    CHOOSE = "choose"  # nothing was tried yet
    WAITING = "waiting"
    INSTRUCTIONS = "instructions"  # the buyer pays by hand
    DECLINED = "declined"
    PAID = "paid"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """One line of an order with the way to its files."""

    line: OrderLine
    title: str
    artist: str
    src: str
    shelf_url: str
    refunded: bool
    rests: bool  # a bank has the money of tracks that it counts
    comes_on: str = ""  # when what was ordered ahead is not here yet
    back: str = ""  # what goes back when it is cancelled before it comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """Money that has gone back, or is on its way."""

    money: str
    title: str
    why: str
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that an order's page shows."""

    state: State
    lines: list[Bought]
    payment: Payment | None
    refunds: list[Back]
    heads: list[str]
    rows: list[list[str]]
    foot: list[tuple[str, str]]
    country: str
    disputed: bool
    by_mail: bool  # the way to the titles is in the mail alone

    @property
    def rests(self) -> bool:
        """Whether something paid is not there for now."""
        return any(bought.rests for bought in self.lines)

    @property
    def may_pay(self) -> bool:
        """Whether a way to pay can be chosen."""
        return self.state in (State.CHOOSE, State.DECLINED, State.INSTRUCTIONS)


def view(order: Order, visit: Visit) -> View:
    """Return the page of an order; only its holder reads what their account has."""
    now, to_holder = visit.now, visit.holder_id == order.holder_id
    titles_here = to_holder or order.source in visit.bought_here
    page = orders.order_page(order)
    payment = page.payments[0] if page.payments else None
    sources = [order.source] if titles_here else []
    live = grants.given_by(sources).filter(holder_id=order.holder_id)  # a gift's titles are another's
    held = {(grant.release_id, grant.part_id): grant for grant in live}
    ahead, resting = cancellable(order, page.lines, now), rights.hollow(page.lines)
    return View(
        state=_state(order, payment, now),
        lines=[
            _bought(
                line,
                held.get((line.release_id, line.part_id)),
                visit,
                may_cancel=line.pk in ahead,
                rests=line.pk in resting,
            )
            for line in page.lines
        ],
        payment=payment,
        refunds=[_back(refund, to_holder=to_holder) for refund in page.refunds],
        **_table(order, page),
        country=countries.name(order.billing_country),
        disputed=page.disputed,
        by_mail=not titles_here,
    )


class _Table(TypedDict):
    heads: list[str]
    rows: list[list[str]]
    foot: list[tuple[str, str]]


def _table(order: Order, page: OrderPage) -> _Table:
    """Lay out what was paid: columns for credit and code only where something came off."""
    columns: list[tuple[str, Callable[[OrderLine], str]]] = [
        (_("Title"), lambda line: line.title),
        (_("Sold by"), lambda line: line.seller.name),
    ]
    credit, discount = sum(line.credit for line in page.lines), sum(line.discount for line in page.lines)
    if credit or discount:
        columns.append((_("Listed"), lambda line: str(Money(line.listed, order.currency))))
    if credit:
        columns.append((_("Paid before"), lambda line: _off(line.credit, order)))
    if discount:
        columns.append((_("Code"), lambda line: _off(line.discount, order)))
    columns += [
        (_("Net"), lambda line: str(line.net_money)),
        (_("Tax"), lambda line: percent(line.tax_rate)),
        (_("Price"), lambda line: str(line.price)),
    ]
    return {
        "heads": [head for head, _cell in columns],
        "rows": [[cell(line) for _head, cell in columns] for line in page.lines],
        "foot": _foot(order, page, Money(credit, order.currency), Money(discount, order.currency)),
    }


def _foot(order: Order, page: OrderPage, credit: Money, discount: Money) -> list[tuple[str, str]]:
    """Return the sums: what came off, net, tax by rate, total, and what went back."""
    foot = []
    if credit or discount:
        foot.append((_("Prices"), str(Money(sum(line.listed for line in page.lines), order.currency))))
    if credit:
        foot.append((_("Paid before for single tracks"), rules.less(credit)))
    if discount:
        foot.append((_("Your code"), rules.less(discount)))
    foot.append((_("Net"), str(order.total - order.tax_total)))
    for place, rate in sorted({(line.place_of_supply, line.tax_rate) for line in page.lines}):
        tax = sum(line.tax for line in page.lines if (line.place_of_supply, line.tax_rate) == (place, rate))
        foot.append((tax_label(Rate(rate=rate), place), str(Money(tax, order.currency))))
    foot.append((_("Total"), str(order.total)))
    foot += [(_("Refunded: %(title)s") % {"title": back.line.title}, rules.less(back.money)) for back in page.refunds]
    return foot


def _off(amount: int, order: Order) -> str:
    return rules.less(Money(amount, order.currency)) if amount else ""


def _back(refund: Refund, *, to_holder: bool) -> Back:
    line = refund.line
    return Back(
        money=str(refund.money),
        title=line.title,
        why=letters.why(refund, to_holder=to_holder),
        done=refund.done_at is not None,
    )


def _state(order: Order, payment: Payment | None, now: datetime) -> State:
    if order.state == Order.State.PAID:
        return State.PAID
    if order.state == Order.State.CANCELLED or order.expires_at <= now:
        return State.OVER
    if payment is None:
        return State.CHOOSE
    if payment.state == Payment.State.FAILED:
        return State.DECLINED
    return State.INSTRUCTIONS if payment.instructions else State.WAITING


def _bought(line: OrderLine, grant: Grant | None, visit: Visit, *, may_cancel: bool, rests: bool) -> Bought:
    comes_on = ""
    if line.available_at is not None and line.available_at > visit.now:
        comes_on = date_format(rules.local_day(line.available_at, line.order.storefront.time_zone), "l j F Y")
    release = line.release or (line.part.release if line.part else None)
    return Bought(
        line=line,
        title=line.release.title if line.release else line.part.title if line.part else line.title,
        artist=release.artist_line if release else "",
        src=assets.cover_url(release.cover_sha256, 240) if release else "",
        shelf_url=reverse("shopfront:shelf_item", args=[grant.pk]) if grant else "",
        refunded=line.refunded > 0 and grant is None,  # until the money is back, the files stay
        rests=rests and grant is None and line.refunded < line.gross,
        comes_on=comes_on,
        back=str(line.price - line.money_back) if may_cancel else "",
    )
