from __future__ import annotations

from django.apps import AppConfig


class VouchersConfig(AppConfig):
    name = "bandstand.store.vouchers"
    label = "vouchers"
