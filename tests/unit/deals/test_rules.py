from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.kernel.clock import local_midnight
from bandstand.kernel.money import Money
from bandstand.store.deals.rules import (
    DealFacts,
    Offer,
    Refusal,
    Rule,
    StorefrontFacts,
    TitleFacts,
    Visitor,
    day_begun,
    judge,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ALBUM = Money(899, "EUR")
RELEASE, TRACK = TitleFacts(kind="release"), TitleFacts(kind="part")
CLEO = Visitor(territory="DE")
ZONES = ("Europe/Berlin", "Pacific/Kiritimati", "Etc/GMT+12", "America/Sao_Paulo", "Asia/Beirut", "Africa/Cairo", "UTC")


def europe(**facts):
    ordinary = {
        "state": "open",
        "territories": frozenset({"DE", "FR"}),
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
    }
    return StorefrontFacts(**(ordinary | facts))


def deal(**facts):
    return DealFacts(**({"id": 1, "territories": frozenset({"ww"}), "price": ALBUM} | facts))


def told(*deals, title=RELEASE, storefront=None, visitor=CLEO, now=NOW, use="download"):
    return judge(title=title, deals=deals, storefront=storefront or europe(), visitor=visitor, now=now, use=use)


def test_an_open_deal_is_an_offer_with_its_price():
    assert told(deal()) == Offer(use="download", price=ALBUM, deal_id=1)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"title": TitleFacts(kind="release", withdrawn=True)}, Rule.WITHDRAWN),
        ({"storefront": europe(state="trial")}, Rule.TRIAL),
        ({"storefront": europe(state="closing")}, Rule.CLOSING),
        ({"storefront": europe(state="vault")}, Rule.VAULT),
        ({"visitor": Visitor(territory="JP")}, Rule.TERRITORY),
    ],
)
def test_what_stands_before_every_deal_is_told_first(facts, rule):
    assert told(deal(), **facts).rule == rule


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"territories": frozenset({"FR"})}, Rule.TERRITORY),
        ({"excluded": frozenset({"DE"})}, Rule.TERRITORY),
        ({"start_day": date(2026, 11, 24)}, Rule.NOT_YET),
        ({"start_at": NOW + timedelta(seconds=1)}, Rule.NOT_YET),
        ({"end_day": date(2026, 11, 20)}, Rule.ENDED),
        ({"end_at": NOW}, Rule.ENDED),
        ({"start_at": NOW + timedelta(days=2), "end_day": date(2026, 11, 21)}, Rule.ENDED),
        ({"uses": frozenset({"stream"})}, Rule.USE),
        ({"members_only": True}, Rule.MEMBERS_ONLY),
        ({"sold": False, "price": None}, Rule.NOT_SOLD_WHOLE),
        ({"price": None}, Rule.NO_PRICE),
    ],
)
def test_a_deal_that_says_no_names_the_rule_and_the_source(facts, rule):
    refusal = told(deal(source="delivery 7", **facts))
    assert isinstance(refusal, Refusal)
    assert (refusal.rule, refusal.source) == (rule, "delivery 7")
    assert refusal.sentence.endswith(".")
    assert refusal.hint


def test_a_track_without_a_price_of_its_own_is_not_sold_alone():
    assert told(deal(sold=False, price=None), title=TRACK).rule == Rule.NOT_SOLD_ALONE


def test_without_any_deal_nothing_is_offered():
    assert told().rule == Rule.NO_DEAL


def test_staff_may_buy_in_a_trial_store():
    assert isinstance(
        told(deal(), storefront=europe(state="trial"), visitor=Visitor(territory="DE", staff=True)), Offer
    )


def test_members_get_what_is_for_members():
    assert told(deal(members_only=True), visitor=Visitor(territory="DE", member=True)).members_only


def test_what_is_coming_says_when():
    refusal = told(deal(start_day=date(2026, 11, 24)))
    assert refusal.changes_at == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert "Tuesday 24 November 2026" in refusal.sentence


def test_an_instant_is_told_with_its_hour_where_the_storefront_is():
    refusal = told(deal(start_at=datetime(2026, 11, 24, 18, 30, tzinfo=UTC)))
    assert "Tuesday 24 November 2026, 19:30" in refusal.sentence


def test_the_lowest_price_wins_then_the_latest_end():
    cheap = Money(499, "EUR")
    deals = [
        deal(id=1),
        deal(id=2, price=cheap, end_day=date(2026, 12, 1)),
        deal(id=3, price=cheap, end_day=date(2027, 1, 1)),
    ]
    assert told(*deals).deal_id == 3
    assert told(*deals, deal(id=4, price=cheap)).deal_id == 4


def test_of_several_refusals_the_one_nearest_to_a_yes_is_told():
    later, sooner = deal(id=1, start_day=date(2026, 12, 24)), deal(id=2, start_day=date(2026, 11, 24))
    elsewhere = deal(id=3, territories=frozenset({"JP"}))
    assert told(later, elsewhere, sooner).changes_at == local_midnight(date(2026, 11, 24), "Europe/Berlin")
    assert told(later, elsewhere, deal(id=4, members_only=True)).rule == Rule.MEMBERS_ONLY


days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
codes = st.sampled_from(["DE", "FR", "JP", "US"])
deals_facts = st.builds(
    lambda **facts: DealFacts(price=ALBUM, **facts),
    id=st.integers(1, 99),
    territories=st.frozensets(st.sampled_from(["ww", "DE", "FR", "JP"]), min_size=1),
    excluded=st.frozensets(codes, max_size=2),
    start_day=st.none() | days,
    end_day=st.none() | days,
    members_only=st.booleans(),
)


