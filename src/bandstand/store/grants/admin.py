from __future__ import annotations

from django.contrib import admin

from bandstand.store.grants.models import Grant
from bandstand.webkit.staff import LookAdmin


@admin.register(Grant)
class GrantAdmin(LookAdmin):
    list_display = ["holder", "release", "part", "use", "source", "starts_at", "revoked_at"]
    list_filter = ["use", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["holder", "release", "part"]
    search_fields = ["holder__email", "source", "release__title", "part__title"]
