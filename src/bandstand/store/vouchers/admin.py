from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bandstand.kernel.errors import BandstandError
from bandstand.store.vouchers import queries, rules, services, sheets
from bandstand.store.vouchers.forms import CampaignForm, MoreCodesForm
from bandstand.store.vouchers.models import Campaign, Code, Redemption
from bandstand.webkit.staff import LookAdmin, act_on_each, note

MAKE = "vouchers.add_campaign"


@admin.register(Campaign)
class CampaignAdmin(LookAdmin):
    list_display = ["name", "kind", "worth", "made", "taken", "starts_at", "ends_at", "ended_at"]
    list_filter = ["kind", ("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "codes__word"]
    fields = [
        "name", "kind", "worth", "titles", "made", "taken", "on_paper", "per_holder", "starts_at", "ends_at",
        "made_by", "made_at", "ended_at",
    ]  # fmt: skip
    readonly_fields = ["worth", "titles", "made", "taken", "on_paper"]
    actions = ["stop"]

    @admin.display(description="worth")
    def worth(self, campaign: Campaign) -> str:
        if campaign.percent is not None:
            return f"{campaign.percent} %"
        return str(campaign.money) if campaign.money is not None else "titles"

    @admin.display(description="titles")
    def titles(self, campaign: Campaign) -> str | SafeString:
        return format_html_join("", "{}<br>", ((str(row),) for row in campaign.releases.all()[:50])) or "every title"

    @admin.display(description="codes")
    def made(self, campaign: Campaign) -> str:
        return str(_tally(campaign).codes)

    @admin.display(description="used")
    def taken(self, campaign: Campaign) -> str:
        tally = _tally(campaign)
        return f"{tally.used} of {tally.uses}"

    @admin.display(description="codes on paper")
    def on_paper(self, campaign: Campaign) -> SafeString:
        """Links to what staff prints, saves and adds."""
        sheet, more, table = (
            reverse(f"admin:vouchers_campaign_{name}", args=[campaign.pk]) for name in ("sheet", "more", "table")
        )
        links = [(f"{sheet}?batch={batch}", f"Sheet of batch {batch}") for batch in queries.batches(campaign.pk)]
        links += [(more, "Make more codes"), (table, "All codes as a table (CSV)")]
        listed = reverse("admin:vouchers_code_changelist")
        links.append((f"{listed}?campaign__id__exact={campaign.pk}", "List of codes"))
        return format_html_join("", '<a href="{}">{}</a><br>', links)

    @admin.action(description="Stop: none of its codes works from now on", permissions=["view"])
    def stop(self, request: HttpRequest, chosen: object) -> None:
        now = timezone.now()
        act_on_each(
            request,
            chosen,  # type: ignore[arg-type]  # the rows that Django passes
            lambda campaign: services.stop(campaign_id=campaign.pk, now=now),
            done="%s is stopped.",
            permission="vouchers.change_campaign",
        )

    def get_urls(self) -> list[URLPattern]:
        views: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            (r"^new/$", "new", self.new),
            (r"^(?P<campaign_id>[0-9]{1,18})/more/$", "more", self.more),
            (r"^(?P<campaign_id>[0-9]{1,18})/sheet/$", "sheet", self.sheet),
            (r"^(?P<campaign_id>[0-9]{1,18})/table/$", "table", self.table),
        ]
        ours = [
            re_path(path, self.admin_site.admin_view(view), name=f"vouchers_campaign_{name}")
            for path, name, view in views
        ]
        return [*ours, *super().get_urls()]

    def new(self, request: HttpRequest) -> HttpResponse:
        """Ask for a campaign and its first codes."""
        _must_make(request)
        now = timezone.now()
        form = CampaignForm(request.POST or None, now=now, initial={"titles": request.GET.get("titles", "")[:2000]})
        if request.method == "POST" and form.is_valid():
            try:
                campaign = _make(form, by=str(request.user.pk), now=now)
            except BandstandError as error:
                form.add_error(None, str(error))
            else:
                note(request, campaign, f"{campaign.name} was made, with {_tally(campaign).codes} codes.")
                return HttpResponseRedirect(reverse("admin:vouchers_campaign_change", args=[campaign.pk]))
        return self._page(request, "vouchers/new.html", title=_("Make a campaign"), form=form)

    def more(self, request: HttpRequest, campaign_id: str) -> HttpResponse:
        """Draw so many codes more."""
        _must_make(request)
        campaign = get_object_or_404(Campaign, pk=campaign_id)
        form = MoreCodesForm(request.POST or None, initial={"batch": queries.next_batch(campaign.pk)})
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            services.make_codes(campaign_id=campaign.pk, count=said["count"], batch=said["batch"])
            sentence = f"{said['count']} codes were drawn for {campaign.name}: batch {said['batch']}."
            note(request, campaign, sentence)
            messages.success(request, sentence)
            return HttpResponseRedirect(reverse("admin:vouchers_campaign_change", args=[campaign.pk]))
        return self._page(request, "vouchers/new.html", title=_("Make more codes"), form=form)

    def sheet(self, request: HttpRequest, campaign_id: str) -> HttpResponse:
        """Show unused codes as cards to print and cut. It needs no server once it is on paper."""
        _must_make(request)
        campaign = get_object_or_404(Campaign, pk=campaign_id)
        batch = request.GET.get("batch", "")
        codes = queries.printable(campaign.pk, batch=int(batch) if batch.isdecimal() and len(batch) < 9 else None)
        page = Paginator(codes, sheets.PER_PAGE).get_page(request.GET.get("page"))
        note(request, campaign, f"Unused codes of {campaign.name} were shown as a sheet, page {page.number}.")
        cards = sheets.cards(page.object_list)
        context = {"campaign": campaign, "face": sheets.face(campaign), "papers": list(sheets.papers(cards))}
        response = TemplateResponse(request, "vouchers/sheet.html", {**context, "page": page, "batch": batch})
        response["Cache-Control"] = "no-store"
        return response

    def table(self, request: HttpRequest, campaign_id: str) -> HttpResponse:
        """Give a campaign's codes as CSV."""
        _must_make(request)
        campaign = get_object_or_404(Campaign, pk=campaign_id)
        note(request, campaign, f"The codes of {campaign.name} were saved as a table.")
        name = f"codes-{campaign.pk}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return HttpResponse(sheets.table(campaign), content_type="text/csv; charset=utf-8", headers=headers)

    def _page(self, request: HttpRequest, template: str, **context: object) -> TemplateResponse:
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )


