from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from bandstand.store.accounts import services
from bandstand.store.accounts.models import SignIn, User
from bandstand.webkit import audit
from bandstand.webkit.staff import LookAdmin, LookInline, act_on_each

CHANGE = "accounts.change_user"


class SignInInline(LookInline):
    model = SignIn
    fields = ["begun_at", "seen_at", "address", "agent"]


@admin.register(User)
class UserAdmin(LookAdmin):
    list_display = ["email", "name", "role", "is_active", "joined_at", "claimed_at"]
    list_filter = ["is_staff", "groups", "is_active", ("claimed_at", admin.EmptyFieldListFilter)]
    search_fields = ["email", "name"]
    exclude = ["password", "user_permissions"]
    inlines = [SignInInline]
    actions = [
        "mail_way_in",
        "sign_out",
        "reset_factors",
        "switch_off",
        "switch_on",
        "make_support",
        "make_manager",
        "take_role",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people: QuerySet[User] = super().get_queryset(request)
        return people.prefetch_related("groups")

    @admin.display(description="role")
    def role(self, user: User) -> str:
        if not user.is_staff:
            return ""
        return "owner" if user.is_superuser else ", ".join(group.name for group in user.groups.all()) or "no rights"

    @admin.action(description="Mail the way in: to a new password, or to a guest's shelf", permissions=["view"])
    def mail_way_in(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        act_on_each(
            request,
            chosen,
            lambda user: services.ask_for_mail(email=user.email, wish=services.Wish.OPEN, language=user.language),
            done="The way in was mailed.",
            permission="accounts.mail_user",
        )

    @admin.action(description="Sign out everywhere", permissions=["view"])
    def sign_out(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        by = request.user

        def sign_out(user: User) -> None:
            if isinstance(by, User) and user.pk != by.pk:  # one's own sessions may be ended here too
                services.check_may_change(user, by)
            services.end_sessions(user_id=user.pk)

        act_on_each(request, chosen, sign_out, done="Signed out everywhere.", permission=CHANGE)

    @admin.action(description="Remove the second factors (be sure who asks)", permissions=["view"])
    def reset_factors(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        def reset(user: User, actor: str, by: User, now: datetime) -> None:
            services.check_may_change(user, by)
            services.reset_factors(email=user.email, actor=actor, now=now)

        _act(request, chosen, reset, "The second factors were removed.")

    @admin.action(description="Switch off", permissions=["view"])
    def switch_off(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        _act(
            request,
            chosen,
            lambda user, actor, by, now: services.switch_off(user_id=user.pk, actor=actor, by=by, now=now),
            "Switched off.",
        )

    @admin.action(description="Switch on", permissions=["view"])
    def switch_on(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        _act(
            request,
            chosen,
            lambda user, actor, by, now: services.switch_on(user_id=user.pk, actor=actor, by=by, now=now),
            "Switched on.",
        )

    @admin.action(description="Give the role: support", permissions=["view"])
    def make_support(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        _give(request, chosen, services.Role.SUPPORT)

    @admin.action(description="Give the role: manager", permissions=["view"])
    def make_manager(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        _give(request, chosen, services.Role.MANAGER)

    @admin.action(description="Take the role away", permissions=["view"])
    def take_role(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        _give(request, chosen, services.Role.NONE)


def _give(request: HttpRequest, chosen: QuerySet[User], role: services.Role) -> None:
    _act(
        request,
        chosen,
        lambda user, actor, by, now: services.set_role(user_id=user.pk, role=role, actor=actor, by=by, now=now),
        f"The role is now: {role}.",
    )


def _act(
    request: HttpRequest, chosen: QuerySet[User], act: Callable[[User, str, User, datetime], object], done: str
) -> None:
    """Do something to accounts whose service leaves the event, in the name of who is signed in."""
    by, now = request.user, timezone.now()
    if not isinstance(by, User):
        raise TypeError("Accounts are users of this store.")
    actor = audit.user(by.pk)
    act_on_each(request, chosen, lambda user: act(user, actor, by, now), done=done, permission=CHANGE, noted=True)
