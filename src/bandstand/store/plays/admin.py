from __future__ import annotations

from django.contrib import admin

from bandstand.store.plays.models import Download
from bandstand.webkit.staff import LookAdmin


@admin.register(Download)
class DownloadAdmin(LookAdmin):
    list_display = ["file_name", "size", "grant", "at"]
    search_fields = ["file_name", "grant__holder__email"]
