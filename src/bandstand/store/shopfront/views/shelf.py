"""What a listener has."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bandstand.store.grants import access as grant_access
from bandstand.store.grants import queries as grants
from bandstand.store.grants.models import Grant
from bandstand.store.shopfront import preferring, shelfpage
from bandstand.store.shopfront.visits import visit_of
from bandstand.webkit.answer import answer

PER_PAGE = 48


@never_cache
@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """Show everything a listener has; without an account, what was bought in this browser."""
    visit = visit_of(request)
    held = grants.given_by(visit.bought_here) if visit.holder_id is None else grants.shelf(visit.holder_id)
    page = Paginator(held, PER_PAGE).get_page(request.GET.get("page"))
    items = shelfpage.items(list(page.object_list), visit, preferred=preferring.preferred(request))
    context = {"items": items, "page": page, "formats": preferring.choices(request)}
    return answer(request, "shopfront/shelf.html", context)


@never_cache
@require_safe
def item(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Show one thing on the shelf with all its files, their sizes and hashes."""
    visit = visit_of(request)
    try:
        grant = grant_access.own_grant(request.user, grant_id, bought_here=visit.bought_here)
    except Grant.DoesNotExist:
        raise Http404 from None
    view = shelfpage.view(grant, visit, preferred=preferring.preferred(request))
    return answer(request, "shopfront/shelf_item.html", {"view": view, "grant": grant})


@never_cache
@require_POST
def fetch(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Lead to a thing in the format that was chosen; that one is offered first, and made ready, from now on."""
    visit = visit_of(request)
    try:
        grant = grant_access.own_grant(request.user, grant_id, bought_here=visit.bought_here)
    except Grant.DoesNotExist:
        raise Http404 from None
    slug = request.POST.get("format", "")
    url = shelfpage.way_to(grant, slug)
    if url is None:
        raise Http404
    return preferring.remember(request, redirect(url), slug)


@require_POST
def prefer(request: HttpRequest) -> HttpResponse:
    """Remember in which format a listener takes what they buy."""
    slug = request.POST.get("format", "")
    if slug not in preferring.slugs():
        raise Http404
    messages.success(request, _("What you buy from now on is made ready in this format."))
    return preferring.remember(request, redirect("shopfront:shelf"), slug)
