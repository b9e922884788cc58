"""Letting somebody at a bundle: only at their own, and only while they own all of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from bandstand.kernel.errors import RefusedError
from bandstand.licences import tickets as signed
from bandstand.licences.tickets import Purpose, Ticket, TicketError
from bandstand.store.accounts.models import User
from bandstand.store.delivery import tickets
from bandstand.store.takeout import queries
from bandstand.store.takeout.models import Takeout


class ShelfChangedError(RefusedError):
    """Something in the bundle is not owned any more."""

    code = "takeout.changed"

    def __init__(self) -> None:
        super().__init__(
            "Something in this bundle is not yours any more, for example because it was refunded.",
            hint="Open your shelf and start a new one.",
        )


def own(holder: User, public_id: UUID) -> Takeout:
    """Return a bundle of this holder that may still be given.

    Raises
    ------
    Takeout.DoesNotExist
        There is none of that id, or it is somebody else's: which of these is nobody's business.
    ShelfChangedError
        Something in it was taken back.
    """
    row = Takeout.objects.get(public_id=public_id, holder=holder)
    if queries.revoked(row.grants, holder_id=holder.pk):
        raise ShelfChangedError
    return row


def granted(token: str, *, now: datetime) -> tuple[Ticket, Takeout]:
    """Return a genuine ticket of a bundle, and the bundle.

    Raises
    ------
    TicketError
        It is not ours, not now, or for something else.
    Takeout.DoesNotExist, ShelfChangedError
        The bundle is gone, its holder is, or something in it was taken back.
    """
    ticket = signed.verify(token, tickets.ring(), now=now)
    if ticket.purpose is not Purpose.TAKEOUT:
        raise TicketError("This link is for something else.")
    row = Takeout.objects.select_related("holder").get(pk=ticket.grant, holder__is_active=True)
    if str(row.holder.public_id) != ticket.holder:
        raise Takeout.DoesNotExist
    if queries.revoked(row.grants, holder_id=row.holder_id):
        raise ShelfChangedError
    return ticket, row
