from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bandstand.webkit import audit
from bandstand.webkit.models import AuditEvent
from bandstand.webkit.staff import LookAdmin, note

_USER = re.compile(r"user:(\d{1,18})")


class ActorFilter(admin.SimpleListFilter):
    """Events of one of the staff, or of the command line. Listeners are found by the search: they are many."""

    title = "who"
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # Any: Django's own
        staff = get_user_model().objects.filter(is_staff=True).order_by("pk")
        return [("command", "command"), *((audit.user(person.pk), str(person)) for person in staff)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(actor=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(LookAdmin):
    list_display = ["at", "who", "action", "sentence", "row_kind", "row_key"]
    list_filter = ["action", "at", ActorFilter]
    search_fields = ["actor", "action", "row_kind", "row_key", "sentence"]
    date_hierarchy = "at"
    actions = ["export"]

    def get_changelist_instance(self, request: HttpRequest) -> Any:  # Any: Django's list of rows
        """Read the names of all who are on the page at once."""
        page = super().get_changelist_instance(request)
        keys = {event.pk: found[1] for event in page.result_list if (found := _USER.fullmatch(event.actor))}
        people = get_user_model().objects.in_bulk({int(key) for key in keys.values()})
        for event in page.result_list:
            event.person = people.get(int(keys.get(event.pk, 0)))
        return page

    @admin.display(description="who", ordering="actor")
    def who(self, event: AuditEvent) -> SafeString | str:
        person = getattr(event, "person", None)
        return format_html("{} ({})", person, event.actor) if person else event.actor

    @admin.action(description="Export as CSV", permissions=["view"])
    def export(self, request: HttpRequest, chosen: QuerySet[AuditEvent]) -> StreamingHttpResponse:
        events = list(chosen)
        note(request, None, f"{len(events)} audit events were exported.")
        answer = StreamingHttpResponse(audit.as_csv(events), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="audit-{timezone.now():%Y-%m-%d}.csv"'
        return answer
