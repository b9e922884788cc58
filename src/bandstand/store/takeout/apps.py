from __future__ import annotations

from django.apps import AppConfig


class TakeoutConfig(AppConfig):
    name = "bandstand.store.takeout"
    label = "takeout"
