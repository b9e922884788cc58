"""What is offered, to whom, until when: always by asking `rules.judge`, always in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Min, Q, QuerySet, TextField
from django.db.models.functions import Cast

from bandstand.kernel.clock import local_midnight
from bandstand.kernel.errors import SetupError
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.catalogue.models import Part, Release
from bandstand.store.deals import rules
from bandstand.store.deals.models import Deal, PriceTier, Storefront, TierPrice
from bandstand.store.deals.rules import DealFacts, Offer, Refusal, StorefrontFacts, TitleFacts, Visitor
from bandstand.webkit.prepared import Prepared


class NoStorefrontError(SetupError):
    """The store has no storefront, or none of that name."""

    code = "deals.no_storefront"

    def __init__(self, slug: str | None) -> None:
        self.slug = slug
        super().__init__(
            f"There is no storefront {slug!r}." if slug else "This store has no storefront yet.",
            hint="Run `bandstand store init`, which makes one.",
        )


def storefronts() -> list[Storefront]:
    """Return all storefronts, the default one first."""
    return _storefronts()


def storefront(slug: str | None = None) -> Storefront:
    """Return the storefront of that name, or the default one.

    Raises
    ------
    NoStorefrontError
        There is none.

    """
    rows = Storefront.objects.order_by("pk")
    found = (rows.filter(slug=slug) if slug else rows).first()
    if found is None:
        raise NoStorefrontError(slug)
    return found


def tiers() -> frozenset[str]:
    """Return the names of all price tiers."""
    return frozenset(PriceTier.objects.values_list("slug", flat=True))


def facts_of(storefront: Storefront) -> StorefrontFacts:
    """Return what judging needs to know of a storefront."""
    return StorefrontFacts(
        state=storefront.state,
        territories=frozenset(storefront.territories),
        currency=storefront.currency,
        time_zone=storefront.time_zone,
    )


def release_offers(
    release_ids: Collection[int],
    *,
    storefront: Storefront,
    visitor: Visitor,
    now: datetime,
    use: rules.Use = "download",
) -> dict[int, Offer | Refusal]:
    """Return what the visitor may do with each whole release; unknown ids are left out. Three queries."""
    withdrawn = catalogue.withdrawn_releases(release_ids)
    deals, prices = _live_deals(withdrawn), _prices(storefront.currency)
    facts = facts_of(storefront)
    return {
        release_id: rules.judge(
            title=TitleFacts(kind="release", withdrawn=gone),
            deals=_of_release(deals[release_id], prices),
            storefront=facts,
            visitor=visitor,
            now=now,
            use=use,
        )
        for release_id, gone in withdrawn.items()
    }


def offers_of(
    release: Release, parts: Sequence[Part], *, storefront: Storefront, visitor: Visitor, now: datetime
) -> tuple[Offer | Refusal, dict[int, Offer | Refusal]]:
    """Return what the visitor may do with a release at hand, and with each of its parts alone. Two queries."""
    rows, prices, facts = _live([release.pk]), _prices(storefront.currency), facts_of(storefront)
    alone, gone = _of_parts(rows, prices), release.withdrawn_at is not None

    def judged(title: TitleFacts, deals: list[DealFacts]) -> Offer | Refusal:
        return rules.judge(title=title, deals=deals, storefront=facts, visitor=visitor, now=now, use="download")

    return judged(TitleFacts(kind="release", withdrawn=gone), _of_release(rows, prices)), {
        part.pk: judged(TitleFacts(kind="part", withdrawn=gone or part.withdrawn_at is not None), alone)
        for part in parts
    }


def part_offers(
    part_ids: Collection[int], *, storefront: Storefront, visitor: Visitor, now: datetime, use: rules.Use = "download"
) -> dict[int, Offer | Refusal]:
    """Return what the visitor may do with each part alone; unknown ids are left out. Three queries."""
    places = catalogue.places_of(part_ids)
    deals, prices = _live_deals({place.release_id for place in places.values()}), _prices(storefront.currency)
    facts = facts_of(storefront)
    return {
        part_id: rules.judge(
            title=TitleFacts(kind="part", withdrawn=place.withdrawn),
            deals=_of_parts(deals[place.release_id], prices),
            storefront=facts,
            visitor=visitor,
            now=now,
            use=use,
        )
        for part_id, place in places.items()
    }


def listed_releases(*, storefront: Storefront, visitor: Visitor, now: datetime) -> QuerySet[Deal, int]:
    """Return the ids of all releases that the visitor may see: on sale here now, for members, or coming.

    The answer is a query, made to stand inside another: `filter(pk__in=listed_releases(...))`.
    """
    return _reaching(storefront, visitor, now).values_list("release_id", flat=True).distinct()


def begun_releases(*, storefront: Storefront, visitor: Visitor, now: datetime) -> QuerySet[Deal, int]:
    """Return those of the listed releases that have begun: what is new, not what is coming."""
    today = rules.day_begun(now, storefront.time_zone)
    begun = Q(start_day=None, start_at=None) | Q(start_day__lte=today) | Q(start_at__lte=now)
    return _reaching(storefront, visitor, now).filter(begun).values_list("release_id", flat=True).distinct()


def releases_ahead(*, storefront: Storefront, visitor: Visitor, now: datetime) -> QuerySet[Deal, int]:
    """Return those of the listed releases that something is still coming of; some of them may have begun as well."""
    ahead = Q(start_day__gt=rules.day_begun(now, storefront.time_zone)) | Q(start_at__gt=now)
    return _reaching(storefront, visitor, now).filter(ahead).values_list("release_id", flat=True).distinct()


def next_edge(*, storefront: Storefront, now: datetime) -> datetime | None:
    """Return the first instant after `now` at which a deal begins or ends here: whatever is cached expires then."""
    zone, live = storefront.time_zone, Deal.objects.filter(ended_at=None)
    after = rules.day_begun(now, zone)
    days = live.aggregate(
        start=Min("start_day", filter=Q(start_day__gt=after)),
        ahead=Min("preorder_day", filter=Q(preorder_day__gt=after)),
        end=Min("end_day", filter=Q(end_day__gt=after)),
    )
    instants = live.aggregate(
        start=Min("start_at", filter=Q(start_at__gt=now)), end=Min("end_at", filter=Q(end_at__gt=now))
    )
    edges = [local_midnight(day, zone) for day in days.values() if day is not None]
    return min([*edges, *(instant for instant in instants.values() if instant is not None)], default=None)


def _reaching(storefront: Storefront, visitor: Visitor, now: datetime) -> QuerySet[Deal]:
    """Live deals of releases that are not withdrawn, for the visitor's territory, that are not over."""
    today = rules.day_begun(now, storefront.time_zone)
    code = f'"{visitor.territory}"'  # a JSON list as text: the lookup that both databases have
    return (
        Deal.objects.alias(reach=Cast("territories", TextField()), barred=Cast("excluded", TextField()))
        .filter(
            Q(reach__contains=code) | Q(reach__contains=f'"{rules.WORLD}"'), ended_at=None, release__withdrawn_at=None
        )
        .exclude(barred__contains=code)
        .filter(Q(end_day=None) | Q(end_day__gt=today), Q(end_at=None) | Q(end_at__gt=now))
    )


