from __future__ import annotations

from django.contrib import admin

from bandstand.store.takeout.models import Takeout
from bandstand.webkit.staff import LookAdmin


@admin.register(Takeout)
class TakeoutAdmin(LookAdmin):
    list_display = ["name", "holder", "titles", "size", "made_at", "asked_at"]
    list_select_related = ["holder"]
    exclude = ["grants"]
    search_fields = ["holder__email"]
