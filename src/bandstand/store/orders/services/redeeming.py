"""Redeeming a code that gives titles: an order that costs nothing, so that all that follows is as for any other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.money import Money
from bandstand.store.accounts import services as accounts
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.deals import queries as deals
from bandstand.store.deals.models import Storefront
from bandstand.store.deals.rules import Offer, Refusal, Visitor
from bandstand.store.grants import queries as grants
from bandstand.store.orders import queries, rules
from bandstand.store.orders.models import Basket, Order, OrderLine
from bandstand.store.orders.rules import pricing
from bandstand.store.orders.services import settlement
from bandstand.store.orders.services.basket import AlreadyOwnedError
from bandstand.store.orders.services.checkout import address_of, numbered
from bandstand.store.vouchers import queries as voucher_queries
from bandstand.store.vouchers import services as vouchers
from bandstand.store.vouchers.models import Campaign, Code
from bandstand.store.vouchers.rules import VoucherRefusedError, Why

PRESSED_TWICE = timedelta(minutes=2)  # a second press may come without the cookie of the first


class TitlesRefusedError(RefusedError):
    """A code's titles can't be had here now; the code is not used up."""

    code = "orders.titles_refused"

    def __init__(self, refused: Sequence[tuple[str, Refusal]]) -> None:
        self.refused = list(refused)
        reasons = " ".join(f"{title}: {refusal.sentence}" for title, refusal in refused)
        super().__init__(reasons, hint="Your code is not used up: try again when that has changed.")


def titles_for(*, text: str, now: datetime) -> list[str]:
    """Return what a code gives, as people call it, without using it.

    Raises
    ------
    VoucherRefusedError
        It gives nothing now.
    """
    code = _code_of(text)
    voucher_queries.check_usable(code, holder_id=None, now=now)
    titles = catalogue.releases(voucher_queries.titles_of(code.campaign_id))
    return [str(release) for release in titles.values()]


@transaction.atomic
def redeem_titles(
    *,
    text: str,
    holder_id: int | None,
    email: str,
    storefront: Storefront,
    visitor: Visitor,
    browser: rules.Browser = rules.UNKNOWN_BROWSER,
    now: datetime,
) -> Order:
    """Put the titles of a code on a shelf: of who is signed in, or (None) of the address. The same press again
    returns the same order.

    What who is signed in owns already is left out. What an address owns or has used is told to nobody: its order names
    all titles and uses the code up, and what was on its shelf stays as it was. So does a later press that knows no more
    than the address, unless it is an order of the same `browser`. The code is used by one; of forty
    who redeem it at once, one gets the titles.

    Raises
    ------
    VoucherRefusedError
        The code gives nothing, or nothing more.
    AlreadyOwnedError
        Who is signed in owns all of it; the code is not used up.
    TitlesRefusedError
        What can't be had in this storefront; the code is not used up.
    AddressError
        The address is none.
    """
    code = _code_of(text)
    address = address_of(email)
    buyer_id = holder_id if holder_id is not None else accounts.guest_for(email=address, now=now).pk
    Basket.objects.filter(holder_id=buyer_id).update(version=F("version"))  # first, as everybody does
    vouchers.hold_code(code_id=code.pk)  # who has no basket waits here: the second press sees what the first one made
    done = Order.objects.filter(voucher=code, holder_id=buyer_id, state=Order.State.PAID).order_by("pk").last()
    if done is not None and (
        holder_id is not None or done.number in browser.orders or now - done.created_at <= PRESSED_TWICE
    ):
        return done
    voucher_queries.check_usable(code, holder_id=holder_id, now=now)
    release_ids = voucher_queries.titles_of(code.campaign_id)
    owned = grants.owned(holder_id, release_ids=release_ids, part_ids=[]).releases if holder_id is not None else set()
    wanted = [release_id for release_id in release_ids if release_id not in owned]
    if not wanted:
        raise AlreadyOwnedError([str(release) for release in catalogue.releases(release_ids).values()])
    offers = _offers(wanted, storefront, visitor, now)
    facts = {"preferred_format": browser.preferred_format, "checkout_key": _key(code, buyer_id, done)}
    order = _write(
        code, offers, facts, holder_id=buyer_id, email=address, storefront=storefront, visitor=visitor, now=now
    )
    counted = holder_id is not None
    vouchers.redeem(code_id=code.pk, holder_id=buyer_id, order_number=order.number, counted=counted, now=now)
    settlement.settle_free(order, now=now)
    order.refresh_from_db()
    return order


def _code_of(text: str) -> Code:
    code = voucher_queries.code_of(text)
    if code.campaign.kind != Campaign.Kind.TITLES:
        raise VoucherRefusedError(Why.FOR_BASKET, text=code.shown)
    return code


def _offers(
    release_ids: Sequence[int], storefront: Storefront, visitor: Visitor, now: datetime
) -> list[tuple[int, Offer]]:
    said = deals.release_offers(release_ids, storefront=storefront, visitor=visitor, now=now)
    refused = {release_id: answer for release_id, answer in said.items() if isinstance(answer, Refusal)}
    if refused:
        names = catalogue.releases(refused)
        raise TitlesRefusedError([(str(names[release_id]), refusal) for release_id, refusal in refused.items()])
    return [(release_id, answer) for release_id, answer in said.items() if isinstance(answer, Offer)]


def _write(
    code: Code,
    offers: Sequence[tuple[int, Offer]],
    facts: dict[str, str],
    *,
    holder_id: int,
    email: str,
    storefront: Storefront,
    visitor: Visitor,
    now: datetime,
) -> Order:
    rate = queries.tax_rate(storefront, visitor.territory, now)
    nothing = Money(0, storefront.currency)
    given = [
        pricing.Wanted(
            listed=queries.listed_price(offer, None), credit=nothing, tax_rate=rate.rate, discountable=False, given=True
        )
        for _, offer in offers
    ]
    costs = pricing.price(given, tax_included=storefront.tax_included)
    order = Order(
        **facts,
        holder_id=holder_id,
        email=email,
        storefront=storefront,
        billing_country=visitor.territory,
        currency=storefront.currency,
        tax_included=storefront.tax_included,
        gross=0,
        tax=0,
        voucher=code,
        created_at=now,
        expires_at=now + rules.QUOTE,
    )
    if not numbered(order):
        raise RuntimeError("A code that this listener redeemed before has an order that is not paid.")
    releases = catalogue.releases([release_id for release_id, _ in offers])
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            release_id=release_id,
            title=str(releases[release_id])[:900],
            deal_id=offer.deal_id,
            seller_id=releases[release_id].label_id,
            place_of_supply=visitor.territory,
            listed=cost.listed.amount,
            credit=0,
            discount=cost.discount.amount,
            net=cost.net.amount,
            tax_rate=cost.tax_rate,
            tax=cost.tax.amount,
            gross=cost.gross.amount,
            available_at=offer.available_at,
        )
        for (release_id, offer), cost in zip(offers, costs, strict=True)
    )
    return order


def _key(code: Code, holder_id: int, before: Order | None) -> str:
    """Return what makes two presses one order: one listener redeems one code once, or once more after another time."""
    again = f"\0{before.number}" if before else ""
    return hashlib.sha256(f"redeem\0{code.pk}\0{holder_id}{again}".encode()).hexdigest()
