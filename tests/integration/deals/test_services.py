from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.factories import NOW, make_release

from bandstand.store.deals import services
from bandstand.store.deals.models import Deal, PriceTier, Storefront, TierPrice
from bandstand.store.deals.rules import DealTerms

pytestmark = pytest.mark.django_db
ALBUM = DealTerms(release_tier="album", track_tier="track", start_day=date(2026, 11, 24))


def test_setting_up_a_store_twice_makes_one_storefront_with_six_tiers():
    assert services.set_up_store(now=NOW) == services.set_up_store(now=NOW)
    assert (Storefront.objects.count(), PriceTier.objects.count(), TierPrice.objects.count()) == (1, 6, 6)


def test_setting_up_again_keeps_what_the_shopkeeper_changed():
    services.set_up_store(now=NOW)
    TierPrice.objects.filter(tier__in=PriceTier.objects.filter(slug="album")).update(amount=1000)
    services.set_up_store(now=NOW)
    assert TierPrice.objects.get(tier__slug="album").amount == 1000


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
