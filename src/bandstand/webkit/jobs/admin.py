from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from bandstand.webkit.jobs import services
from bandstand.webkit.jobs.models import Job, Worker
from bandstand.webkit.staff import LookAdmin, act_on_each


@admin.register(Job)
class JobAdmin(LookAdmin):
    list_display = ["name", "key", "state", "attempts", "progress", "run_at", "ended_at", "error_class"]
    list_filter = ["state", "name", "queue"]
    search_fields = ["name", "key", "error"]
    ordering = ["-created_at"]
    actions = ["retry", "cancel"]

    @admin.display(description="progress")
    def progress(self, job: Job) -> str:
        return f"{job.done_count} of {job.total_count}" if job.total_count else ""

    @admin.action(description="Try again", permissions=["view"])
    def retry(self, request: HttpRequest, chosen: QuerySet[Job]) -> None:
        act_on_each(
            request,
            chosen,
            lambda job: services.retry(job.pk),
            done="%s will be tried again.",
            permission="jobs.change_job",
        )

    @admin.action(description="Cancel", permissions=["view"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Job]) -> None:
        act_on_each(
            request, chosen, lambda job: services.cancel(job.pk), done="%s is cancelled.", permission="jobs.change_job"
        )


@admin.register(Worker)
class WorkerAdmin(LookAdmin):
    list_display = ["name", "started_at", "seen_at"]
