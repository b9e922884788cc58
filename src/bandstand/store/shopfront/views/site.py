"""About the site itself."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from bandstand.store.accounts.links import absolute
from bandstand.store.deals.models import Storefront
from bandstand.store.orders import services as order_services
from bandstand.store.shopfront import basketpage
from bandstand.store.shopfront.visits import STOREFRONT, Visit, visit_of
from bandstand.webkit.answer import answer

PRIVATE = ("/account/", "/backoffice/", "/basket/", "/checkout/", "/download/", "/order/", "/orders/", "/shelf/")


@require_http_methods(["GET", "HEAD", "POST"])
def storefronts(request: HttpRequest) -> HttpResponse:
    """Show the storefronts of this store, and let the visitor choose one."""
    visit = visit_of(request)
    if request.method == "POST":
        chosen = next((front for front in visit.storefronts if front.slug == request.POST.get("storefront")), None)
        if chosen is None:
            raise Http404
        request.session[STOREFRONT] = chosen.slug
        follow(request, visit, chosen)
        return redirect("shopfront:front")
    return answer(request, "shopfront/storefronts.html", {})


def follow(request: HttpRequest, visit: Visit, storefront: Storefront) -> bool:
    """Let the visitor's basket come along to a storefront, and tell what that changes; whether it moved."""
    basket = visit.basket
    if basket is None or basket.storefront_id == storefront.pk:
        return False
    changes = order_services.move_basket(
        basket_id=basket.pk,
        storefront_id=storefront.pk,
        before=visit.visitor_at(basket.storefront),
        visitor=visit.visitor_at(storefront),
        now=visit.now,
    )
    for told in basketpage.moves(changes):
        messages.info(request, told)
    return True


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Show how a download is checked; the browser does it alone, so nothing comes back."""
    return answer(request, "shopfront/check.html", {})


@require_safe
@cache_control(public=True, max_age=3600)
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers which pages are somebody's own."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE), ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)
def security(request: HttpRequest) -> HttpResponse:
    """Tell where to report a weakness (RFC 9116)."""
    contact = getattr(settings, "SECURITY_CONTACT", "")
    if not contact:
        raise Http404
    expires = timezone.now() + timedelta(days=90)
    lines = [
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT00:00:00Z}",
        f"Canonical: {absolute(request.path)}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
