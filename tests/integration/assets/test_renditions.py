from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from tests.factories import NOW, make_master, make_part, make_rendition

from bandstand.kernel.registry import UnknownPluginError
from bandstand.media.digest import digest
from bandstand.media.probe import probe
from bandstand.store.assets import queries, services
from bandstand.store.assets.models import Master, Rendition


@pytest.mark.django_db
def test_a_rendition_is_made_once_and_is_what_its_row_says(stored):
    told = []
    rendition = services.ensure_rendition(master_id=stored.pk, recipe="flac", now=NOW, progress=told.append)
    assert sum(told) == 100
    found = digest(queries.place(rendition.path))
    assert (found.size, found.sha256, found.crc32) == (rendition.size, rendition.sha256, rendition.crc32)
    assert probe(queries.place(rendition.path)).frames == stored.frames
    assert services.ensure_rendition(master_id=stored.pk, recipe="flac", now=NOW, start_ms=700).pk == rendition.pk


@pytest.mark.django_db
def test_each_start_of_a_preview_is_a_rendition_of_its_own(stored):
    made = {
        services.ensure_rendition(master_id=stored.pk, recipe="preview", start_ms=at, now=NOW).pk for at in (0, 500)
    }
    assert len(made) == 2


@pytest.mark.django_db
def test_a_master_measured_before_previews_were_gives_the_same_preview(stored):
    made = services.ensure_rendition(master_id=stored.pk, recipe="preview", now=NOW)
    Rendition.objects.all().delete()
    assert queries.preview_level(stored, 0) is not None
    earlier = {name: value for name, value in stored.measured.items() if not name.startswith("preview_l")}
    Master.objects.filter(pk=stored.pk).update(measured=earlier)
    again = services.ensure_rendition(master_id=stored.pk, recipe="preview", now=NOW)
    assert again.sha256 == made.sha256


@pytest.mark.django_db
def test_a_preview_from_elsewhere_has_a_level_of_its_own(stored):
    assert queries.preview_level(stored, 500) is None


@pytest.mark.django_db
def test_a_lost_file_is_made_again(stored):
    rendition = services.ensure_rendition(master_id=stored.pk, recipe="flac", now=NOW)
    queries.place(rendition.path).unlink()
    again = services.ensure_rendition(master_id=stored.pk, recipe="flac", now=NOW)
    assert again.pk == rendition.pk
    assert digest(queries.place(again.path)).sha256 == again.sha256


@pytest.mark.django_db
def test_an_unknown_recipe_is_refused(stored):
    with pytest.raises(UnknownPluginError):
        services.ensure_rendition(master_id=stored.pk, recipe="gramophone", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_several_makers_at_once_end_with_one_row_and_one_file(stored, files):
    def make(_number: int) -> int:
        try:
            return services.ensure_rendition(master_id=stored.pk, recipe="flac", now=NOW).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(make, range(3)))) == 1
    assert Rendition.objects.count() == 1
    assert len(list((files / "renditions").glob("*/*"))) == 1
    assert list((files / "staging").iterdir()) == []


@pytest.mark.django_db
def test_previews_belong_to_the_live_source_and_the_start_of_the_part(django_assert_num_queries):
    part, other = make_part(preview_start_ms=5000), make_part()
    master = make_master(part=part)
    make_master(part=other)
    right = make_rendition(master=master, start_ms=5000)
    make_rendition(master=master, start_ms=0)
    masters, bare = queries.source_of([part.pk, other.pk]), make_part()
    with django_assert_num_queries(1):
        assert queries.previews([part, other, bare], masters) == {part.pk: right}


@pytest.mark.django_db
def test_while_a_new_start_is_being_made_the_last_preview_stands_in():
    part = make_part(preview_start_ms=9000)
    master = make_master(part=part)
    make_rendition(master=master, start_ms=0)
    last = make_rendition(master=master, start_ms=5000)
    assert queries.previews([part], {part.pk: master}) == {part.pk: last}
