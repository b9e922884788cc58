from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bandstand.store.ingest.models import Delivery
from bandstand.webkit.staff import LookAdmin


@admin.register(Delivery)
class DeliveryAdmin(LookAdmin):
    list_display = ["folder", "state", "release", "at"]
    list_filter = ["state"]
    list_select_related = ["release"]
    search_fields = ["folder", "release__title", "release__number"]
    fields = ["folder", "state", "release", "at", "digest", "checks"]
    readonly_fields = ["checks"]

    @admin.display(description="report")
    def checks(self, delivery: Delivery) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(delivery.report, indent=2, ensure_ascii=False))
