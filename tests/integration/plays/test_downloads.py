from __future__ import annotations

import pytest
from django.db import IntegrityError
from tests.conftest import NOW
from tests.factories import make_release

from bandstand.kernel.units import Bytes
from bandstand.store.grants import services as grants
from bandstand.store.plays import services as plays
from bandstand.store.plays.models import Download

pytestmark = pytest.mark.django_db


def record(ticket, grant_id):
    return plays.record_download(ticket_id=ticket, grant_id=grant_id, file_name="a.flac", size=Bytes(1), now=NOW)


def test_a_ticket_is_counted_once_however_often_it_is_used(ben):
    grant = grants.give(holder_id=ben.pk, release_id=make_release().pk, source="gift:1", now=NOW)
    assert record("one", grant.pk)
    assert not record("one", grant.pk)
    assert record("two", grant.pk)
    assert Download.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_grant_that_never_was_is_an_error_and_not_a_repetition(ben):
    with pytest.raises(IntegrityError):
        record("one", 987_654)
