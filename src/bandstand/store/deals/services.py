"""Storefronts, price tiers and deals as they are set up and replaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from bandstand.kernel.errors import InputError
from bandstand.store.deals.models import Deal, PriceTier, Storefront, TierPrice
from bandstand.store.deals.rules import DealTerms

EUROPE = "DE AT BE BG CY CZ DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"  # the European Union
TIERS = (
    ("track", "Track", 99),
    ("single", "Single", 199),
    ("ep", "EP", 499),
    ("album", "Album", 899),
    ("session", "Session", 299),
    ("free", "Free", 0),
)


class UnknownTierError(InputError):
    """A deal names a price tier that the store doesn't have."""

    code = "deals.unknown_tier"

    def __init__(self, slugs: set[str], known: set[str]) -> None:
        self.slugs, self.known = slugs, known
        super().__init__(
            f"There is no price tier {', '.join(sorted(slugs))}.",
            hint=f"Known tiers: {', '.join(sorted(known)) or 'none'}.",
        )


@transaction.atomic
def set_up_store(*, now: datetime) -> Storefront:
    """Make the default storefront "europe" and the usual price tiers in EUR; what is there already stays as it is."""
    for slug, name, amount in TIERS:
        tier, _ = PriceTier.objects.get_or_create(slug=slug, defaults={"name": name})
        TierPrice.objects.get_or_create(tier=tier, currency="EUR", defaults={"amount": amount})
    storefront, _ = Storefront.objects.get_or_create(
        slug="europe",
        defaults={
            "name": "Europe",
            "territories": EUROPE.split(),
            "currency": "EUR",
            "tax_included": True,
            "tax_permille": 190,
            "languages": ["en"],
            "time_zone": "Europe/Berlin",
        },
    )
    return storefront


@transaction.atomic
def replace_deals(*, release_id: int, deals: Sequence[DealTerms], source: str, now: datetime) -> bool:
    """Make `deals` the live ones of a release and end the others; those with the same terms stay.

    Returns whether that changed anything.

    Raises
    ------
    UnknownTierError
        A tier doesn't exist; nothing is changed then.

    """
    tiers = _tiers(deals)
    wanted = Counter({deal.digest(): 1 for deal in deals})
    live = Deal.objects.filter(release_id=release_id, ended_at=None).order_by("pk")
    over: list[int] = []
    for pk, terms in live.values_list("pk", "terms"):
        if wanted[terms] > 0:
            wanted[terms] -= 1
        else:
            over.append(pk)
    if over:
        Deal.objects.filter(pk__in=over, ended_at=None).update(ended_at=now)
    missing = {deal.digest(): deal for deal in deals if wanted[deal.digest()] > 0}
    Deal.objects.bulk_create(_row(release_id, deal, terms, tiers, source) for terms, deal in missing.items())
    return bool(over or missing)


def _tiers(deals: Sequence[DealTerms]) -> dict[str, PriceTier]:
    names = {tier for deal in deals for tier in (deal.release_tier, deal.track_tier) if tier is not None}
    tiers = {tier.slug: tier for tier in PriceTier.objects.all()}
    if unknown := names - set(tiers):
        raise UnknownTierError(unknown, set(tiers))
    return tiers


def _row(release_id: int, deal: DealTerms, terms: str, tiers: dict[str, PriceTier], source: str) -> Deal:
    return Deal(
        release_id=release_id,
        territories=list(deal.territories),
        excluded=list(deal.excluded),
        uses=list(deal.uses),
        start_day=deal.start_day,
        start_at=deal.start_at,
        end_day=deal.end_day,
        end_at=deal.end_at,
        release_tier=tiers[deal.release_tier] if deal.release_tier else None,
        track_tier=tiers[deal.track_tier] if deal.track_tier else None,
        members_only=deal.members_only,
        source=source[:200],
        terms=terms,
    )
