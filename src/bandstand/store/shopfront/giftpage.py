"""Gifts as their pages show them: to who gets one, and to who gave it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bandstand.store.assets import queries as assets
from bandstand.store.catalogue.models import Release
from bandstand.store.orders.models import Gift, Order, OrderLine
from bandstand.store.orders.queries import given
from bandstand.store.orders.rules.gift import GiftStand
from bandstand.store.orders.services import rights
from bandstand.store.shopfront.giftforms import RecipientForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """One title of a gift."""

    title: str
    artist: str
    src: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What the page behind a mailed link shows."""

    sender: str
    recipient: str
    email: str
    message: str
    titles: list[Title]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the giver's order page says of a gift."""

    stand: GiftStand
    sentence: str
    hint: str
    tone: str
    open: bool  # whether the giver may still change something
    refundable: bool
    mailed: bool
    recipient: str
    email: str
    message: str
    form: RecipientForm


def received(gift: Gift) -> Received:
    """Return what whoever has the link sees: nothing that the giver told nobody but the store."""
    lines = rights.standing_lines(gift.order)
    return Received(
        sender=gift.sender_name,
        recipient=gift.recipient_name,
        email=gift.recipient_email,
        message=gift.message,
        titles=[_title(line) for line in lines],
    )


def given_away(order: Order, *, form: RecipientForm | None = None) -> Given | None:
    """Return what the giver sees; None for an order that is no gift."""
    gift = given.gift_of(order.pk)
    if gift is None:
        return None
    stand = given.stand_of(gift)
    if stand in {GiftStand.SENT, GiftStand.WAITING} and not rights.standing_lines(order):
        stand = GiftStand.ENDED
    sentence, hint, tone = _told(gift, stand)
    initial = {"recipient_name": gift.recipient_name, "recipient_email": gift.recipient_email}
    return Given(
        stand=stand,
        sentence=sentence,
        hint=hint,
        tone=tone,
        open=stand in {GiftStand.SENT, GiftStand.WAITING},
        refundable=bool(order.gross),
        mailed=gift.mailed_at is not None,
        recipient=gift.recipient_name,
        email=gift.recipient_email,
        message=gift.message,
        form=form or RecipientForm(initial=initial),
    )


def _told(gift: Gift, stand: GiftStand) -> tuple[str, str, str]:
    """Return how a gift stands in a sentence, what comes next, and the tone of it."""
    zone = gift.order.storefront.time_zone
    name = {"name": gift.recipient_name, "email": gift.recipient_email}
    match stand:
        case GiftStand.UNPAID:
            hint = _("It is delivered as soon as it is paid, on the day that you chose or later.")
            return _("A gift for %(name)s") % name, hint, ""
        case GiftStand.WAITING:
            day = {"day": _day(gift.deliver_at, zone), **name}
            sentence = _("A gift for %(name)s, to be delivered on %(day)s") % day
            return sentence, _("The link goes to %(email)s.") % name, "good"
        case GiftStand.SENT:
            day = {"day": _day(gift.mailed_at or gift.deliver_at, zone), **name}
            sentence = _("Your gift was mailed to %(name)s on %(day)s") % day
            return sentence, _("It went to %(email)s. Nobody has put it on a shelf yet.") % name, "good"
        case GiftStand.CLAIMED:
            day = {"day": _day(gift.claimed_at or gift.deliver_at, zone), **name}
            return _("Your gift for %(name)s was put on a shelf on %(day)s") % day, "", "good"
        case GiftStand.RETURNED:
            hint = _("The link in the mail works no more. What you paid goes back to you.")
            return _("You took your gift for %(name)s back") % name, hint, ""
        case GiftStand.ENDED:
            hint = _("Its money has gone back, or is in dispute.")
            return _("Your gift for %(name)s can't be accepted") % name, hint, "warn"


def _day(moment: datetime, zone: str) -> str:
    return date_format(moment.astimezone(ZoneInfo(zone)), "j F Y")


def _title(line: OrderLine) -> Title:
    part, release = line.part, line.release
    of: Release | None = release or (part.release if part else None)
    if of is None:
        raise ValueError("An order line is of one release or part.")
    return Title(
        title=part.title if part else of.title,
        artist=part.artist_line if part else of.artist_line,
        src=assets.cover_url(of.cover_sha256, 240),
    )
