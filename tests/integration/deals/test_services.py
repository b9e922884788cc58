from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.factories import NOW, make_release

from bandstand.kernel.money import Money
from bandstand.store.deals import services
from bandstand.store.deals.models import Deal, PriceTier, Storefront, TierPrice
from bandstand.store.deals.rules import DealTerms

pytestmark = pytest.mark.django_db
ALBUM = DealTerms(release_tier="album", track_tier="track", start_day=date(2026, 11, 24))


def test_setting_up_a_store_twice_makes_one_storefront_with_seven_tiers_in_three_currencies():
    assert services.set_up_store(now=NOW) == services.set_up_store(now=NOW)
    assert (Storefront.objects.count(), PriceTier.objects.count(), TierPrice.objects.count()) == (1, 7, 21)
    assert [tier.slug for tier in PriceTier.objects.filter(open_price=True)] == ["yours"]


def test_setting_up_again_keeps_what_the_shopkeeper_changed():
    services.set_up_store(now=NOW)
    services.set_price(tier="album", amount=Money(1000, "EUR"))
    services.set_up_store(now=NOW)
    assert TierPrice.objects.get(tier__slug="album", currency="EUR").amount == 1000


def test_a_suggestion_below_the_least_is_refused():
    services.set_up_store(now=NOW)
    with pytest.raises(services.SuggestionError):
        services.set_price(tier="yours", amount=Money(300, "EUR"), suggested=Money(200, "EUR"))
    with pytest.raises(services.UnknownTierError):
        services.set_price(tier="nothing", amount=Money(300, "EUR"))
    assert TierPrice.objects.get(tier__slug="yours", currency="EUR").suggested == 500


def test_another_storefront_is_made_once():
    facts = {"name": "Japan", "territories": ["JP"], "currency": "JPY", "tax_included": True, "time_zone": "Asia/Tokyo"}
    services.make_storefront(slug="japan", **facts)
    services.make_storefront(slug="japan", **{**facts, "name": "Nippon"})
    assert [front.name for front in Storefront.objects.filter(slug="japan")] == ["Japan"]


@pytest.mark.parametrize(
    "wrong", [{"currency": "XXX"}, {"territories": []}, {"territories": ["jp"]}, {"time_zone": "Japan/Everywhere"}]
)
def test_a_storefront_that_cannot_be_is_refused(wrong):
    facts = {"name": "Japan", "territories": ["JP"], "currency": "JPY", "tax_included": True, "time_zone": "Asia/Tokyo"}
    with pytest.raises(services.StorefrontFactsError):
        services.make_storefront(slug="japan", **(facts | wrong))
    assert not Storefront.objects.exists()


def test_terms_without_a_day_to_order_ahead_keep_the_digest_they_had():
    assert ALBUM.digest() == "a1709e49879c34e4bf078aae9e805daaea5712fe3379872503bfc07098bc5a95"  # as rows have it
    assert replace(ALBUM, preorder_day=date(2026, 11, 1)).digest() != ALBUM.digest()


def test_the_same_terms_again_write_nothing(django_assert_num_queries):
    services.set_up_store(now=NOW)
    release = make_release()
    assert services.replace_deals(release_id=release.pk, deals=[ALBUM], source="delivery 1", now=NOW)
    (before,) = Deal.objects.values()
    assert not services.replace_deals(release_id=release.pk, deals=[ALBUM], source="delivery 2", now=NOW + timedelta(1))
    assert list(Deal.objects.values()) == [before]


def test_other_terms_end_the_old_deal_and_keep_it():
    services.set_up_store(now=NOW)
    release = make_release()
    services.replace_deals(release_id=release.pk, deals=[ALBUM], source="delivery 1", now=NOW)
    services.replace_deals(release_id=release.pk, deals=[DealTerms(release_tier="ep")], source="delivery 2", now=NOW)
    old, new = Deal.objects.order_by("pk")
    assert (old.ended_at, old.release_tier.slug) == (NOW, "album")
    assert (new.ended_at, new.release_tier.slug, new.track_tier) == (None, "ep", None)


def test_the_same_terms_twice_in_one_delivery_are_one_deal():
    services.set_up_store(now=NOW)
    release = make_release()
    services.replace_deals(release_id=release.pk, deals=[ALBUM, ALBUM], source="delivery 1", now=NOW)
    assert Deal.objects.count() == 1


def test_an_unknown_tier_changes_nothing():
    services.set_up_store(now=NOW)
    release = make_release()
    services.replace_deals(release_id=release.pk, deals=[ALBUM], source="delivery 1", now=NOW)
    with pytest.raises(services.UnknownTierError) as refused:
        services.replace_deals(
            release_id=release.pk, deals=[DealTerms(track_tier="gold")], source="delivery 2", now=NOW
        )
    assert refused.value.slugs == {"gold"}
    assert Deal.objects.get().ended_at is None


def test_two_live_deals_of_the_same_terms_cannot_be_stored():
    services.set_up_store(now=NOW)
    release = make_release()
    services.replace_deals(release_id=release.pk, deals=[ALBUM], source="delivery 1", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Deal.objects.create(release=release, territories=["ww"], uses=["download"], source="race", terms=ALBUM.digest())
