"""When a release comes to those who have bought it already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bandstand.store.deals.rules.facts import DealFacts


def comes_at(
    deals: Sequence[DealFacts], *, territory: str, time_zone: str, member: bool, now: datetime
) -> datetime | None:
    """Return the first moment, from now on, at which these deals let a buyer have the title; None when none ever does.

    Whether it is on sale does not matter: not its price, nor whether the store sells anything, nor since when it can
    be ordered.
    """
    moments = []
    for deal in deals:
        if not (deal.sold and "download" in deal.uses and deal.covers(territory) and (member or not deal.members_only)):
            continue
        at, ends = max(deal.starts(time_zone) or now, now), deal.ends(time_zone)
        if ends is None or at < ends:
            moments.append(at)
    return min(moments, default=None)
