"""Baskets as their pages show them: what each line costs and why, and what it all comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bandstand.kernel.money import Money
from bandstand.store.assets import queries as assets
from bandstand.store.catalogue.models import Part, Release
from bandstand.store.orders.queries import BasketPage, PricedLine
from bandstand.store.orders.services import Repriced
from bandstand.store.shopfront import countries, rules
from bandstand.store.shopfront.cards import price_text
from bandstand.store.taxes.rules import Rate, percent

MOST_TOLD = 5
"""Lines of a basket that moved which are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A price that the buyer names, to be named again."""

    value: str
    least: str
    currency: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a basket as `webkit/components/basket-line.html` takes it."""

    pk: int
    title: str
    url: str
    artist: str
    src: str
    price: str
    was: str = ""
    why: str = ""
    notes: list[str] = field(default_factory=list)
    named: Named | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What a basket comes to, row by row, and what is still open."""

    rows: list[tuple[str, str]]
    total: str
    note: str
    needs_country: bool  # prices are without tax, and nobody has said for which country


def lines(page: BasketPage, *, problem: tuple[int, str, str] | None = None) -> list[Line]:
    """Return the lines of a basket, each with its price or why it can't be bought.

    `problem` is what was typed as the price of one line, and what is wrong with it: (line, typed, sentence).
    """
    return [_line(line, page, problem if problem and problem[0] == line.line.pk else None) for line in page.lines]


def sums(page: BasketPage) -> Sums:
    """Return what a basket comes to."""
    found, rows = page.sums, []
    needs_country = not page.tax_known and not page.tax_included and bool(found.gross)
    if found.credit or found.discount:
        rows.append((_("Prices"), str(found.listed)))
    if found.credit:
        rows.append((_("Paid before for single tracks"), rules.less(found.credit)))
    if found.discount:
        rows.append((_("Your code"), rules.less(found.discount)))
    if page.tax_known:
        rows.append((_("Net"), str(found.net)))
        rows.append((tax_label(page.rate, page.country), str(found.tax)))
        note = ""
    elif needs_country:
        rows.append((_("Tax"), _("as your country takes it")))
        note = _("plus tax, which depends on your country")
    else:
        note = _("Tax is in it.") if page.tax_included and found.gross else ""
    return Sums(rows=rows, total=str(found.gross), note=note, needs_country=needs_country)


def tax_label(rate: Rate, country: str) -> str:
    """Name a tax: "Tax (19 %, Germany)"."""
    return _("Tax (%(rate)s, %(country)s)") % {"rate": percent(rate.rate), "country": countries.name(country)}


def moves(changes: Sequence[Repriced]) -> list[str]:
    """Say what a basket's move to another storefront changed."""
    told = [_move(change) for change in changes[:MOST_TOLD]]
    if len(changes) > MOST_TOLD:
        told.append(_("And %(n)d more titles in your basket have other prices here.") % {"n": len(changes) - MOST_TOLD})
    return told


def arithmetic(listed: Money, parts: Sequence[tuple[str, Money]], left: Money) -> str:
    """Write how a credit comes about: "€12.00 − €1.19 (Harbour) − €1.19 (Ferry) = €9.62"."""
    return f"{listed}{''.join(f' − {money} ({title})' for title, money in parts)} = {left}"


def _move(change: Repriced) -> str:
    facts = {"title": change.title, "before": change.before, "after": change.after}
    if change.after is None:
        return _("%(title)s can't be bought in this storefront. It waits in your basket.") % facts
    if change.before is None:
        return _("%(title)s costs %(after)s here.") % facts
    return _("%(title)s: %(before)s before, %(after)s here.") % facts


def _line(priced: PricedLine, page: BasketPage, problem: tuple[int, str, str] | None) -> Line:
    title: Release | Part | None = priced.line.release or priced.line.part
    if title is None:
        raise ValueError("A basket line is of one release or part.")
    release = title.release if isinstance(title, Part) else title
    cost, why = priced.frozen, ""
    if priced.owned:
        why = _("This is on your shelf already.")
    elif priced.refusal is not None:
        why = f"{_(priced.refusal.sentence)} {_(priced.refusal.hint) if priced.refusal.hint else ''}".strip()
    reduced = cost is not None and bool(cost.credit or cost.discount)
    return Line(
        pk=priced.line.pk,
        title=title.title,
        url=release.get_absolute_url(),
        artist=_("%(artist)s · single track") % {"artist": title.artist_line}
        if isinstance(title, Part)
        else title.artist_line,
        src=assets.cover_url(release.cover_sha256, 240),
        price=price_text(cost.shown) if cost else "",
        was=str(cost.listed) if cost and reduced else "",
        why=why,
        notes=_notes(priced, page),
        named=_named(priced, problem),
    )


def _notes(priced: PricedLine, page: BasketPage) -> list[str]:
    """Return what is said under a line: how its price comes about, and when it comes."""
    notes, cost, offer = [], priced.frozen, priced.offer
    if cost is not None and priced.credits:
        parts = [(part.title, part.money) for part in priced.credits]
        notes.append(arithmetic(cost.listed, parts, cost.listed - cost.credit))
    if cost is not None and cost.discount:
        notes.append(_("%(discount)s by your code") % {"discount": rules.less(cost.discount)})
    if offer is not None and offer.available_at is not None:
        day = rules.local_day(offer.available_at, page.basket.storefront.time_zone)
        notes.append(_("Comes on %(day)s") % {"day": date_format(day, "l j F Y")})
    return notes


def _named(priced: PricedLine, problem: tuple[int, str, str] | None) -> Named | None:
    offer, cost = priced.offer, priced.frozen
    if offer is None or cost is None or not offer.open_price:
        return None
    typed, sentence = (problem[1], problem[2]) if problem else (cost.listed.plain, "")
    return Named(value=typed, least=str(offer.price), currency=offer.price.currency, problem=sentence)
