"""The books and the rights: written once, whoever writes them."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from tests.conftest import NOW
from tests.factories import make_release
from tests.integration.money.conftest import euro

from bandstand.kernel.money import Money
from bandstand.store.grants import access, queries
from bandstand.store.grants import services as grants
from bandstand.store.grants.models import Grant
from bandstand.store.ledger import queries as books
from bandstand.store.ledger import rules
from bandstand.store.ledger import services as ledger
from bandstand.store.ledger.models import Account, Entry, Posting

SALE = [("clearing", "pretend", euro(899)), ("payable", "harbour-light", euro(-755)), ("tax", "DE", euro(-144))]


def post(key="settle:1", entries=SALE):
    return ledger.post(key=key, at=NOW, memo="Order B1", entries=entries)


@pytest.mark.django_db
def test_a_posting_moves_the_balances_of_its_accounts():
    post()
    assert books.balance("clearing", "pretend", "EUR") == euro(899)
    assert books.balance("payable", "harbour-light", "EUR") == euro(-755)
    assert books.balance("clearing", "pretend", "USD") == Money(0, "USD")
    assert sum(row.money.amount for row in books.trial_balance()) == 0


@pytest.mark.django_db
def test_the_same_key_is_posted_once():
    assert post().pk == post().pk
    assert Posting.objects.count() == 1
    assert Entry.objects.count() == 3
    assert books.balance("tax", "DE", "EUR") == euro(-144)


@pytest.mark.django_db
def test_the_same_key_with_other_entries_is_refused():
    post()
    with pytest.raises(ledger.PostingDiffersError):
        post(entries=[("clearing", "pretend", euro(1)), ("tax", "DE", euro(-1))])
    assert books.balance("clearing", "pretend", "EUR") == euro(899)


@pytest.mark.django_db
def test_a_posting_that_is_out_writes_nothing():
    with pytest.raises(rules.UnbalancedError) as refused:
        post(entries=[*SALE[:2], ("tax", "DE", euro(-143))])
    assert refused.value.left == {"EUR": 1}
    assert not Posting.objects.exists()
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_each_currency_adds_up_by_itself():
    with pytest.raises(rules.UnbalancedError):
        post(entries=[("clearing", "pretend", euro(5)), ("payable", "x", Money(-5, "USD"))])


@pytest.mark.django_db
def test_a_row_that_was_changed_by_hand_is_found():
    posting = post()
    assert books.unbalanced() == []
    Entry.objects.filter(posting=posting, amount=899).update(amount=900)
    assert books.unbalanced() == [books.Imbalance("settle:1", euro(1))]


@pytest.mark.django_db
def test_giving_twice_gives_once(ben):
    release = make_release()
    first = grants.give(holder_id=ben.pk, release_id=release.pk, source="order:B1", now=NOW)
    again = grants.give(holder_id=ben.pk, release_id=release.pk, source="order:B2", now=NOW)
    assert (again.pk, again.source) == (first.pk, "order:B1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(holder=ben, release=release, use="own", source="x", starts_at=NOW)


@pytest.mark.django_db
def test_revoking_takes_back_only_what_the_source_gave(ben, cleo):
    one, two = make_release(), make_release()
    theirs = grants.give(holder_id=cleo.pk, release_id=one.pk, source="order:B9", now=NOW)
    grants.give(holder_id=ben.pk, release_id=one.pk, source="order:B1", now=NOW)
    grants.give(holder_id=ben.pk, release_id=two.pk, source="order:B2", now=NOW)
    assert grants.revoke(source="order:B1", release_id=one.pk, why="refund", now=NOW) == 1
    assert grants.revoke(source="order:B1", release_id=one.pk, why="refund", now=NOW) == 0
    assert [grant.release_id for grant in queries.shelf(ben.pk)] == [two.pk]
    assert [grant.pk for grant in queries.shelf(cleo.pk)] == [theirs.pk]
    assert grants.give(holder_id=ben.pk, release_id=one.pk, source="order:B3", now=NOW).source == "order:B3"


@pytest.mark.django_db
def test_a_release_covers_its_parts_and_a_part_only_itself(ben, cleo):
    release = make_release(tracks=2)
    other = make_release(tracks=2)
    whole = grants.give(holder_id=ben.pk, release_id=release.pk, source="order:B1", now=NOW)
    alone = other.parts.first()
    single = grants.give(holder_id=ben.pk, part_id=alone.pk, source="order:B1", now=NOW)
    asked = [part.pk for part in [*release.parts.all(), *other.parts.all()]]
    covered = queries.covering(ben.pk, asked)
    assert {pk: grant.pk for pk, grant in covered.items()} == {
        **{part.pk: whole.pk for part in release.parts.all()},
        alone.pk: single.pk,
    }
    assert queries.covering(cleo.pk, asked) == {}
    owned = queries.owned(ben.pk, release_ids=[release.pk, other.pk], part_ids=asked)
    assert owned.releases == {release.pk}
    assert owned.parts == set(covered)


@pytest.mark.django_db
def test_the_shelf_costs_one_query_however_long_it_is(ben, django_assert_num_queries):
    for _ in range(5):
        release = make_release(tracks=1)
        grants.give(holder_id=ben.pk, release_id=release.pk, source="order:B1", now=NOW)
        grants.give(holder_id=ben.pk, part_id=release.parts.get().pk, source="order:B1", now=NOW)
    with django_assert_num_queries(1):
        titles = [(g.release or g.part.release).label.name for g in queries.shelf(ben.pk)]
    assert len(titles) == 10


@pytest.mark.django_db
def test_nobody_gets_at_the_grant_of_another(ben, cleo):
    from django.contrib.auth.models import AnonymousUser

    grant = grants.give(holder_id=ben.pk, release_id=make_release().pk, source="order:B1", now=NOW)
    assert access.own_grant(ben, grant.pk).pk == grant.pk
    for stranger in (cleo, AnonymousUser()):
        with pytest.raises(Grant.DoesNotExist):
            access.own_grant(stranger, grant.pk)


@pytest.mark.django_db
def test_a_guest_is_no_member_until_the_account_is_claimed(ben):
    from django.contrib.auth.models import AnonymousUser

    assert queries.membership(ben, None, NOW)
    assert not queries.membership(AnonymousUser(), None, NOW)
    assert not queries.membership(None, None, NOW)
    ben.claimed_at = None
    assert not queries.membership(ben, None, NOW)
