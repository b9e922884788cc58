from __future__ import annotations

from django.contrib import admin

from bandstand.store.accounts.models import User
from bandstand.webkit.staff import LookAdmin


@admin.register(User)
class UserAdmin(LookAdmin):
    list_display = ["email", "name", "is_staff", "is_active", "joined_at", "claimed_at"]
    list_filter = ["is_staff", "is_active", ("claimed_at", admin.EmptyFieldListFilter)]
    search_fields = ["email", "name"]
    exclude = ["password"]
