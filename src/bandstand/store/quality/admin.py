from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from bandstand.kernel.errors import BandstandError
from bandstand.store.assets import queries as assets
from bandstand.store.catalogue import queries as catalogue
from bandstand.store.quality import pages, queries, services
from bandstand.store.quality.forms import AcceptForm
from bandstand.store.quality.models import Examination, Finding
from bandstand.webkit.staff import LookAdmin, note

NUMBER = "(?P<number>[0-9]{1,18})"
A_YEAR = 365 * 24 * 3600


@admin.register(Examination)
class ExaminationAdmin(LookAdmin):
    list_display = ["master", "version", "problem", "examined_at"]
    list_filter = ["version"]
    search_fields = ["master__sha256", "problem"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            re_path(r"^releases/$", view(require_GET(self.releases)), name="quality_releases"),
            re_path(rf"^release/{NUMBER}/$", view(require_GET(self.release)), name="quality_release"),
            re_path(rf"^picture/{NUMBER}/$", view(require_GET(self.picture)), name="quality_picture"),
            *super().get_urls(),
        ]

    def releases(self, request: HttpRequest) -> HttpResponse:
        """List the releases whose sound somebody should look at."""
        self._check(request)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Sound to look at"),
            "rows": queries.releases_with_open_findings(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "quality/releases.html", context)

    def release(self, request: HttpRequest, number: str) -> HttpResponse:
        """Show the findings, figures and pictures of every track of a release."""
        self._check(request)
        release = catalogue.releases([int(number)]).get(int(number))
        if release is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": _("Sound of %(release)s") % {"release": release},
            "release": release,
            "tracks": pages.release_page(release.pk),
            "may_accept": request.user.has_perm("quality.change_finding"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "quality/release.html", context)

    def picture(self, request: HttpRequest, number: str) -> HttpResponse | FileResponse:
        """Give the spectrogram of a master."""
        self._check(request)
        examination = get_object_or_404(Examination, master_id=number)
        path = assets.place(examination.picture)
        if not examination.picture or not path.is_file():
            raise Http404
        return FileResponse(
            path.open("rb"), content_type="image/png", headers={"Cache-Control": "private, max-age=300"}
        )

    def _check(self, request: HttpRequest) -> None:
        if not request.user.has_perm("quality.view_examination"):
            raise PermissionDenied


@admin.register(Finding)
class FindingAdmin(LookAdmin):
    list_display = ["sentence", "severity", "rule", "master", "found_at", "accepted_at", "reason"]
    list_filter = ["severity", "rule", ("accepted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["master"]
    search_fields = ["sentence", "reason", "master__sha256"]

    def get_urls(self) -> list[URLPattern]:
        accept = re_path(
            rf"^{NUMBER}/accept/$",
            self.admin_site.admin_view(require_POST(self.accept)),
            name="quality_accept",
        )
        return [accept, *super().get_urls()]

    def accept(self, request: HttpRequest, number: str) -> HttpResponse:
        """Take a finding as it is, with the reason that was given, and lead back to its release."""
        if not request.user.has_perm("quality.change_finding"):
            raise PermissionDenied
        finding = get_object_or_404(Finding, pk=number)
        form = AcceptForm(request.POST)
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        try:
            done = services.accept(finding_id=finding.pk, reason=reason, by=str(request.user.pk), now=timezone.now())
        except BandstandError as error:
            messages.error(request, str(error))
        else:
            sentence = f"“{done.sentence}” is accepted: {done.reason}"
            note(request, done, sentence[:500])
            messages.success(request, sentence)
        return HttpResponseRedirect(self._back(finding))

    @staticmethod
    def _back(finding: Finding) -> str:
        parts = assets.live_parts_of([finding.master_id]).get(finding.master_id)
        if not parts:
            return reverse("admin:quality_finding_changelist")
        return reverse("admin:quality_release", args=[parts[0].release_id])
