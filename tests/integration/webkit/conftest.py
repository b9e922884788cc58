from __future__ import annotations

import copy
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client


@pytest.fixture(autouse=True)
def _own_pages(settings):
    """Serve the pages of this folder, with its own small templates before everybody else's."""
    templates = copy.deepcopy(django_settings.TEMPLATES)
    templates[0]["DIRS"] = [str(Path(__file__).parent / "templates")]
    settings.TEMPLATES = templates
    settings.ROOT_URLCONF = "tests.integration.webkit.pages"


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)