@given(st.lists(deals_facts, max_size=6), instants, st.sampled_from(ZONES), codes, st.booleans())
def test_nothing_is_offered_outside_its_window_or_territory(deals, now, zone, territory, member):
    storefront = europe(territories=frozenset({"DE", "FR", "JP"}), time_zone=zone)
    answer = told(*deals, storefront=storefront, visitor=Visitor(territory=territory, member=member), now=now)
    open_now = [
        fact
        for fact in deals
        if territory in storefront.territories
        and territory not in fact.excluded
        and fact.territories & {"ww", territory}
        and (fact.start_day is None or local_midnight(fact.start_day, zone) <= now)
        and (fact.end_day is None or now < local_midnight(fact.end_day, zone))
        and (member or not fact.members_only)
    ]
    assert isinstance(answer, Offer) == bool(open_now)
    if isinstance(answer, Offer):
        assert answer.deal_id in {fact.id for fact in open_now}


@given(deals_facts, instants, st.sampled_from(ZONES))
def test_a_refusal_that_names_a_date_is_over_at_that_date(fact, now, zone):
    storefront, visitor = europe(time_zone=zone), Visitor(territory="DE", member=True)
    answer = told(fact, storefront=storefront, visitor=visitor, now=now)
    if isinstance(answer, Refusal) and answer.changes_at is not None:
        assert answer.changes_at > now
        assert isinstance(told(fact, storefront=storefront, visitor=visitor, now=answer.changes_at), Offer)
        before = told(fact, storefront=storefront, visitor=visitor, now=answer.changes_at - timedelta(microseconds=1))
        assert isinstance(before, Refusal)


@given(days, st.sampled_from(ZONES), st.integers(-90_000, 90_000))
def test_a_day_has_begun_exactly_from_its_local_midnight(day, zone, seconds):
    now = local_midnight(day, zone) + timedelta(seconds=seconds)
    latest = day_begun(now, zone)
    assert local_midnight(latest, zone) <= now < local_midnight(latest + timedelta(days=1), zone)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_first_and_the_last_zone_of_the_world_begin_a_day_26_hours_apart(zone):
    fact, storefront = deal(start_day=date(2026, 11, 24)), europe(time_zone=zone)
    start = datetime(2026, 11, 24, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert start == datetime(2026, 11, 23, 10, tzinfo=UTC) + timedelta(hours=26 if zone == "Etc/GMT+12" else 0)
    assert isinstance(told(fact, storefront=storefront, now=start), Offer)
    assert isinstance(told(fact, storefront=storefront, now=start - timedelta(microseconds=1)), Refusal)


def test_a_midnight_that_a_clock_change_swallows_is_the_first_instant_after_the_gap():
    day, zone = date(2026, 4, 24), "Africa/Cairo"  # at 00:00 clocks there go to 01:00
    fact, storefront = deal(start_day=day), europe(time_zone=zone)
    first = datetime(2026, 4, 23, 22, 0, tzinfo=UTC)
    assert first.astimezone(ZoneInfo(zone)).hour == 1
    assert isinstance(told(fact, storefront=storefront, now=first), Offer)
    assert isinstance(told(fact, storefront=storefront, now=first - timedelta(microseconds=1)), Refusal)


def test_a_midnight_that_comes_twice_is_the_first_of_both():
    day, zone = date(2026, 11, 1), "America/Havana"  # at 01:00 clocks there go back to 00:00
    first = local_midnight(day, zone)
    assert first.astimezone(ZoneInfo(zone)).hour == (first + timedelta(hours=1)).astimezone(ZoneInfo(zone)).hour == 0
    assert isinstance(told(deal(start_day=day), storefront=europe(time_zone=zone), now=first), Offer)


AHEAD = {"start_day": date(2026, 11, 24), "preorder_day": date(2026, 11, 10)}
TUESDAY = local_midnight(date(2026, 11, 24), "Europe/Berlin")


def test_what_may_be_ordered_ahead_is_offered_before_it_begins_and_says_when_it_comes():
    assert told(deal(**AHEAD)) == Offer(use="download", price=ALBUM, deal_id=1, available_at=TUESDAY)
    assert told(deal(**AHEAD), now=TUESDAY).available_at is None


def test_before_the_day_to_order_it_is_coming_like_anything_else():
    early = local_midnight(date(2026, 11, 10), "Europe/Berlin") - timedelta(seconds=1)
    refused = told(deal(**AHEAD), now=early)
    assert (refused.rule, refused.changes_at) == (Rule.NOT_YET, TUESDAY)


def test_single_tracks_are_not_ordered_ahead_and_nothing_is_streamed_ahead():
    assert told(deal(**AHEAD), title=TRACK).rule == Rule.NOT_YET
    assert told(deal(**AHEAD), use="stream").rule == Rule.NOT_YET


def test_what_is_here_wins_over_what_is_ordered_ahead_for_less():
    here, ahead = deal(id=1), deal(id=2, price=Money(100, "EUR"), **AHEAD)
    assert told(here, ahead).deal_id == 1


def test_where_the_buyer_names_the_price_the_offer_says_the_least_and_a_suggestion():
    least, five = Money(0, "EUR"), Money(500, "EUR")
    offer = told(deal(price=least, open_price=True, suggested=five))
    assert (offer.price, offer.open_price, offer.suggested) == (least, True, five)
    assert told(deal(suggested=five)).suggested is None  # a fixed price suggests nothing
