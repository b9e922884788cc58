"""What a visitor may do with a title now, and at what price: one pure function over the facts of its deals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bandstand.kernel.clock import local_midnight
from bandstand.store.deals.rules.facts import (
    WORLD,
    DealFacts,
    Offer,
    Refusal,
    Rule,
    StorefrontFacts,
    TitleFacts,
    Use,
    Visitor,
)

LATEST = datetime.max.replace(tzinfo=UTC)


def judge(
    *,
    title: TitleFacts,
    deals: Sequence[DealFacts],
    storefront: StorefrontFacts,
    visitor: Visitor,
    now: datetime,
    use: Use = "download",
) -> Offer | Refusal:
    """Say what a visitor may do with a title now.

    Of several deals that say yes, the best for the visitor wins: what is here already, the lowest price, the latest
    end. Of several that say no, the one that is closest to a yes is told: what the visitor can change, then what time
    changes soonest.
    """
    if title.withdrawn:
        return Refusal(
            rule=Rule.WITHDRAWN,
            sentence="This title has been withdrawn from sale.",
            hint="Whoever bought it keeps it on the shelf.",
        )
    if refusal := _closed(storefront, visitor):
        return refusal
    offers: list[Offer] = []
    refusals: list[Refusal] = []
    for deal in deals:
        answer = _judge_one(title, deal, storefront, visitor, now, use)
        if isinstance(answer, Offer):
            offers.append(answer)
        else:
            refusals.append(answer)
    if offers:
        return min(
            offers,
            key=lambda offer: (
                offer.available_at is not None,
                offer.price.amount,
                -(offer.ends_at or LATEST).timestamp(),
                offer.deal_id,
            ),
        )
    if refusals:
        return min(refusals, key=_distance)
    return Refusal(
        rule=Rule.NO_DEAL,
        sentence="Nobody has offered this title for sale.",
        hint="Ask the label, or look again later.",
    )


def day_begun(now: datetime, zone: str) -> date:
    """Return the latest day whose local midnight has passed in a zone; later days have not begun there."""
    today = now.astimezone(ZoneInfo(zone)).date()
    for day in (today + timedelta(days=1), today):
        if local_midnight(day, zone) <= now:
            return day
    return today - timedelta(days=1)


def _closed(storefront: StorefrontFacts, visitor: Visitor) -> Refusal | None:
    if storefront.state == "trial" and not visitor.staff:
        return Refusal(
            rule=Rule.TRIAL,
            sentence="This store is being tried out and sells nothing yet.",
            hint="Come back when it opens.",
        )
    if storefront.state == "closing":
        return Refusal(
            rule=Rule.CLOSING,
            sentence="This store is closing and sells nothing new.",
            hint="What you bought stays on your shelf.",
        )
    if storefront.state == "vault":
        return Refusal(
            rule=Rule.VAULT,
            sentence="This store is closed; only what was bought can be downloaded.",
            hint="Look on your shelf.",
        )
    if WORLD not in storefront.territories and visitor.territory not in storefront.territories:
        return Refusal(
            rule=Rule.TERRITORY,
            sentence=f"This storefront does not sell in {visitor.territory}.",
            hint="Choose the storefront of your country.",
        )
    return None


def _judge_one(
    title: TitleFacts, deal: DealFacts, storefront: StorefrontFacts, visitor: Visitor, now: datetime, use: Use
) -> Offer | Refusal:
    starts = deal.starts(storefront.time_zone)
    coming = starts is not None and now < starts
    ahead = coming and use == "download" and title.kind == "release" and deal.ordered_ahead(storefront.time_zone, now)
    if refusal := _outside(deal, storefront, visitor, now, ahead=ahead):
        return refusal
    if use not in deal.uses:
        wanted, granted = (
            ("for sale as a download", "streamed") if use == "download" else ("offered for streaming", "bought")
        )
        return Refusal(
            rule=Rule.USE, sentence=f"This title is not {wanted}.", source=deal.source, hint=f"It can be {granted}."
        )
    if deal.members_only and not visitor.member:
        return Refusal(
            rule=Rule.MEMBERS_ONLY,
            sentence="This title is for members only.",
            source=deal.source,
            hint="Sign in, or become a member.",
        )
    if not deal.sold:
        return _not_sold(title, deal)
    if deal.price is None:
        return Refusal(
            rule=Rule.NO_PRICE,
            sentence=f"This title has no price in {storefront.currency}.",
            source=deal.source,
            hint="Choose another storefront, or ask the store.",
        )
    return Offer(
        use=use,
        price=deal.price,
        deal_id=deal.id,
        ends_at=deal.ends(storefront.time_zone),
        members_only=deal.members_only,
        open_price=deal.open_price,
        suggested=deal.suggested if deal.open_price else None,
        available_at=starts if ahead else None,
    )


def _outside(
    deal: DealFacts, storefront: StorefrontFacts, visitor: Visitor, now: datetime, *, ahead: bool
) -> Refusal | None:
    zone = storefront.time_zone
    starts, ends = deal.starts(zone), deal.ends(zone)
    if not deal.covers(visitor.territory):
        return Refusal(
            rule=Rule.TERRITORY,
            sentence=f"This title is not offered in {visitor.territory}.",
            source=deal.source,
            hint="The label holds the rights for other countries only.",
        )
    if starts is not None and now < starts and (ends is None or starts < ends):
        if ahead:
            return None
        return Refusal(
            rule=Rule.NOT_YET,
            sentence=f"This title comes on {_people(starts, zone)}.",
            source=deal.source,
            changes_at=starts,
            hint="It appears by itself at that moment.",
        )
    if (ends is not None and now >= ends) or (starts is not None and now < starts):
        when = f" on {_people(ends, zone)}" if ends is not None else ""
        return Refusal(
            rule=Rule.ENDED,
            sentence=f"The time to buy this title ended{when}.",
            source=deal.source,
            hint="Ask the label for it.",
        )
    return None


def _not_sold(title: TitleFacts, deal: DealFacts) -> Refusal:
    if title.kind == "release":
        return Refusal(
            rule=Rule.NOT_SOLD_WHOLE,
            sentence="This release is not sold as a whole.",
            source=deal.source,
            hint="Choose single tracks.",
        )
    return Refusal(
        rule=Rule.NOT_SOLD_ALONE,
        sentence="This track is not sold alone.",
        source=deal.source,
        hint="Choose the whole release.",
    )


_NEAREST = (
    Rule.MEMBERS_ONLY,
    Rule.NOT_YET,
    Rule.NOT_SOLD_WHOLE,
    Rule.NOT_SOLD_ALONE,
    Rule.USE,
    Rule.NO_PRICE,
    Rule.ENDED,
    Rule.TERRITORY,
)


def _distance(refusal: Refusal) -> tuple[int, datetime]:
    return _NEAREST.index(refusal.rule), refusal.changes_at or LATEST


def _people(moment: datetime, zone: str) -> str:
    """Write a moment as the storefront's people read it; the hour only when it is no midnight."""
    local = moment.astimezone(ZoneInfo(zone))
    day = f"{local:%A} {local.day} {local:%B %Y}"
    return day if moment == local_midnight(local.date(), zone) else f"{day}, {local:%H:%M}"
