"""What is offered, to whom, until when: always by asking `rules.judge`, always in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
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
    titles = [(release_id, TitleFacts(kind="release", withdrawn=gone)) for release_id, gone in withdrawn.items()]
    said = title_offers(titles, storefront=storefront, visitor=visitor, now=now, use=use)
    return dict(zip(withdrawn, said, strict=True))


def offers_of(
    release: Release, parts: Sequence[Part], *, storefront: Storefront, visitor: Visitor, now: datetime
) -> tuple[Offer | Refusal, dict[int, Offer | Refusal]]:
    """Return what the visitor may do with a release at hand, and with each of its parts alone. Two queries."""
    gone = release.withdrawn_at is not None
    titles = [TitleFacts(kind="release", withdrawn=gone)]
    titles += [TitleFacts(kind="part", withdrawn=gone or part.withdrawn_at is not None) for part in parts]
    asked = [(release.pk, title) for title in titles]
    whole, *alone = title_offers(asked, storefront=storefront, visitor=visitor, now=now)
    return whole, {part.pk: answer for part, answer in zip(parts, alone, strict=True)}


def title_offers(
    titles: Sequence[tuple[int, TitleFacts]],
    *,
    storefront: Storefront,
    visitor: Visitor,
    now: datetime,
    use: rules.Use = "download",
) -> list[Offer | Refusal]:
    """Return what the visitor may do with each title; with it, the release that it is, or is a part of. Two queries."""
    deals, facts = _live_deals({release_id for release_id, _ in titles}), facts_of(storefront)
    tiers = (tier for found in deals.values() for deal in found for tier in (deal.release_tier_id, deal.track_tier_id))
    prices = _prices(storefront.currency, tiers)
    terms = {
        (release_id, kind): [
            _facts(deal, deal.release_tier_id if kind == "release" else deal.track_tier_id, prices)
            for deal in deals[release_id]
        ]
        for release_id, kind in {(release_id, title.kind) for release_id, title in titles}
    }
    return [
        rules.judge(
            title=title,
            deals=terms[release_id, title.kind],
            storefront=facts,
            visitor=visitor,
            now=now,
            use=use,
        )
        for release_id, title in titles
    ]


def coming(
    release_ids: Collection[int], *, storefront: Storefront, territory: str, member: bool, now: datetime
) -> dict[int, datetime | None]:
    """Return when each release comes to those who bought it whole here: now, when it has; None when nobody says. One
    query.
    """
    deals = _live_deals(release_ids)
    return {
        release_id: rules.comes_at(
            [_facts(deal, deal.release_tier_id, {}) for deal in deals[release_id]],
            territory=territory,
            time_zone=storefront.time_zone,
            member=member,
            now=now,
        )
        for release_id in release_ids
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


def _prices(currency: str, tiers: Iterable[int | None]) -> dict[int, TierPrice]:
    return {row.tier_id: row for row in _tier_prices(currency, sorted({tier for tier in tiers if tier is not None}))}


_storefronts = Prepared(lambda: Storefront.objects.order_by("pk"))
_live = Prepared(lambda release_ids: Deal.objects.filter(release_id__in=release_ids, ended_at=None).order_by("pk"))
_tier_prices = Prepared(
    lambda currency, tier_ids: (
        TierPrice.objects.filter(currency=currency, tier_id__in=tier_ids)
        .select_related("tier")
        .only("tier_id", "currency", "amount", "suggested", "tier__open_price")
    )
)


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
