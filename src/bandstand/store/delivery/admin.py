from __future__ import annotations

from django.contrib import admin

from bandstand.store.delivery.models import Bundle, Deliverable
from bandstand.webkit.staff import LookAdmin


@admin.register(Deliverable)
class DeliverableAdmin(LookAdmin):
    list_display = ["name", "rendition", "size", "sha256", "made_at"]
    list_select_related = ["rendition"]
    search_fields = ["name", "sha256"]


@admin.register(Bundle)
class BundleAdmin(LookAdmin):
    list_display = ["name", "recipe", "size", "made_at"]
    search_fields = ["name"]
