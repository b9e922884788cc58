from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from bandstand.store.pairing import services
from bandstand.store.pairing.models import AppToken
from bandstand.webkit.staff import LookAdmin, act_on_each


@admin.register(AppToken)
class AppTokenAdmin(LookAdmin):
    list_display = ["name", "kind", "holder", "made_at", "last_used_at", "revoked_at"]
    list_select_related = ["holder"]
    list_filter = ["kind"]
    search_fields = ["name", "holder__email"]
    exclude = ["digest", "stamp"]
    actions = ["sign_out"]

    @admin.action(description="Sign these programs out", permissions=["view"])
    def sign_out(self, request: HttpRequest, chosen: QuerySet[AppToken]) -> None:
        """End the tokens, for example of somebody who lost a device."""
        act_on_each(
            request,
            chosen,
            lambda row: services.revoke(token_id=row.pk, now=timezone.now()),
            done="A program was signed out.",  # its name is its owner's words: no event keeps them
            permission="pairing.change_apptoken",
        )
