"""A gift: what the giver wishes, when it is delivered, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from bandstand.kernel.errors import InputError
from bandstand.store.accounts.rules import same_address

MORNING = time(8)
"""When a gift for a later day is delivered, by the storefront's clock."""
LONGEST_AHEAD = timedelta(days=366)
REMIND_AFTER = timedelta(days=60)
"""How long a gift lies unclaimed before its giver is asked."""
LONGEST_NAME, LONGEST_MESSAGE = 100, 1000


class GiftWishError(InputError):
    """A gift can't be delivered like this; `field` names what to look at."""

    code = "orders.gift_wish"

    def __init__(self, field: str, sentence: str, hint: str = "") -> None:
        self.field = field
        super().__init__(sentence, hint=hint)


class GiftStand(StrEnum):
    """How a gift stands."""

    UNPAID = "unpaid"
    WAITING = "waiting"  # for its day
    SENT = "sent"
    CLAIMED = "claimed"
    RETURNED = "returned"  # the giver took the money back
    ENDED = "ended"  # all of it was refunded before anybody claimed it


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftWish:
    """Who gets it, from whom, with what words, and when."""

    recipient_name: str
    recipient_email: str
    sender_name: str
    message: str = ""
    deliver_at: datetime


def wish(
    *,
    recipient_name: str,
    recipient_email: str,
    sender_name: str,
    message: str = "",
    day: date | None,
    zone: str,
    now: datetime,
) -> GiftWish:
    """Return a wish that can be fulfilled: without `day` or with today's, at once.

    Raises
    ------
    GiftWishError
        What is missing, too long, past or too far ahead.
    """
    receiver = recipient(recipient_name, recipient_email)
    return GiftWish(
        recipient_name=receiver.name,
        recipient_email=receiver.email,
        sender_name=_name("sender_name", sender_name),
        message=_message(message),
        deliver_at=deliver_at(day, zone=zone, now=now),
    )


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets it, and where the link goes."""

    name: str
    email: str


def recipient(name: str, email: str) -> Recipient:
    """Return a recipient that a mail can reach.

    Raises
    ------
    GiftWishError
        What is missing.
    """
    return Recipient(_name("recipient_name", name), address(email))


def deliver_at(day: date | None, *, zone: str, now: datetime) -> datetime:
    """Return the instant a gift for `day` is due by the storefront's clock: now for today, else eight in the morning.

    Raises
    ------
    GiftWishError
        The day is past, or more than a year ahead.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    if day is None or day == today:
        return now
    if day < today:
        raise GiftWishError("day", "This day is over.", "Choose today or a later day.")
    if day > today + LONGEST_AHEAD:
        raise GiftWishError("day", "This day is more than a year ahead.", "Choose a day within a year.")
    return datetime.combine(day, MORNING, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def address(email: str) -> str:
    """Return an e-mail address as it is compared.

    Raises
    ------
    GiftWishError
        It is none.
    """
    found = same_address(email)
    try:
        validate_email(found)
    except ValidationError as error:
        raise GiftWishError(
            "recipient_email", "This is no e-mail address we can write to.", "The link to the gift goes there."
        ) from error
    return found


def _name(field: str, text: str) -> str:
    """Return a name on one line: it stands in a mail's subject."""
    name = " ".join("".join(letter if _shows(letter) else " " for letter in text).split())
    if not name:
        raise GiftWishError(field, "A name is missing.", "The mail says who it is from, and for whom.")
    if len(name) > LONGEST_NAME:
        raise GiftWishError(field, f"A name has at most {LONGEST_NAME} letters.", "Shorten it.")
    return name


def _shows(letter: str) -> bool:
    """Whether a letter belongs into a text: nothing that turns lines, but the joiners of Persian and emoji."""
    return letter.isprintable() or letter in "\u200c\u200d"


def _message(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    clean = "\n".join("".join(letter for letter in line if _shows(letter)).rstrip() for line in lines).strip()
    if len(clean) > LONGEST_MESSAGE:
        raise GiftWishError("message", f"A message has at most {LONGEST_MESSAGE} letters.", "Shorten it.")
    return clean
