"""Campaigns and codes come to be, are used, released and stopped."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Max

from bandstand.kernel.errors import InputError
from bandstand.kernel.money import Money
from bandstand.store.vouchers import queries, rules
from bandstand.store.vouchers.models import Campaign, Code, Redemption
from bandstand.store.vouchers.rules import VoucherRefusedError, Why

logger = logging.getLogger(__name__)

_AT_ONCE = 500  # rows in one statement: SQLite takes so many values


class CampaignError(InputError):
    """A campaign can't be made like this."""

    code = "vouchers.campaign"


class WordTakenError(InputError):
    """Another code reads the same."""

    code = "vouchers.word_taken"

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(f"There is a code {word} already.", hint="Choose another word.")


@transaction.atomic
def make_campaign(
    *,
    name: str,
    kind: str,
    percent: int | None = None,
    amount: Money | None = None,
    release_ids: Collection[int] = (),
    starts_at: datetime,
    ends_at: datetime | None = None,
    per_holder: int | None = 1,
    by: str,
    now: datetime,
) -> Campaign:
    """Make a campaign: so many percent, an amount, or titles for nothing; for some titles or all, in a while.

    Raises
    ------
    CampaignError
        What it lacks.
    """
    _check_campaign(kind, percent, amount, release_ids, starts_at, ends_at)
    campaign = Campaign.objects.create(
        name=name[:100],
        kind=kind,
        percent=percent,
        amount=amount.amount if amount else None,
        currency=amount.currency if amount else "",
        starts_at=starts_at,
        ends_at=ends_at,
        per_holder=per_holder,
        made_by=by[:80],
        made_at=now,
    )
    campaign.releases.set(release_ids)
    return campaign


@transaction.atomic
def make_with_codes(
    *,
    name: str,
    kind: str,
    percent: int | None,
    amount: Money | None,
    release_ids: Collection[int],
    starts_at: datetime,
    ends_at: datetime | None,
    per_holder: int | None,
    word: str,
    count: int,
    by: str,
    now: datetime,
) -> Campaign:
    """Make a campaign with its first codes: a word that `count` orders may use, or without one so many drawn codes.

    Raises
    ------
    CampaignError, WordTakenError
        What it lacks; nothing is made.
    """
    campaign = make_campaign(
        name=name,
        kind=kind,
        percent=percent,
        amount=amount,
        release_ids=release_ids,
        starts_at=starts_at,
        ends_at=ends_at,
        per_holder=per_holder,
        by=by,
        now=now,
    )
    if word:
        make_word(campaign_id=campaign.pk, word=word, uses=count)
    else:
        make_codes(campaign_id=campaign.pk, count=count)
    return campaign


@transaction.atomic
def make_codes(*, campaign_id: int, count: int, batch: int | None = None) -> int:
    """Draw so many codes that work once each, and return the number of their batch.

    A page that says which batch it means may be sent twice: the second press makes nothing.
    """
    if not 1 <= count <= rules.MOST_CODES:
        raise CampaignError(f"Make 1 to {rules.MOST_CODES:,} codes at a time.", hint="Press the button again for more.")
    last = _held(campaign_id)
    if batch is not None and batch <= last:
        return batch
    number = last + 1
    texts: set[str] = set()
    while len(texts) < count:
        texts.add(rules.new_text())  # 60 random bits: the constraint tells should one ever exist already
    codes = [Code(campaign_id=campaign_id, text=text, batch=number) for text in texts]
    Code.objects.bulk_create(codes, batch_size=_AT_ONCE)
    return number


@transaction.atomic
def make_word(*, campaign_id: int, word: str, uses: int) -> Code:
    """Make a code of a chosen word, which so many orders may use.

    Raises
    ------
    CampaignError, WordTakenError
        It can't be one; there is such a code.
    """
    shown = rules.word(word)
    if shown is None:
        raise CampaignError("A word has 3 to 20 letters and digits.", hint="Leave out blanks and signs: SUMMER26.")
    if uses < 1:
        raise CampaignError("A code is used at least once.", hint="Say how many orders may use it.")
    number = _held(campaign_id) + 1
    try:
        with transaction.atomic():
            return Code.objects.create(
                campaign_id=campaign_id, text=rules.fold(shown), word=shown, uses=uses, batch=number
            )
    except IntegrityError:
        raise WordTakenError(shown) from None