@admin.register(Code)
class CodeAdmin(LookAdmin):
    list_display = ["shown", "campaign", "batch", "uses", "used", "stopped_at"]
    list_filter = [("stopped_at", admin.EmptyFieldListFilter), "campaign__kind"]
    list_select_related = ["campaign"]
    search_fields = ["text", "word", "campaign__name"]
    actions = ["stop"]

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """An unused code is worth what it gives: only who may make codes reads them."""
        return request.user.has_perm(MAKE)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "campaign__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_search_results(self, request: HttpRequest, queryset: object, search_term: str) -> tuple[object, bool]:  # type: ignore[override]  # of any queryset
        """Find a code however it is typed."""
        return super().get_search_results(request, queryset, rules.fold(search_term) or search_term)  # type: ignore[arg-type]

    @admin.display(description="code", ordering="text")
    def shown(self, code: Code) -> str:
        return code.shown

    @admin.action(description="Stop: this code works no more", permissions=["view"])
    def stop(self, request: HttpRequest, chosen: object) -> None:
        now = timezone.now()
        act_on_each(
            request,
            chosen,  # type: ignore[arg-type]  # the rows that Django passes
            lambda code: services.stop_code(code_id=code.pk, now=now),
            done="A code was stopped.",
            permission="vouchers.change_code",
        )


@admin.register(Redemption)
class RedemptionAdmin(LookAdmin):
    list_display = ["order_number", "campaign", "holder", "at", "released_at"]
    list_select_related = ["campaign", "holder"]
    list_filter = [("released_at", admin.EmptyFieldListFilter)]
    search_fields = ["order_number", "holder__email", "campaign__name"]
    fields = ["campaign", "holder", "order_number", "at", "released_at"]


def _make(form: CampaignForm, *, by: str, now: datetime) -> Campaign:
    said = form.cleaned_data
    return services.make_with_codes(
        name=said["name"],
        kind=said["kind"],
        percent=said["percent"],
        amount=said["money"],
        release_ids=said["titles"],
        starts_at=said["starts_at"],
        ends_at=said["ends_at"],
        per_holder=said["per_holder"],
        word=said["word"],
        count=said["count"],
        by=by,
        now=now,
    )


def _must_make(request: HttpRequest) -> None:
    if not request.user.has_perm(MAKE):
        raise PermissionDenied


def _tally(campaign: Campaign) -> queries.Tally:
    return queries.tallies([campaign.pk]).get(campaign.pk, queries.Tally(0, 0, 0))
