"""Baskets and orders as their pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.urls import reverse
from django.utils.translation import gettext as _

from bandstand.store.assets import queries as assets
from bandstand.store.catalogue.models import Part, Release
from bandstand.store.grants import queries as grants
from bandstand.store.grants.models import Grant
from bandstand.store.orders import letters
from bandstand.store.orders import queries as orders
from bandstand.store.orders.models import Order, OrderLine, Refund
from bandstand.store.orders.queries import BasketPage, PricedLine
from bandstand.store.payments.models import Payment
from bandstand.store.shopfront import countries
from bandstand.store.shopfront.cards import price_text
from bandstand.store.taxes.rules import percent


class State(StrEnum):
    """What an order's page is about."""

    CHOOSE = "choose"  # nothing was tried yet
    WAITING = "waiting"
    INSTRUCTIONS = "instructions"  # the buyer pays by hand
    DECLINED = "declined"
    PAID = "paid"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a basket as `webkit/components/basket-line.html` takes it."""

    pk: int
    title: str
    url: str
    artist: str
    src: str
    price: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """One line of an order with the way to its files."""

    line: OrderLine
    title: str
    artist: str
    src: str
    shelf_url: str
    refunded: bool


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
    rows: list[list[str]]
    foot: list[tuple[str, str]]
    country: str
    disputed: bool

    @property
    def may_pay(self) -> bool:
        """Whether a way to pay can be chosen."""
        return self.state in (State.CHOOSE, State.DECLINED, State.INSTRUCTIONS)


def basket_lines(page: BasketPage) -> list[Line]:
    """Return the lines of a basket, each with its price or why it can't be bought."""
    return [_basket_line(line) for line in page.lines]


def view(order: Order, now: datetime, *, viewer_id: int | None = None) -> View:
    """Return the page of an order; only its holder reads what their account has."""
    page = orders.order_page(order)
    payment = page.payments[0] if page.payments else None
    held = {(grant.release_id, grant.part_id): grant for grant in grants.given_by([order.source])}
    return View(
        state=_state(order, payment, now),
        lines=[_bought(line, held.get((line.release_id, line.part_id))) for line in page.lines],
        payment=payment,
        refunds=[_back(refund, to_holder=viewer_id == order.holder_id) for refund in page.refunds],
        rows=[
            [line.title, line.seller.name, str(line.net_money), percent(line.tax_rate), str(line.price)]
            for line in page.lines
        ],
        foot=[
            (_("Net"), str(order.total - order.tax_total)),
            (_("Tax"), str(order.tax_total)),
            (_("Total"), str(order.total)),
            *((_("Refunded: %(title)s") % {"title": refund.line.title}, str(-refund.money)) for refund in page.refunds),
        ],
        country=countries.name(order.billing_country),
        disputed=page.disputed,
    )


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


def _basket_line(priced: PricedLine) -> Line:
    title: Release | Part | None = priced.line.release or priced.line.part
    if title is None:
        raise ValueError("A basket line is of one release or part.")
    release = title.release if isinstance(title, Part) else title
    why = ""
    if priced.owned:
        why = _("This is on your shelf already.")
    elif priced.refusal is not None:
        why = f"{_(priced.refusal.sentence)} {_(priced.refusal.hint) if priced.refusal.hint else ''}".strip()
    return Line(
        pk=priced.line.pk,
        title=title.title,
        url=release.get_absolute_url(),
        artist=_("%(artist)s · single track") % {"artist": title.artist_line}
        if isinstance(title, Part)
        else title.artist_line,
        src=assets.cover_url(release.cover_sha256, 240),
        price=price_text(priced.frozen.gross) if priced.frozen else "",
        why=why,
    )


def _bought(line: OrderLine, grant: Grant | None) -> Bought:
    release = line.release or (line.part.release if line.part else None)
    return Bought(
        line=line,
        title=line.release.title if line.release else line.part.title if line.part else line.title,
        artist=release.artist_line if release else "",
        src=assets.cover_url(release.cover_sha256, 240) if release else "",
        shelf_url=reverse("shopfront:shelf_item", args=[grant.pk]) if grant else "",
        refunded=line.refunded > 0 and grant is None,  # until the money is back, the files stay
    )
