from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bandstand.store.taxes import rules, services
from bandstand.store.taxes.forms import RateForm
from bandstand.store.taxes.models import TaxRate
from bandstand.webkit.staff import LookAdmin, note


@admin.register(TaxRate)
class TaxRateAdmin(LookAdmin):
    list_display = ["country", "since", "percent", "name", "source", "set_by"]
    list_filter = [("by", admin.EmptyFieldListFilter), "country"]
    search_fields = ["country", "source"]

    @admin.display(description="rate", ordering="rate")
    def percent(self, row: TaxRate) -> str:
        return rules.percent(row.rate)

    @admin.display(description="set by", ordering="by")
    def set_by(self, row: TaxRate) -> str:
        return row.by or "the shipped table"

    def get_urls(self) -> list[URLPattern]:
        ours = path("set/", self.admin_site.admin_view(self.set_rate), name="taxes_taxrate_set")
        return [ours, *super().get_urls()]

    def set_rate(self, request: HttpRequest) -> HttpResponse:
        """Ask for a country's rate from a day on, and put it over what the table says."""
        if not request.user.has_perm("taxes.add_taxrate"):
            raise PermissionDenied
        form, back = RateForm(request.POST or None), reverse("admin:taxes_taxrate_changelist")
        if request.method == "POST" and form.is_valid():
            row = services.set_rate(**form.cleaned_data, by=str(request.user.pk), now=timezone.now())
            sentence = f"{row} was set: {row.source}"
            note(request, row, sentence)
            messages.success(request, sentence)
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Set a rate"),
            "intro": _("Orders that exist keep the rate they were placed with. What you set here stays."),
            "form": form,
            "back_url": back,
            "back_label": self.opts.verbose_name_plural,
            "opts": self.opts,
        }
        return TemplateResponse(request, "webkit/staff/form.html", context, status=422 if form.is_bound else 200)