def _live_deals(release_ids: Collection[int]) -> defaultdict[int, list[Deal]]:
    found: defaultdict[int, list[Deal]] = defaultdict(list)
    for deal in _live(list(release_ids)):
        found[deal.release_id].append(deal)
    return found


def _prices(currency: str) -> dict[int, TierPrice]:
    return {row.tier_id: row for row in _tier_prices(currency)}


_storefronts = Prepared(lambda: Storefront.objects.order_by("pk"))
_live = Prepared(lambda release_ids: Deal.objects.filter(release_id__in=release_ids, ended_at=None).order_by("pk"))
_tier_prices = Prepared(lambda currency: TierPrice.objects.filter(currency=currency).select_related("tier"))


def _of_release(deals: Sequence[Deal], prices: dict[int, TierPrice]) -> list[DealFacts]:
    return [_facts(deal, deal.release_tier_id, prices) for deal in deals]


def _of_parts(deals: Sequence[Deal], prices: dict[int, TierPrice]) -> list[DealFacts]:
    return [_facts(deal, deal.track_tier_id, prices) for deal in deals]


def _facts(deal: Deal, tier: int | None, prices: dict[int, TierPrice]) -> DealFacts:
    row = prices.get(tier) if tier is not None else None
    return DealFacts(
        id=deal.pk,
        territories=frozenset(deal.territories),
        excluded=frozenset(deal.excluded),
        uses=frozenset(deal.uses),
        start_day=deal.start_day,
        start_at=deal.start_at,
        preorder_day=deal.preorder_day,
        end_day=deal.end_day,
        end_at=deal.end_at,
        members_only=deal.members_only,
        sold=tier is not None,
        price=row.money if row is not None else None,
        open_price=row is not None and row.tier.open_price,
        suggested=row.suggested_money if row is not None else None,
        source=deal.source,
    )
