"""Erasing an account on request: one action more on the list of people."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from bandstand.store.accounts import services as accounts
from bandstand.store.accounts.admin import UserAdmin
from bandstand.store.accounts.models import User
from bandstand.store.privacy import services
from bandstand.webkit import audit
from bandstand.webkit.staff import act_on_each

admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(UserAdmin):
    actions = [*UserAdmin.actions, "erase"]

    @admin.action(description="Erase for good (asked for in writing)", permissions=["view"])
    def erase(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        by, now = request.user, timezone.now()
        if not isinstance(by, User):
            raise TypeError("Accounts are users of this store.")
        act_on_each(
            request,
            chosen,
            lambda user: _erase(user, by, now),
            done="Erased.",
            permission="accounts.delete_user",
            noted=True,
        )


def _erase(user: User, by: User, now: datetime) -> None:
    accounts.check_may_change(user, by)
    services.erase(user_id=user.pk, actor=audit.user(by.pk), now=now)
