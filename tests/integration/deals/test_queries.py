from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.factories import NOW, make_deal, make_part, make_release, make_storefront

from bandstand.kernel.money import Money
from bandstand.store.deals import queries
from bandstand.store.deals.rules import Offer, Rule, TitleFacts, Visitor

pytestmark = pytest.mark.django_db
CLEO = Visitor(territory="DE")


def offers(*releases, visitor=CLEO, now=NOW, storefront=None):
    return queries.release_offers(
        [r.pk for r in releases], storefront=storefront or make_storefront(), visitor=visitor, now=now
    )


def listed(visitor=CLEO, now=NOW, storefront=None):
    return set(queries.listed_releases(storefront=storefront or make_storefront(), visitor=visitor, now=now))


def test_a_release_is_offered_at_the_price_of_its_tier():
    release = make_release()
    deal = make_deal(release=release)
    assert offers(release) == {release.pk: Offer(use="download", price=Money(899, "EUR"), deal_id=deal.pk)}


def test_a_track_is_offered_at_the_price_of_its_own_tier():
    release = make_release(tracks=2)
    make_deal(release=release)
    parts = list(release.parts.all())
    _, found = queries.offers_of(release, parts, storefront=make_storefront(), visitor=CLEO, now=NOW)
    assert [found[part.pk].price for part in parts] == [Money(99, "EUR")] * 2


def test_a_withdrawn_part_of_a_release_on_sale_is_refused_alone():
    release = make_release()
    make_deal(release=release)
    part = make_part(release=release, withdrawn_at=NOW)
    _, found = queries.offers_of(release, [part], storefront=make_storefront(), visitor=CLEO, now=NOW)
    assert found[part.pk].rule == Rule.WITHDRAWN


def test_a_replaced_deal_no_longer_speaks():
    release = make_release()
    make_deal(release=release, ended_at=NOW)
    assert offers(release)[release.pk].rule == Rule.NO_DEAL
    assert listed() == set()


def test_a_tier_without_a_price_in_the_currency_is_told():
    release = make_release()
    make_deal(release=release)
    kronor = make_storefront(currency="SEK")
    assert offers(release, storefront=kronor)[release.pk].rule == Rule.NO_PRICE


def test_unknown_ids_are_left_out():
    assert queries.release_offers([1 << 40], storefront=make_storefront(), visitor=CLEO, now=NOW) == {}


def test_what_is_listed_is_on_sale_for_members_or_coming():
    on_sale, members, coming, elsewhere, barred, over, withdrawn = (make_release() for _ in range(7))
    make_release()  # without a deal
    make_deal(release=on_sale)
    make_deal(release=members, members_only=True)
    make_deal(release=coming, start_day=date(2026, 11, 24))
    make_deal(release=elsewhere, territories=["JP", "US"])
    make_deal(release=barred, excluded=["DE"])
    make_deal(release=over, end_day=date(2026, 11, 20))
    make_deal(release=withdrawn)
    type(withdrawn).objects.filter(pk=withdrawn.pk).update(withdrawn_at=NOW)
    assert listed() == {on_sale.pk, members.pk, coming.pk}
    begun = set(queries.begun_releases(storefront=make_storefront(), visitor=CLEO, now=NOW))
    assert begun == {on_sale.pk, members.pk}
    assert set(queries.releases_ahead(storefront=make_storefront(), visitor=CLEO, now=NOW)) == {coming.pk}


def test_a_release_of_many_deals_is_listed_once():
    release = make_release()
    make_deal(release=release)
    make_deal(release=release, territories=["DE"], release_tier="ep")
    assert list(queries.listed_releases(storefront=make_storefront(), visitor=CLEO, now=NOW)) == [release.pk]
    assert offers(release)[release.pk].price == Money(499, "EUR")


def test_the_list_and_the_judge_agree_at_every_edge():
    releases = [make_release() for _ in range(4)]
    make_deal(release=releases[0], start_day=date(2026, 11, 24))
    make_deal(release=releases[1], end_day=date(2026, 11, 24))
    make_deal(release=releases[2], start_at=datetime(2026, 11, 23, 23, 0, tzinfo=UTC))
    make_deal(release=releases[3], end_at=datetime(2026, 11, 23, 23, 0, tzinfo=UTC))
    storefront = make_storefront()
    edge = queries.next_edge(storefront=storefront, now=NOW)
    assert edge == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    for now in (edge - timedelta(microseconds=1), edge):
        answers = offers(*releases, now=now)
        begun = set(queries.begun_releases(storefront=storefront, visitor=CLEO, now=now))
        assert begun == {pk for pk, answer in answers.items() if isinstance(answer, Offer)}
        ahead = set(queries.releases_ahead(storefront=storefront, visitor=CLEO, now=now))
        assert ahead == {pk for pk, answer in answers.items() if getattr(answer, "rule", None) == Rule.NOT_YET}
    assert queries.next_edge(storefront=storefront, now=edge) is None


def test_any_number_of_releases_takes_the_same_number_of_queries(django_assert_num_queries):
    storefront = make_storefront()
    releases = [make_release(tracks=2) for _ in range(30)]
    for release in releases:
        make_deal(release=release)
        make_deal(release=release, territories=["FR"])
    titles = [(release.pk, TitleFacts(kind="part")) for release in releases for _ in range(2)]
    for some in (1, 30):
        with django_assert_num_queries(3):
            offers(*releases[:some], storefront=storefront)
        with django_assert_num_queries(2):
            queries.title_offers(titles[:some], storefront=storefront, visitor=CLEO, now=NOW)
    with django_assert_num_queries(1):
        listed(storefront=storefront)
    with django_assert_num_queries(2):
        queries.next_edge(storefront=storefront, now=NOW)


def test_a_store_without_a_storefront_says_how_to_get_one():
    with pytest.raises(queries.NoStorefrontError) as refused:
        queries.storefront()
    assert "store init" in refused.value.hint


def test_storefronts_are_found_by_name_and_the_first_is_the_default():
    europe, yen = make_storefront(), make_storefront(slug="japan", currency="JPY")
    assert queries.storefront() == europe
    assert queries.storefront("japan") == yen
    assert queries.storefronts() == [europe, yen]
