from __future__ import annotations

from django.contrib import admin

from bandstand.kernel.units import clock_time, size
from bandstand.store.assets.models import Extra, Master, Rendition
from bandstand.webkit.staff import LookAdmin


@admin.register(Master)
class MasterAdmin(LookAdmin):
    list_display = ["sha256", "codec", "rate", "bits", "channels", "length", "file_size", "stored_at"]
    list_filter = ["codec", "lossless"]
    search_fields = ["sha256", "sources__file_name"]
    exclude = ["peaks"]

    @admin.display(description="length", ordering="duration_ms")
    def length(self, master: Master) -> str:
        return clock_time(master.duration_ms)

    @admin.display(description="size", ordering="size")
    def file_size(self, master: Master) -> str:
        return size(master.size)


@admin.register(Rendition)
class RenditionAdmin(LookAdmin):
    list_display = ["recipe", "recipe_version", "encoder", "sha256", "size", "made_at"]
    list_filter = ["recipe", "encoder"]
    search_fields = ["sha256", "master__sha256"]


@admin.register(Extra)
class ExtraAdmin(LookAdmin):
    list_display = ["name", "kind", "release", "pages", "file_size", "since", "replaced_at"]
    list_filter = ["kind"]
    list_select_related = ["release"]
    search_fields = ["name", "sha256", "release__title"]

    @admin.display(description="size", ordering="size")
    def file_size(self, extra: Extra) -> str:
        return size(extra.size)
