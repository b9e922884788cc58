"""Titles follow money: which lines of orders still stand for their titles, and who holds what by them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, Q

from bandstand.store.grants import queries
from bandstand.store.grants import services as grants
from bandstand.store.orders.models import Credit, Gift, Order, OrderLine, Refund
from bandstand.store.payments import queries as payment_queries
from bandstand.webkit.jobs import enqueue_many


def holder_of(order: Order) -> int | None:
    """Return who has the titles of an order: its buyer, or who claimed it as a gift; nobody while a gift waits.

    A gift that was taken back is its buyer's again.
    """
    gift = Gift.objects.filter(order=order).first()
    return order.holder_id if gift is None or gift.returned_at is not None else gift.claimed_by_id


def stands(line: OrderLine, refunds: Sequence[Refund]) -> bool:
    """Tell whether a line stands for its title: it cost nothing, or something that was paid for it is left.

    Staff may have ended the right with a part of the price, or left it to the buyer with all of it. What is on its way
    back counts as gone.
    """
    standing = sorted((refund for refund in refunds if refund.undone_at is None), key=lambda refund: refund.pk)
    if any(refund.ends_grant for refund in standing):
        return False
    if not line.gross or line.refunded < line.gross:
        return True
    return bool(standing) and standing[-1].ends_grant is False


def is_over(line: OrderLine, refunds: Sequence[Refund]) -> bool:
    """Tell whether the right to a line's title has ended: only when money is back, not while it is on its way."""
    standing = sorted((refund for refund in refunds if refund.undone_at is None), key=lambda refund: refund.pk)
    if any(refund.ends_grant and refund.done_at for refund in standing):
        return True
    if not standing or line.refunded < line.gross or standing[-1].ends_grant is False:
        return False
    return all(refund.done_at for refund in standing)


def standing_lines(order: Order) -> list[OrderLine]:
    """Return the lines of an order that stand for their titles; none while it is unpaid, or disputed."""
    if order.state != Order.State.PAID or payment_queries.taken_back([order.number]):
        return []
    lines = list(order.lines.select_related("part").prefetch_related("refunds"))
    resting = hollow(lines)
    return [line for line in lines if line.pk not in resting and stands(line, list(line.refunds.all()))]


def counting(order: Order) -> list[OrderLine]:
    """Return the lines of other orders that count tracks of this one as paid: they stand only as long as it does."""
    tracks = list(order.lines.filter(part__isnull=False).values_list("pk", flat=True))
    counted = Credit.objects.filter(track_line_id__in=tracks, held_at__isnull=False).values("line_id")
    return list(OrderLine.objects.filter(pk__in=counted).select_related("order", "part").order_by("pk"))


def hollow(lines: Sequence[OrderLine]) -> frozenset[int]:
    """Return which of the lines count tracks whose own payment was taken back, for now or for good.

    A credit that ended counts too: it ends when the bank keeps the money, and the release was still not paid in full.
    """
    counting = [line.pk for line in lines if line.credit]
    if not counting:
        return frozenset()
    held = Credit.objects.filter(line_id__in=counting, held_at__isnull=False)
    counted = list(held.values_list("line_id", "track_line__order__number"))
    against = payment_queries.taken_back({number for _, number in counted}) if counted else frozenset()
    return frozenset(line_id for line_id, number in counted if number in against)


def is_hollow_for_good(line: OrderLine) -> bool:
    """Tell whether a line counts a track whose money its payer's bank keeps."""
    held = Credit.objects.filter(line=line, held_at__isnull=False)
    numbers = set(held.values_list("track_line__order__number", flat=True))
    return bool(numbers) and bool(payment_queries.lost(numbers))


def is_from_elsewhere(line: OrderLine) -> bool:
    """Tell whether a line of a release stands, and its holder has the release by another order."""
    holder_id, line_refunds = holder_of(line.order), list(line.refunds.all())
    if line.release_id is None or holder_id is None or hollow([line]) or not stands(line, line_refunds):
        return False
    if line.order.state != Order.State.PAID or payment_queries.taken_back([line.order.number]):
        return False
    theirs = queries.shelf(holder_id).filter(release_id=line.release_id).first()
    return theirs is not None and theirs.source != line.order.source


def give(order: Order, lines: Sequence[OrderLine], *, holder_id: int, now: datetime) -> list[OrderLine]:
    """Give somebody the titles of an order's lines; return those lines whose title they have from elsewhere.

    What was ordered ahead is held from the day it comes; what was theirs before is theirs since then, with what was
    withdrawn in between. Files are made ready by jobs.
    """
    before = queries.begun(order.source) if lines and order.ended_at != now else {}
    wanted = [_wanted(line, before.get((line.release_id, line.part_id)), now) for line in lines]
    given = grants.give_each(holder_id=holder_id, wanted=wanted, source=order.source) if wanted else []
    fresh = [grant.pk for grant in given if grant is not None]
    said = {"recipe": order.preferred_format} if holder_id == order.holder_id and order.preferred_format else {}
    enqueue_many("delivery.prepare", [(f"grant:{pk}", {"grant_id": pk, **said}) for pk in fresh])
    return [line for line, grant in zip(lines, given, strict=True) if grant is None]


def end(line: OrderLine, *, why: str, now: datetime) -> None:
    """End what a line gave, unless another line that stands gives the same."""
    _hold_gift(line.order)
    grants.revoke(source=line.order.source, release_id=line.release_id, part_id=line.part_id, why=why[:200], now=now)
    keep(line, now=now)


def end_all(order: Order, *, why: str, now: datetime) -> None:
    """End all that an order gave, unless lines of other orders that stand give the same."""
    _hold_gift(order)
    if grants.revoke(source=order.source, why=why[:200], now=now):
        for line in order.lines.select_related("order", "part"):
            keep(line, now=now)


def keep(line: OrderLine, *, now: datetime) -> None:
    """See that somebody has a line's title if any line of theirs stands for it: the one that gave it may be another.

    With a release its parts are looked at too: they were not given while the release was held.
    """
    holder_id = holder_of(line.order)
    if holder_id is None:
        return
    thing = Q(part_id=line.part_id)
    if line.release_id is not None:
        thing = Q(release_id=line.release_id) | Q(part__release_id=line.release_id)
    bought = Q(order__gift=None) | Q(order__gift__returned_at__isnull=False)
    theirs = Q(bought, order__holder_id=holder_id) | Q(order__gift__claimed_by_id=holder_id)
    rows = OrderLine.objects.filter(thing, theirs, order__state=Order.State.PAID)
    lines = list(rows.select_related("order", "part").prefetch_related("refunds").order_by("release_id", "pk"))
    against = payment_queries.taken_back({other.order.number for other in lines}) if lines else frozenset()
    resting = hollow(lines)
    lines.sort(key=lambda other: (other.release_id is None, other.pk))  # releases first: they cover their parts
    for other in lines:
        if other.order.number in against or other.pk in resting:
            continue
        if stands(other, list(other.refunds.all())):
            give(other.order, [other], holder_id=holder_id, now=now)


def _hold_gift(order: Order) -> None:
    """Let whoever claims this order as a gift at the same moment come before or after, not in between."""
    Gift.objects.filter(order=order).update(token=F("token"))


def _wanted(line: OrderLine, before: datetime | None, now: datetime) -> grants.Wanted:
    starts_at = before or max(line.available_at or now, now)
    if line.part is not None:
        return grants.Wanted(release_id=line.part.release_id, part_id=line.part_id, starts_at=starts_at)
    if line.release_id is None:
        raise ValueError("An order line is of one release or part.")
    return grants.Wanted(release_id=line.release_id, starts_at=starts_at)
