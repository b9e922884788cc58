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


@admin.register(AuditEvent)
class AuditEventAdmin(LookAdmin):
    list_display = ["at", "who", "action", "sentence", "row_kind", "row_key"]
    list_filter = ["action", "at", "actor"]
    search_fields = ["actor", "action", "row_kind", "row_key", "sentence"]
    date_hierarchy = "at"
    actions = ["export"]

    @admin.display(description="who", ordering="actor")
    def who(self, event: AuditEvent) -> SafeString | str:
        found = _USER.fullmatch(event.actor)
        if not found:
            return event.actor
        person: Any = get_user_model().objects.filter(pk=int(found[1])).first()  # Any: the role's own model
        return format_html("{} ({})", person, event.actor) if person else event.actor

    @admin.action(description="Export as CSV", permissions=["view"])
    def export(self, request: HttpRequest, chosen: QuerySet[AuditEvent]) -> StreamingHttpResponse:
        events = list(chosen)
        note(request, None, f"{len(events)} audit events were exported.")
        answer = StreamingHttpResponse(audit.as_csv(events), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="audit-{timezone.now():%Y-%m-%d}.csv"'
        return answer
