"""What the staff's pages of every app share: rows are looked at, and changed only by named actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bandstand.kernel.errors import BandstandError
from bandstand.kernel.money import Money


class LookAdmin(admin.ModelAdmin[Any]):
    """A list and a page to look at; nothing is added, edited or deleted by hand."""

    list_per_page = 50
    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let pages link to the rows that belong to a release."""
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
    request: HttpRequest, chosen: QuerySet[Any], act: Callable[[Any], object], *, done: str, permission: str
) -> None:
    """Do one thing to each chosen row, tell staff what happened, and leave an event for each that changed.

    `done` is a sentence with a place for the row: "%s was refunded.". `permission` is "app.codename"; without it
    nothing is done.
    """
    if not request.user.has_perm(permission):
        messages.error(request, "Your role does not allow this.")
        return
    for row in chosen:
        try:
            act(row)
        except BandstandError as error:
            messages.error(request, f"{row}: {error}")
            continue
        sentence = done % row
        messages.success(request, sentence)
        note(request, row, sentence)


def note(request: HttpRequest, row: Model, sentence: str) -> None:
    """Leave an event: who on the staff did what to a row."""
    LogEntry.objects.log_actions(str(request.user.pk), [row], CHANGE, sentence, single_object=True)


def money(amount: int, currency: str) -> str:
    """Write minor units for staff."""
    return str(Money(amount, currency))


def facts(pairs: list[tuple[str, object]]) -> SafeString:
    """Lay out names and values as a small table."""
    rows = format_html_join("", "<tr><th scope='row'>{}</th><td>{}</td></tr>", ((name, value) for name, value in pairs))
    return format_html("<table>{}</table>", rows)