def stop(*, campaign_id: int, now: datetime) -> bool:
    """End a campaign: none of its codes can be used from now on. Orders that used one stay as they are."""
    return bool(Campaign.objects.filter(pk=campaign_id, ended_at=None).update(ended_at=now))


def stop_code(*, code_id: int, now: datetime) -> bool:
    """End one code: a sheet that was lost, a word that went too far."""
    return bool(Code.objects.filter(pk=code_id, stopped_at=None).update(stopped_at=now))


@transaction.atomic
def redeem(*, code_id: int, holder_id: int, order_number: str, counted: bool = True, now: datetime) -> Redemption:
    """Use a code for an order, in the transaction that writes the order. Of forty who want the last use, one gets it.

    Not `counted` is what somebody orders who has only typed the holder's address: then neither what the holder has
    used says no, nor does this use keep the holder from theirs.

    Raises
    ------
    VoucherRefusedError
        Which rule says no; the caller's transaction must not go on.
    """
    code = Code.objects.select_related("campaign").get(pk=code_id)
    listener_id = holder_id if counted else None
    queries.check_usable(code, holder_id=listener_id, now=now)
    running = Campaign.objects.filter(ended_at=None).values("pk")
    # No join: with one, PostgreSQL would not look at `used` again after waiting for another order.
    left = Code.objects.filter(pk=code_id, stopped_at=None, used__lt=F("uses"), campaign__in=running)
    if not left.update(used=F("used") + 1):
        raise VoucherRefusedError(queries.used_up(code, listener_id), text=code.shown)
    for slot in queries.free_slots(code.campaign, listener_id):
        try:
            with transaction.atomic():
                return Redemption.objects.create(
                    code=code, campaign=code.campaign, holder_id=holder_id, slot=slot, order_number=order_number, at=now
                )
        except IntegrityError:  # another order of the same listener took this place meanwhile
            if slot is None or Redemption.objects.filter(order_number=order_number).exists():
                raise
    raise VoucherRefusedError(Why.USED_BY_YOU, text=code.shown)


@transaction.atomic
def release(*, order_number: str, now: datetime) -> bool:
    """Give back the use of a code by an order that was cancelled unpaid. Calling it again changes nothing."""
    held = Redemption.objects.filter(order_number=order_number, released_at=None)
    if not held.update(released_at=now):
        return False
    code_id = Redemption.objects.values_list("code_id", flat=True).get(order_number=order_number)
    Code.objects.filter(pk=code_id, used__gte=1).update(used=F("used") - 1)
    return True


def hold_code(*, code_id: int) -> None:
    """Let everybody else who uses a code wait until this transaction ends."""
    Code.objects.filter(pk=code_id).update(used=F("used"))


def note_late_payment(*, order_number: str) -> None:
    """Log that an order was paid after its code had been given back: it keeps its price, for money that came buys."""
    redemption = queries.redemption_of(order_number)
    if redemption is not None and redemption.released_at is not None:
        logger.warning("order %s was paid late and keeps the price of its code", order_number)


def _held(campaign_id: int) -> int:
    """Return the last batch of a campaign that nobody else adds to until this transaction ends."""
    if not Campaign.objects.filter(pk=campaign_id).update(made_at=F("made_at")):
        raise Campaign.DoesNotExist
    last: int | None = Code.objects.filter(campaign_id=campaign_id).aggregate(last=Max("batch"))["last"]
    return last or 0


def _check_campaign(
    kind: str,
    percent: int | None,
    amount: Money | None,
    release_ids: Collection[int],
    starts_at: datetime,
    ends_at: datetime | None,
) -> None:
    if ends_at is not None and ends_at <= starts_at:
        raise CampaignError("It ends before it begins.", hint="Look at both days.")
    if (kind == Campaign.Kind.PERCENT) != (percent is not None) or (percent is not None and not 1 <= percent <= 100):
        raise CampaignError("Say how many percent: 1 to 100.", hint="Only a campaign of percent has a percentage.")
    if (kind == Campaign.Kind.AMOUNT) != (amount is not None) or (amount is not None and amount.amount < 1):
        raise CampaignError("Say what amount, in which currency.", hint="Only a campaign of an amount has one.")
    if kind == Campaign.Kind.TITLES and not release_ids:
        raise CampaignError("Say which titles it gives.", hint="Choose at least one.")
