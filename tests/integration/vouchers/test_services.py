"""Codes are drawn, used, given back and stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import NOW
from tests.factories import make_campaign, make_code, make_release

from bandstand.kernel.money import Money
from bandstand.store.vouchers import queries, rules, services
from bandstand.store.vouchers.models import Code, Redemption
from bandstand.store.vouchers.rules import Reduction, VoucherRefusedError, Why

pytestmark = pytest.mark.django_db


def used(code: Code) -> int:
    return Code.objects.values_list("used", flat=True).get(pk=code.pk)


def refusal(code, holder, *, now=NOW, order="B1") -> Why:
    with pytest.raises(VoucherRefusedError) as refused:
        services.redeem(code_id=code.pk, holder_id=holder.pk, order_number=order, now=now)
    return refused.value.why


def test_two_thousand_codes_are_drawn_at_once_and_a_page_sent_twice_draws_no_more():
    campaign = make_campaign(kind="titles", releases=[make_release()])
    assert services.make_codes(campaign_id=campaign.pk, count=2000, batch=1) == 1
    assert services.make_codes(campaign_id=campaign.pk, count=2000, batch=1) == 1
    assert services.make_codes(campaign_id=campaign.pk, count=5) == 2
    assert queries.tallies([campaign.pk])[campaign.pk] == queries.Tally(2005, 2005, 0)
    assert queries.batches(campaign.pk) == [1, 2]
    assert all(len(code.text) == rules.RANDOM_LETTERS for code in queries.codes_of(campaign.pk, batch=2))


@pytest.mark.parametrize("count", [0, -1, rules.MOST_CODES + 1])
def test_nobody_draws_none_or_too_many(count):
    with pytest.raises(services.CampaignError):
        services.make_codes(campaign_id=make_campaign().pk, count=count)


def test_a_word_is_made_once_however_it_is_written():
    campaign = make_campaign()
    code = services.make_word(campaign_id=campaign.pk, word="Welcome", uses=50)
    assert (code.text, code.shown) == ("WE1C0ME", "WELCOME")
    assert queries.code_of("we1come").pk == code.pk
    with pytest.raises(services.WordTakenError):
        services.make_word(campaign_id=campaign.pk, word="WELC0ME", uses=1)


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "percent"},
        {"kind": "percent", "percent": 101},
        {"kind": "amount"},
        {"kind": "amount", "amount": Money(0, "EUR")},
        {"kind": "amount", "amount": Money(5, "EUR"), "percent": 5},
        {"kind": "titles"},
        {"kind": "percent", "percent": 10, "ends_at": NOW},
    ],
)
def test_a_campaign_is_worth_one_thing(facts):
    with pytest.raises(services.CampaignError):
        services.make_campaign(name="Odd", starts_at=NOW, by="test", now=NOW, **facts)


def test_what_a_code_takes_off_is_told_from_its_campaign(ben):
    release = make_release()
    percent = make_code(campaign=make_campaign(releases=[release]))
    amount = make_code(campaign=make_campaign(kind="amount"))
    titles = make_code(campaign=make_campaign(kind="titles", releases=[release]))
    of = {"holder_id": ben.pk, "currency": "EUR", "now": NOW}
    assert queries.reduction(percent.pk, **of) == Reduction(percent=10, release_ids=frozenset({release.pk}))
    assert queries.reduction(amount.pk, **of) == Reduction(amount=Money(500, "EUR"))
    assert queries.reduction(titles.pk, **of) == Reduction(free=True, release_ids=frozenset({release.pk}))
    with pytest.raises(VoucherRefusedError) as refused:
        queries.reduction(amount.pk, holder_id=ben.pk, currency="JPY", now=NOW)
    assert refused.value.why is Why.CURRENCY


def test_a_code_is_used_as_often_as_it_may_be(ben, cleo, ada):
    code = make_code(word="TWICE", uses=2)
    for place, holder in enumerate((ben, cleo)):
        services.redeem(code_id=code.pk, holder_id=holder.pk, order_number=f"B{place}", now=NOW)
    assert refusal(code, ada, order="B7") is Why.USED_UP
    assert used(code) == 2
    assert queries.overused() == []


def test_a_listener_uses_a_campaign_as_often_as_it_says(ben):
    campaign = make_campaign(per_holder=2)
    for place in range(2):
        services.redeem(code_id=make_code(campaign=campaign).pk, holder_id=ben.pk, order_number=f"B{place}", now=NOW)
    third = make_code(campaign=campaign)
    assert refusal(third, ben, order="B9") is Why.USED_BY_YOU
    assert used(third) == 0


def test_a_campaign_that_does_not_count_listeners_lets_one_use_many(ben):
    code = make_code(campaign=make_campaign(per_holder=None), word="OFTEN", uses=9)
    for place in range(3):
        services.redeem(code_id=code.pk, holder_id=ben.pk, order_number=f"B{place}", now=NOW)
    assert used(code) == 3


def test_what_somebody_else_used_reads_like_what_never_was(ben, cleo):
    code = make_code()
    services.redeem(code_id=code.pk, holder_id=ben.pk, order_number="B1", now=NOW)
    with pytest.raises(VoucherRefusedError) as unknown:
        queries.code_of("ZZZZ-ZZZZ-ZZZZ")
    with pytest.raises(VoucherRefusedError) as foreign:
        services.redeem(code_id=code.pk, holder_id=cleo.pk, order_number="B2", now=NOW)
    assert (str(foreign.value), foreign.value.code) == (str(unknown.value), unknown.value.code)
    assert refusal(code, ben, order="B3") is Why.USED_BY_YOU


def test_a_released_code_can_be_used_again_and_is_released_once(ben, cleo):
    code = make_code()
    services.redeem(code_id=code.pk, holder_id=ben.pk, order_number="B1", now=NOW)
    assert services.release(order_number="B1", now=NOW)
    assert not services.release(order_number="B1", now=NOW)
    assert not services.release(order_number="B404", now=NOW)
    assert used(code) == 0
    services.redeem(code_id=code.pk, holder_id=cleo.pk, order_number="B2", now=NOW)
    assert used(code) == 1
    assert queries.overused() == []


def test_days_are_kept_to_the_second(ben):
    code = make_code(campaign=make_campaign(starts_at=NOW, ends_at=NOW + timedelta(days=1)))
    assert refusal(code, ben, now=NOW - timedelta(seconds=1)) is Why.NOT_YET
    assert refusal(code, ben, now=NOW + timedelta(days=1)) is Why.ENDED
    assert services.redeem(code_id=code.pk, holder_id=ben.pk, order_number="B1", now=NOW)


def test_what_is_stopped_works_no_more_and_orders_stay(ben):
    campaign = make_campaign()
    one, other = make_code(campaign=campaign, word="ONE", uses=5), make_code(campaign=campaign, word="OTHER", uses=5)
    services.redeem(code_id=one.pk, holder_id=ben.pk, order_number="B1", now=NOW)
    assert services.stop_code(code_id=one.pk, now=NOW)
    assert refusal(one, ben) is Why.ENDED
    assert services.stop(campaign_id=campaign.pk, now=NOW)
    assert not services.stop(campaign_id=campaign.pk, now=NOW)
    assert refusal(other, ben) is Why.ENDED
    assert Redemption.objects.get().released_at is None


def test_a_listener_gets_a_list_of_the_codes_they_used(ben, cleo):
    services.redeem(code_id=make_code(word="HELLO").pk, holder_id=ben.pk, order_number="B1", now=NOW)
    assert [row["code"] for row in queries.personal(ben.pk)["codes_used"]] == ["HELLO"]
    assert queries.personal(cleo.pk) == {"codes_used": []}
