"""Storefronts, price tiers and deals as they are set up and replaced."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import available_timezones

from django.db import transaction

from bandstand.kernel.errors import InputError
from bandstand.kernel.money import DIGITS, Money
from bandstand.store.deals.models import Deal, PriceTier, Storefront, TierPrice
from bandstand.store.deals.rules import DealTerms
from bandstand.store.taxes import services as taxes

EUROPE = "DE AT BE BG CY CZ DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"  # the European Union
TIERS = (  # minor units as they are shown: euro and yen with tax, dollars without
    ("track", "Track", {"EUR": 99, "USD": 99, "JPY": 150}),
    ("single", "Single", {"EUR": 199, "USD": 199, "JPY": 320}),
    ("ep", "EP", {"EUR": 499, "USD": 499, "JPY": 800}),
    ("album", "Album", {"EUR": 899, "USD": 899, "JPY": 1500}),
    ("session", "Session", {"EUR": 299, "USD": 299, "JPY": 500}),
    ("free", "Free", {"EUR": 0, "USD": 0, "JPY": 0}),
)
OPEN_TIER = ("yours", "Name your price", {"EUR": (0, 500), "USD": (0, 500), "JPY": (0, 800)})  # least, suggested


class UnknownTierError(InputError):
    """A deal names a price tier that the store doesn't have."""

    code = "deals.unknown_tier"

    def __init__(self, slugs: set[str], known: set[str]) -> None:
        self.slugs, self.known = slugs, known
        super().__init__(
            f"There is no price tier {', '.join(sorted(slugs))}.",
            hint=f"Known tiers: {', '.join(sorted(known)) or 'none'}.",
        )


class StorefrontFactsError(InputError):
    """A storefront can't be as it is described."""

    code = "deals.storefront_facts"

    def __init__(self, sentence: str, hint: str) -> None:
        super().__init__(sentence, hint=hint)


class SuggestionError(InputError):
    """Where the buyer names the price, a suggestion is at least the least, in the same currency."""

    code = "deals.suggestion"

    def __init__(self, least: Money, suggested: Money) -> None:
        self.least, self.suggested = least, suggested
        super().__init__(f"{suggested} is no suggestion where the least is {least}.", hint=f"Suggest {least} or more.")


@transaction.atomic
def set_up_store(*, now: datetime) -> Storefront:
    """Make the storefront "europe", the usual price tiers and the table of tax rates; what is there stays as it is."""
    taxes.load_table(now=now)
    _make_tiers()
    storefront, _ = Storefront.objects.get_or_create(
        slug="europe",
        defaults={
            "name": "Europe",
            "territories": EUROPE.split(),
            "currency": "EUR",
            "tax_included": True,
            "languages": ["en"],
            "time_zone": "Europe/Berlin",
        },
    )
    return storefront


@transaction.atomic
def make_storefront(
    *, slug: str, name: str, territories: Sequence[str], currency: str, tax_included: bool, time_zone: str
) -> Storefront:
    """Make one more storefront; one of that name stays as it is.

    Raises
    ------
    StorefrontFactsError
        What is said of it can't be: nothing is written.
    """
    if currency not in DIGITS:
        raise StorefrontFactsError(f"{currency!r} is no currency this store knows.", f"One of {', '.join(DIGITS)}.")
    if not territories or not all(re.fullmatch(r"[A-Z]{2}", code) for code in territories):
        raise StorefrontFactsError("A storefront sells in countries.", "Give their codes (ISO 3166-1), such as DE.")
    if time_zone not in available_timezones():
        raise StorefrontFactsError(f"{time_zone!r} is no time zone.", "Such as Europe/Berlin or Asia/Tokyo.")
    facts = {
        "name": name,
        "territories": list(territories),
        "currency": currency,
        "tax_included": tax_included,
        "languages": ["en"],
        "time_zone": time_zone,
    }
    return Storefront.objects.get_or_create(slug=slug, defaults=facts)[0]


@transaction.atomic
def set_price(*, tier: str, amount: Money, suggested: Money | None = None) -> TierPrice:
    """Set what a tier costs in one currency; where the buyer names the price, the least and what is suggested.

    Raises
    ------
    UnknownTierError
        There is no such tier.
    SuggestionError
        The suggestion is below the least, or of another currency.
    """
    row = PriceTier.objects.filter(slug=tier).first()
    if row is None:
        raise UnknownTierError({tier}, set(PriceTier.objects.values_list("slug", flat=True)))
    if suggested is not None and (suggested.currency != amount.currency or suggested < amount):
        raise SuggestionError(amount, suggested)
    price, _ = TierPrice.objects.update_or_create(
        tier=row,
        currency=amount.currency,
        defaults={"amount": amount.amount, "suggested": None if suggested is None else suggested.amount},
    )
    return price


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


def _make_tiers() -> None:
    """Make the usual tiers and their prices where they are missing: two questions when all of it is there."""
    yours, title, least_and_suggested = OPEN_TIER
    rows = [PriceTier(slug=slug, name=name) for slug, name, _ in TIERS]
    PriceTier.objects.bulk_create([*rows, PriceTier(slug=yours, name=title, open_price=True)], ignore_conflicts=True)
    tiers = dict(PriceTier.objects.values_list("slug", "pk"))
    prices = [
        TierPrice(tier_id=tiers[slug], currency=currency, amount=amount)
        for slug, _, amounts in TIERS
        for currency, amount in amounts.items()
    ]
    for currency, (least, suggested) in least_and_suggested.items():
        prices.append(TierPrice(tier_id=tiers[yours], currency=currency, amount=least, suggested=suggested))
    TierPrice.objects.bulk_create(prices, ignore_conflicts=True)


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
        preorder_day=deal.preorder_day,
        end_day=deal.end_day,
        end_at=deal.end_at,
        release_tier=tiers[deal.release_tier] if deal.release_tier else None,
        track_tier=tiers[deal.track_tier] if deal.track_tier else None,
        members_only=deal.members_only,
        source=source[:200],
        terms=terms,
    )
