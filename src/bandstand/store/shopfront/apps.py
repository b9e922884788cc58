from __future__ import annotations

from django.apps import AppConfig


class ShopfrontConfig(AppConfig):
    name = "bandstand.store.shopfront"
    label = "shopfront"
