"""Which code is meant by what was typed, what it takes off, and how a campaign goes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from bandstand.store.vouchers import rules
from bandstand.store.vouchers.models import Campaign, Code, Redemption
from bandstand.store.vouchers.rules import Reduction, VoucherRefusedError, Why


@dataclass(frozen=True, slots=True)
class Tally:
    """How a campaign goes: its codes, the uses they allow, and how many of these are taken."""

    codes: int
    uses: int
    used: int


def code_of(typed: str) -> Code:
    """Return the code that somebody typed, however they typed it.

    Raises
    ------
    VoucherRefusedError
        There is none.
    """
    text = rules.fold(typed)
    code = Code.objects.select_related("campaign").filter(text=text).first() if text else None
    if code is None:
        raise VoucherRefusedError(Why.UNKNOWN)
    return code


def campaign_named(name: str) -> Campaign | None:
    """Return the latest campaign of a name."""
    return Campaign.objects.filter(name=name).order_by("-pk").first()


def reduction(
    code_id: int, *, holder_id: int | None, currency: str, besides: Collection[str] = (), now: datetime
) -> Reduction:
    """Return what a code takes off now, for this listener (None: a guest, of whom nothing is told), in this currency.

    Uses by the orders `besides` do not count: they give the code up when the same basket becomes an order anew.

    Raises
    ------
    VoucherRefusedError
        Why it takes off nothing.
    """
    code = Code.objects.select_related("campaign").get(pk=code_id)
    check_usable(code, holder_id=holder_id, besides=besides, now=now)
    campaign = code.campaign
    if campaign.money is not None and campaign.currency != currency:
        raise VoucherRefusedError(Why.CURRENCY, text=code.shown)
    release_ids = frozenset(titles_of(campaign.pk))
    return Reduction(
        percent=campaign.percent,
        amount=campaign.money,
        release_ids=release_ids or None,
        free=campaign.kind == Campaign.Kind.TITLES,
    )


def titles_of(campaign_id: int) -> list[int]:
    """Return the releases that a campaign is for; none means every title."""
    rows = Campaign.releases.through.objects.filter(campaign_id=campaign_id).order_by("pk")
    return list(rows.values_list("release_id", flat=True))


def check_usable(code: Code, *, holder_id: int | None, besides: Collection[str] = (), now: datetime) -> None:
    """See that a code may be used now by this listener; `services.redeem` is the judge between two at once.

    Raises
    ------
    VoucherRefusedError
        Which rule says no.
    """
    campaign, text = code.campaign, code.shown
    if campaign.ended_at is not None or code.stopped_at is not None:
        raise VoucherRefusedError(Why.ENDED, text=text)
    if now < campaign.starts_at:
        raise VoucherRefusedError(Why.NOT_YET, text=text)
    if campaign.ends_at is not None and now >= campaign.ends_at:
        raise VoucherRefusedError(Why.ENDED, text=text)
    if holder_id is not None and campaign.per_holder is not None:
        used = _held(holder_id, besides).filter(campaign=campaign, slot__isnull=False)
        if used.count() >= campaign.per_holder:
            raise VoucherRefusedError(Why.USED_BY_YOU, text=text)
    given_up = Redemption.objects.filter(code=code, order_number__in=list(besides), released_at=None).count()
    if code.used - given_up >= code.uses:
        raise VoucherRefusedError(used_up(code, holder_id), text=text)


def check_uses_here(code_id: int, order_numbers: Collection[str]) -> None:
    """See that the orders of one browser leave room for another use: who says no more than an address has no account
    whose uses could be counted, but has a browser.

    Raises
    ------
    VoucherRefusedError
        They have used its campaign as often as one listener may.
    """
    code = Code.objects.select_related("campaign").get(pk=code_id)
    most = code.campaign.per_holder
    uses = Redemption.objects.filter(campaign=code.campaign, order_number__in=list(order_numbers), released_at=None)
    if most is not None and uses.count() >= most:
        raise VoucherRefusedError(Why.USED_BY_YOU, text=code.shown)


def used_up(code: Code, holder_id: int | None) -> Why:
    """Return what to say of a code without uses left: of one that somebody else used, as little as of a guess."""
    if code.uses > 1:
        return Why.USED_UP
    mine = Redemption.objects.filter(code=code, holder_id=holder_id, released_at=None)
    return Why.USED_BY_YOU if holder_id is not None and mine.exists() else Why.UNKNOWN


def free_slots(campaign: Campaign, holder_id: int | None) -> list[int] | list[None]:
    """Return the places that a listener's next use of a campaign may take; None for a guest, who takes no place."""
    if campaign.per_holder is None or holder_id is None:
        return [None]
    taken = set(_held(holder_id).filter(campaign=campaign).values_list("slot", flat=True))
    return [slot for slot in range(1, campaign.per_holder + 1) if slot not in taken]


