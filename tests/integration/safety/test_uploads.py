"""No form of a store takes files; somebody sends them all the same."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.factories import make_storefront

pytestmark = pytest.mark.django_db


def test_a_file_that_nobody_asked_for_is_read_past_and_kept_nowhere(settings, tmp_path):
    make_storefront()
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    sent = SimpleUploadedFile("song.mp3", b"\0" * (settings.FILE_UPLOAD_MAX_MEMORY_SIZE + 1))
    page = Client().post("/account/sign-up/", {"email": "dora@example.org", "song": sent})
    assert page.status_code == 302
    assert not page.wsgi_request.FILES
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fields", [{"email": "x" * 1_100_000}, {f"field{n}": "" for n in range(2_100)}])
def test_a_form_that_is_far_too_long_is_refused(fields):
    make_storefront()
    client = Client(raise_request_exception=False)
    assert client.post("/account/sign-up/", fields).status_code == 400
