from __future__ import annotations

from datetime import timedelta

import pytest
from tests.factories import NOW, make_release

from bandstand.media.digest import Digest, digest
from bandstand.media.extras import ExtraFacts, Kind
from bandstand.store.assets import queries, services
from bandstand.store.assets.models import Extra
from bandstand.store.assets.services import ChangedWhileReadError

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def booklet(files, tmp_path):
    def store(content=b"%PDF-1.7 twelve pages", name="booklet.pdf"):
        path = tmp_path / "in.pdf"
        path.write_bytes(content)
        facts = ExtraFacts(kind=Kind.BOOKLET, media_type="application/pdf", suffix=".pdf", pages=12)
        return services.store_extra(path=path, name=name, facts=facts, expected=digest(path))

    return store


def test_what_comes_with_a_release_is_kept_by_what_it_contains(booklet):
    release = make_release()
    stored = booklet()
    assert services.set_extras(release_id=release.pk, extras=[stored], now=NOW)
    (extra,) = queries.extras_of([release.pk])[release.pk]
    assert (extra.name, extra.kind, extra.pages, extra.size) == ("booklet.pdf", "booklet", 12, 21)
    assert queries.place(extra.path).read_bytes() == b"%PDF-1.7 twelve pages"


def test_the_same_extras_again_write_nothing(booklet):
    release = make_release()
    services.set_extras(release_id=release.pk, extras=[booklet()], now=NOW)
    assert not services.set_extras(release_id=release.pk, extras=[booklet()], now=LATER)
    assert Extra.objects.get().since == NOW


def test_a_new_booklet_takes_the_place_of_the_old_one_which_stays_reachable_by_its_hash(booklet):
    release = make_release()
    services.set_extras(release_id=release.pk, extras=[booklet()], now=NOW)
    services.set_extras(release_id=release.pk, extras=[booklet(b"%PDF-1.7 other")], now=LATER)
    old, new = Extra.objects.order_by("since")
    assert (old.replaced_at, new.replaced_at) == (LATER, None)
    assert queries.extras_of([release.pk]) == {release.pk: [new]}
    assert queries.extra_of(release.pk, old.sha256) == old
    assert queries.extra_of(make_release().pk, old.sha256) is None


def test_a_file_that_changed_since_it_was_looked_at_is_not_stored(files, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(b"after")
    facts = ExtraFacts(kind=Kind.TEXT, media_type="text/plain", suffix=".txt")
    with pytest.raises(ChangedWhileReadError):
        services.store_extra(path=path, name="notes.txt", facts=facts, expected=Digest(6, "a" * 64, 1))
    assert not list((files / "extras").rglob("*"))


def test_the_weekly_check_and_the_sweep_know_extras(booklet):
    release = make_release()
    services.set_extras(release_id=release.pk, extras=[booklet()], now=NOW)
    extra = Extra.objects.get()
    assert services.scrub(now=NOW) == []
    queries.place(extra.path).write_bytes(b"%PDF-1.7 twelve pagez")
    assert services.scrub(now=NOW + timedelta(days=8)) == [extra.path]
    services.set_extras(release_id=release.pk, extras=[booklet()], now=LATER)
    assert queries.place(extra.path).read_bytes() == b"%PDF-1.7 twelve pages"
    assert Extra.objects.get().fault == ""
