from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bandstand.webkit.jobs.models import Worker

pytestmark = pytest.mark.django_db


def test_a_living_process_says_so_without_a_query(visitor, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert visitor.get("/healthz").json() == {"status": "ok"}


def test_a_node_that_can_work_is_ready(visitor):
    Worker.objects.create(name="w", started_at=timezone.now(), seen_at=timezone.now())
    response = visitor.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "failures": {}, "warnings": {}}
    assert response["Cache-Control"] == "no-store"


def test_a_missing_worker_is_a_warning_and_no_failure(visitor):
    long_ago = timezone.now() - timedelta(minutes=2)
    Worker.objects.create(name="w", started_at=long_ago, seen_at=long_ago)
    response = visitor.get("/readyz")
    assert response.status_code == 200
    assert "worker" in response.json()["warnings"]


def test_a_database_that_is_not_up_to_date_is_not_ready(visitor, settings):
    settings.MIGRATION_MODULES = {}  # tests make their tables without migrations: now Django's own are missing
    response = visitor.get("/readyz")
    assert response.status_code == 503
    assert "not applied" in response.json()["failures"]["migrations"]


def test_files_that_are_not_there_are_not_ready_and_the_path_is_not_told(visitor, settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "gone"
    response = visitor.get("/readyz")
    assert response.status_code == 503
    assert response.json()["failures"]["files"] == "folder is missing"
    assert "gone" not in response.content.decode()


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_health_is_only_looked_at(visitor, address):
    assert visitor.post(address).status_code == 405
