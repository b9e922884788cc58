"""What every page knows."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, object]:
    """Return the store's name, the running version, and where its source is (the footer links to it)."""
    return {
        "store_name": getattr(settings, "STORE_NAME", "Bandstand"),
        "version": getattr(settings, "VERSION", ""),
        "source_url": getattr(settings, "SOURCE_URL", ""),
        "files_url": getattr(settings, "FILES_URL", ""),
    }
