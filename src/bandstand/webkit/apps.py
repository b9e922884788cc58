from __future__ import annotations

from django.apps import AppConfig


class WebkitConfig(AppConfig):
    name = "bandstand.webkit"
    label = "webkit"
