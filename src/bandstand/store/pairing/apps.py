from __future__ import annotations

from django.apps import AppConfig


class PairingConfig(AppConfig):
    name = "bandstand.store.pairing"
    label = "pairing"
