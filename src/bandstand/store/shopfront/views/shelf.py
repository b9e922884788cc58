"""What a listener has."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bandstand.store.grants import access as grant_access
from bandstand.store.grants import queries as grants
from bandstand.store.grants.models import Grant
from bandstand.store.shopfront import shelfpage
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
    context = {"items": shelfpage.items(list(page.object_list), visit), "page": page}
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
    return answer(request, "shopfront/shelf_item.html", {"view": shelfpage.view(grant, visit), "grant": grant})
