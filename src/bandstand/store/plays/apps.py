from __future__ import annotations

from django.apps import AppConfig


class PlaysConfig(AppConfig):
    name = "bandstand.store.plays"
    label = "plays"