def tallies(campaign_ids: Collection[int]) -> dict[int, Tally]:
    """Return how campaigns go: one query."""
    rows = Code.objects.filter(campaign_id__in=list(campaign_ids)).values("campaign_id")
    sums = rows.annotate(codes=Count("pk"), uses=Sum("uses"), used=Sum("used")).order_by()
    return {row["campaign_id"]: Tally(row["codes"], row["uses"], row["used"]) for row in sums}


def codes_of(campaign_id: int, *, batch: int | None = None) -> QuerySet[Code]:
    """Return a campaign's codes, or those of one batch."""
    codes = Code.objects.filter(campaign_id=campaign_id).order_by("batch", "pk")
    return codes if batch is None else codes.filter(batch=batch)


def printable(campaign_id: int, *, batch: int | None = None) -> QuerySet[Code]:
    """Return the codes that are worth paper: unused and not stopped."""
    return codes_of(campaign_id, batch=batch).filter(stopped_at=None, used__lt=F("uses"), word="")


def batches(campaign_id: int) -> list[int]:
    """Return the numbers of a campaign's batches of drawn codes."""
    rows = Code.objects.filter(campaign_id=campaign_id, word="").order_by("batch")
    return list(rows.values_list("batch", flat=True).distinct())


def next_batch(campaign_id: int) -> int:
    """Return the number that a campaign's next batch has."""
    last: int | None = Code.objects.filter(campaign_id=campaign_id).aggregate(last=Max("batch"))["last"]
    return (last or 0) + 1


def uses_of(campaign_id: int) -> dict[int, list[Redemption]]:
    """Return what each code of a campaign was used for."""
    found: dict[int, list[Redemption]] = {}
    for row in Redemption.objects.filter(campaign_id=campaign_id, released_at=None).order_by("at", "pk"):
        found.setdefault(row.code_id, []).append(row)
    return found


def redemption_of(order_number: str) -> Redemption | None:
    """Return the use of a code by an order, released or not."""
    return Redemption.objects.select_related("code").filter(order_number=order_number).first()


def overused() -> list[Code]:
    """Return the codes whose count does not agree with their redemptions: there should be none."""
    live = Count("redemptions", filter=Q(redemptions__released_at=None))
    return list(Code.objects.annotate(live=live).exclude(live=F("used")))


def personal(holder_id: int) -> dict[str, Any]:
    """Return what is kept of a listener's codes, ready for JSON (and so of any kind)."""
    rows = Redemption.objects.filter(holder_id=holder_id).select_related("code", "campaign").order_by("at", "pk")
    return {
        "codes_used": [
            {
                "code": row.code.shown,
                "campaign": row.campaign.name,
                "order": row.order_number,
                "at": row.at.isoformat(),
                "released_at": row.released_at.isoformat() if row.released_at else None,
            }
            for row in rows
        ]
    }


def _held(holder_id: int, besides: Collection[str] = ()) -> QuerySet[Redemption]:
    return Redemption.objects.filter(holder_id=holder_id, released_at=None).exclude(order_number__in=list(besides))
