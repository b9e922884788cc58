"""Codes in baskets and orders: put in, taken out, used when an order is written, given up for a later one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from bandstand.store.orders import rules
from bandstand.store.orders.models import Basket, Order
from bandstand.store.orders.queries import coded
from bandstand.store.orders.services.holding import locked, mark_changed
from bandstand.store.payments import queries as payment_queries
from bandstand.store.vouchers import queries as voucher_queries
from bandstand.store.vouchers import services as vouchers
from bandstand.store.vouchers.models import Campaign, Code
from bandstand.store.vouchers.rules import VoucherRefusedError, Why


@transaction.atomic
def use_voucher(*, basket_id: int, holder_id: int | None, text: str, now: datetime) -> Code:
    """Put a code into a basket, in the place of the one that was there.

    Raises
    ------
    VoucherRefusedError
        Why it can't be used here; the one that was there stays.
    Basket.DoesNotExist
        It is not this visitor's.
    """
    code = voucher_queries.code_of(text)
    basket = locked(basket_id)
    if basket.holder_id != holder_id:
        raise Basket.DoesNotExist
    reduction = voucher_queries.reduction(
        code.pk,
        holder_id=holder_id,
        currency=basket.storefront.currency,
        besides=coded.waiting_with(basket_id, code.pk),
        now=now,
    )
    if code.campaign.kind == Campaign.Kind.TITLES:
        raise VoucherRefusedError(Why.FOR_TITLES, text=code.shown)
    lines = basket.lines.select_related("part")
    if not any(reduction.reaches(line.release_id or (line.part.release_id if line.part else 0)) for line in lines):
        raise VoucherRefusedError(Why.TITLES, text=code.shown)
    if basket.voucher_id != code.pk:
        Basket.objects.filter(pk=basket_id).update(voucher=code)
        mark_changed(basket_id, now)
    return code


@transaction.atomic
def drop_voucher(*, basket_id: int, now: datetime) -> None:
    """Take the code out of a basket; where there is none, nothing changes."""
    if locked(basket_id).voucher_id is not None:
        Basket.objects.filter(pk=basket_id).update(voucher=None)
        mark_changed(basket_id, now)


def use_for(order: Order, *, guest: bool, placed_here: Collection[str] = (), now: datetime) -> None:
    """Use the code of an order that is being written; earlier orders of its basket that nobody pays give it up.

    A `guest` only gives an address: what that one has used before says neither yes nor no, or the answer would tell.
    Theirs are the uses by the orders that their browser has made, `placed_here`.

    Raises
    ------
    VoucherRefusedError
        Which rule says no; the order must not be written.
    """
    if order.voucher_id is None:
        return
    if order.basket_id is not None:
        for number in coded.waiting_with(order.basket_id, order.voucher_id):
            if number != order.number:
                _give_up(number, order.basket_id, now)
    if guest:
        voucher_queries.check_uses_here(order.voucher_id, placed_here)
    vouchers.redeem(
        code_id=order.voucher_id, holder_id=order.holder_id, order_number=order.number, counted=not guest, now=now
    )


def _give_up(number: str, basket_id: int, now: datetime) -> None:
    """Cancel an order for one that takes its place, unless somebody is at its payment this moment."""
    waiting = Order.objects.filter(number=number, state__in=rules.ORDER.sources("cancelled"))
    if not waiting.update(state=Order.State.CANCELLED, ended_at=now):
        return  # paid or cancelled meanwhile
    begun = payment_queries.payments_of(number)  # asked after the update, for which whoever begins to pay waits
    if any(payment.is_waiting for payment in begun):
        raise VoucherRefusedError(Why.HELD)
    vouchers.release(order_number=number, now=now)
    mark_changed(basket_id, now)  # so that the same basket, for the same person, makes a new order
