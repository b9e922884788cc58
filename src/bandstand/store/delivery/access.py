"""Letting somebody at a file: only at what their grants cover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import BigIntegerField
from django.http import HttpRequest

from bandstand.kernel.errors import RefusedError
from bandstand.licences import tickets as signed
from bandstand.licences.tickets import Purpose, Ticket
from bandstand.media.recipes import Recipe
from bandstand.store.assets import queries as assets
from bandstand.store.assets.models import Extra
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.catalogue.models import Part
from bandstand.store.delivery import queries, tickets
from bandstand.store.delivery.models import Deliverable
from bandstand.store.grants import access as grants
from bandstand.store.grants import queries as grant_queries
from bandstand.store.grants.models import Grant

PLACED_HERE = "orders"  # the session's list of order numbers that were placed in this browser
GIVEN_HERE = "given"  # of those that were gifts: their titles are somebody else's
MAILED_HERE = "mailed"  # of those whose titles cost a guest nothing: the way to them is in the mail alone
CLAIMED_HERE = "claimed"  # the orders of others whose titles were claimed as a gift in this browser
_MOST = 50  # orders a browser remembers without an account


class NotYetError(RefusedError):
    """It was ordered ahead, and has not come out."""

    code = "delivery.not_yet"

    def __init__(self, comes_at: datetime) -> None:
        self.comes_at = comes_at
        day = f"{comes_at:%A} {comes_at.day} {comes_at:%B %Y, %H:%M} UTC"
        super().__init__(
            f"This comes out on {day}.",
            hint="It is on your shelf already, and can be downloaded by itself from then on.",
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody with the right to it wants to fetch: a release as a zip, or one part."""

    grant: Grant
    recipe: Recipe
    part: Part | None

    @property
    def release_id(self) -> int | None:
        """The release, when all of it is wanted."""
        return None if self.part else self.grant.release_id

    @property
    def part_id(self) -> int | None:
        """The part, when only one is wanted."""
        return self.part.pk if self.part else None


def placed_here(session: SessionBase) -> list[str]:
    """Return the numbers of the orders that were placed in this browser."""
    return [number for key in (PLACED_HERE, GIVEN_HERE, MAILED_HERE) for number in _numbers(session, key)]


def sources_here(session: SessionBase) -> list[str]:
    """Return the sources of the grants that this browser may use: of its orders, and of gifts claimed in it."""
    return [f"order:{number}" for number in (*_numbers(session, PLACED_HERE), *_numbers(session, CLAIMED_HERE))]


def remember(session: SessionBase, key: str, number: str) -> None:
    """Let a browser keep an order's number under one of the keys above."""
    session[key] = [*(kept for kept in _numbers(session, key) if kept != number), number][-_MOST:]


def forget(session: SessionBase, key: str, number: str) -> None:
    """Let a browser forget an order's number."""
    session[key] = [kept for kept in _numbers(session, key) if kept != number]


def _numbers(session: SessionBase, key: str) -> list[str]:
    return [str(number) for number in session.get(key, [])]


def wanted(request: HttpRequest, grant_id: int, recipe: str, part_id: int | None = None, *, now: datetime) -> Wanted:
    """Return what a visitor asks for when a grant of theirs covers it.

    Raises
    ------
    Grant.DoesNotExist, Part.DoesNotExist
        It doesn't, or there is no such thing: which of these is nobody's business.
    NotYetError
        It was ordered ahead, and has not come out.
    """
    grant = _own_grant(request, grant_id, now)
    how = next((found for found in queries.known_formats() if found.slug == recipe), None)
    if how is None:
        raise Grant.DoesNotExist
    if part_id is None:
        if grant.release_id is None:
            raise Grant.DoesNotExist
        return Wanted(grant, how, None)
    part = catalogue.parts([part_id]).get(part_id) if part_id <= BigIntegerField.MAX_BIGINT else None
    if part is None or not covers(grant, part):
        raise Part.DoesNotExist
    return Wanted(grant, how, part)


def own_file(request: HttpRequest, grant_id: int, sha256: str, *, now: datetime) -> tuple[Grant, Deliverable]:
    """Return a file by the hash that was published with it, however old, when a grant of this visitor covers it.

    Raises
    ------
    Grant.DoesNotExist, Deliverable.DoesNotExist
        It doesn't, or there is no such thing: which of these is nobody's business.
    NotYetError
        It was ordered ahead, and has not come out.
    """
    grant = _own_grant(request, grant_id, now)
    for file in queries.by_sha256(sha256):
        if covers(grant, file.part):
            return grant, file
    raise Deliverable.DoesNotExist


def own_extra(request: HttpRequest, grant_id: int, sha256: str, *, now: datetime) -> tuple[Grant, Extra]:
    """Return a booklet, picture or text that comes with a release, when a grant of this visitor is for the release.

    Raises
    ------
    Grant.DoesNotExist, Extra.DoesNotExist
        It isn't, or there is no such thing: which of these is nobody's business.
    """
    grant = _own_grant(request, grant_id, now)
    extra = assets.extra_of(grant.release_id, sha256) if grant.release_id is not None else None
    if extra is None:
        raise Extra.DoesNotExist
    return grant, extra


def covers(grant: Grant, part: Part) -> bool:
    """Whether a grant is for a part: for itself, or for its release if it was in it when the grant began."""
    if grant.part_id == part.pk:
        return True
    here = part.withdrawn_at is None or part.withdrawn_at > grant.starts_at
    return grant.release_id == part.release_id and here


def _own_grant(request: HttpRequest, grant_id: int, now: datetime) -> Grant:
    grant = grants.own_grant(request.user, grant_id, bought_here=sources_here(request.session))
    return _begun(grant, now)


def _begun(grant: Grant, now: datetime) -> Grant:
    if grant.starts_at > now:
        raise NotYetError(grant.starts_at)
    return grant


def granted(token: str, *, now: datetime) -> tuple[Ticket, Grant | None]:
    """Return a genuine ticket and the live grant behind it; no grant where none is needed, as for previews.

    Raises
    ------
    TicketError
        It is not ours, or not now.
    Grant.DoesNotExist
        The grant is revoked or somebody else's.
    NotYetError
        What it is for has not come out.
    """
    ticket = signed.verify(token, tickets.ring(), now=now)
    if ticket.purpose is Purpose.TAKEOUT:  # its number is no grant's
        raise Grant.DoesNotExist
    if not ticket.grant:
        return ticket, None
    grant = grant_queries.live_grant(ticket.grant)
    if str(grant.holder.public_id) != ticket.holder:
        raise Grant.DoesNotExist
    return ticket, _begun(grant, now)
