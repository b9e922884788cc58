"""What the staff's pages of every app share: rows are looked at, and changed only by named actions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bandstand.kernel.errors import BandstandError
from bandstand.kernel.money import Money
from bandstand.webkit import audit

_ACTION = re.compile(r"[a-z_]{1,40}")


class LookAdmin(admin.ModelAdmin[Any]):
    """A list and a page to look at; nothing is added, edited or deleted by hand."""

    list_per_page = 50
    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let pages link to the rows that belong to a release, and nobody ask for what their pages leave out.

        Django lets a list be narrowed by any field of its own: `?password__startswith=` would spell a hash letter by
        letter.
        """
        if lookup.partition("__")[0] in (self.exclude or ()):
            return False
        return lookup == "release__id__exact" or super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LookInline(admin.TabularInline[Any, Any]):
    """The rows that belong to the one on the page."""

    extra = 0
    can_delete = False
    template = "webkit/staff/rows.html"

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def act_on_each(
    request: HttpRequest,
    chosen: QuerySet[Any],
    act: Callable[[Any], object],
    *,
    done: str,
    permission: str,
    noted: bool = False,
) -> None:
    """Do one thing to each chosen row, tell staff what happened, and leave an event for each that changed.

    `done` is a sentence with a place for the row: "%s was refunded."; without one where the row is a person, whose
    name no event holds. `permission` is "app.codename"; without it nothing is done. `noted`: the service leaves the
    event itself.
    """
    if not request.user.has_perm(permission):
        messages.error(request, "Your role does not allow this.")
        note_refusal(request)
        return
    for row in chosen:
        try:
            act(row)
        except BandstandError as error:
            messages.error(request, f"{row}: {error}")
            continue
        sentence = done % row if "%s" in done else done
        messages.success(request, sentence if "%s" in done else f"{row}: {sentence}")
        if not noted:
            note(request, row, sentence)


def note(request: HttpRequest, row: Model | None, sentence: str) -> None:
    """Leave an event: who on the staff did what to a row."""
    _record(request, row, _action(request, row), sentence)


def note_refusal(request: HttpRequest) -> None:
    """Leave an event: somebody on the staff wanted what their rights do not allow."""
    _record(
        request, None, "staff.refused", f"Refused: {request.method} {request.path} {_named_action(request)}".strip()
    )


def _record(request: HttpRequest, row: Model | None, action: str, sentence: str) -> None:
    audit.record(
        actor=audit.user(request.user.pk), action=action, row=row, sentence=sentence, now=timezone.now(),
        request_id=getattr(request, "request_id", ""),
    )  # fmt: skip


def _action(request: HttpRequest, row: Model | None) -> str:
    """Name what is done as its address does: "orders.receive", "admin.orders_refund_line"."""
    match, named = request.resolver_match, _named_action(request)
    if named and row is not None:
        return f"{row._meta.app_label}.{named}"  # noqa: SLF001 - how Django names an app
    return f"admin.{(match.url_name if match else None) or 'page'}"


def _named_action(request: HttpRequest) -> str:
    named = request.POST.get("action", "")
    return named if _ACTION.fullmatch(named) else ""


def money(amount: int, currency: str) -> str:
    """Write minor units for staff."""
    return str(Money(amount, currency))


def facts(pairs: list[tuple[str, object]]) -> SafeString:
    """Lay out names and values as a small table."""
    rows = format_html_join("", "<tr><th scope='row'>{}</th><td>{}</td></tr>", ((name, value) for name, value in pairs))
    return format_html("<table>{}</table>", rows)
