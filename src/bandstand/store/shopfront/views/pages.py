"""Pages to look around in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from bandstand.store.catalogue import queries as catalogue
from bandstand.store.catalogue.models import Release
from bandstand.store.catalogue.paging import Ids, Page
from bandstand.store.deals import queries as deals
from bandstand.store.shopfront import releasefacts, releasepage
from bandstand.store.shopfront.cards import cards
from bandstand.store.shopfront.releasepage import Named
from bandstand.store.shopfront.visits import Visit, visit_of
from bandstand.webkit.answer import answer


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Show the newest release large, then what is new, what comes, and the sessions."""
    visit = visit_of(request)
    listed = _listed(visit)
    begun = deals.begun_releases(storefront=visit.storefront, visitor=visit.visitor, now=visit.now)
    ahead = deals.releases_ahead(storefront=visit.storefront, visitor=visit.visitor, now=visit.now)
    found = catalogue.front(begun=begun, ahead=ahead, listed=listed, size=13)
    shown = {release.pk: card for release, card in _paired([*found.new, *found.coming, *found.sessions], visit)}
    lead = found.new[0] if found.new else None
    context = {
        "lead": lead and shown[lead.pk],
        "lead_facts": releasefacts.short_facts(lead) if lead else [],
        "new": [shown[release.pk] for release in found.new[1:][: 12 if len(found.new) > 12 else 6]],  # whole rows
        "coming": [shown[release.pk] for release in found.coming],
        "sessions": [shown[release.pk] for release in found.sessions[:6]],
        "series": next((release.series for release in found.sessions if release.series), None),
        "artists": catalogue.artists(listed=listed),
        "genres": catalogue.genres(listed=listed),
    }
    return answer(request, "shopfront/front.html", context)


@require_safe
def releases(request: HttpRequest) -> HttpResponse:
    """List everything, newest first."""
    visit = visit_of(request)
    page = catalogue.all_releases(listed=_listed(visit), after=_after(request))
    return answer(request, "shopfront/releases.html", _list(page, visit))


@require_safe
def release(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a release."""
    return _release(request, slug)


def show_release(request: HttpRequest, release_id: int, *, named: Named, status: int) -> HttpResponse:
    """Show a release once more, with what is wrong with the price that was named for it."""
    release = catalogue.releases([release_id]).get(release_id)
    if release is None:
        raise Http404
    return _release(request, release.slug, named=named, status=status)


def _release(request: HttpRequest, slug: str, *, named: Named | None = None, status: int = 200) -> HttpResponse:
    try:
        page = catalogue.release_by_slug(slug)
    except Release.DoesNotExist:
        raise Http404 from None
    view = releasepage.view(page, visit_of(request), named=named)
    if view is None:
        raise Http404
    return answer(request, "shopfront/release.html", {"view": view, "release": view.release}, status=status)


@require_safe
def artist(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an artist and what they are credited on."""
    return _listing(request, slug, catalogue.by_artist, "shopfront/artist.html")


@require_safe
def label(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a label and its releases."""
    return _listing(request, slug, catalogue.by_label, "shopfront/label.html")


@require_safe
def genre(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a genre and its releases."""
    return _listing(request, slug, catalogue.by_genre, "shopfront/genre.html")


@require_safe
def series(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a series, its releases, and who they are for."""
    return _listing(request, slug, catalogue.by_series, "shopfront/series.html")


@require_safe
def genres(request: HttpRequest) -> HttpResponse:
    """List the genres that have something listed."""
    return answer(request, "shopfront/genres.html", {"genres": catalogue.genres(listed=_listed(visit_of(request)))})


@require_safe
def all_series(request: HttpRequest) -> HttpResponse:
    """List the series."""
    found = catalogue.all_series(listed=_listed(visit_of(request)))
    return answer(request, "shopfront/all_series.html", {"all_series": found})


def _listing(request: HttpRequest, slug: str, query: Any, template: str) -> HttpResponse:  # Any: one of four queries
    visit = visit_of(request)
    try:
        found = query(slug, listed=_listed(visit), after=_after(request))
    except ObjectDoesNotExist:
        raise Http404 from None
    return answer(request, template, {"of": found.of, **_list(found.page, visit)})


def _list(page: Page, visit: Visit) -> dict[str, object]:
    return {
        "cards": cards(page.releases, visit),
        "next_url": f"?{urlencode({'after': page.after})}" if page.after else "",
    }


def _paired(releases: list[Release], visit: Visit) -> list[tuple[Release, Any]]:  # Any: a card
    unique = list({release.pk: release for release in releases}.values())
    return list(zip(unique, cards(unique, visit), strict=True))


def _listed(visit: Visit) -> Ids:
    return deals.listed_releases(storefront=visit.storefront, visitor=visit.visitor, now=visit.now)


def _after(request: HttpRequest) -> str:
    return request.GET.get("after", "")
