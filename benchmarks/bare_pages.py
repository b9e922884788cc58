"""The alternative of `bench_pages`: the same rows on bare pages, asked for as the ORM's manual shows it.

Plain `select_related` and `prefetch_related`, one template for each page with the same titles, names, prices and
addresses, sessions and accounts, and nothing else: no rules of who may buy what, no components, icons or player, no
translation, no headers of policy, no previews with tickets.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings

from bandstand.config import store

_TEMPLATES = {
    "base": "<!doctype html><title>{{ title }}</title><h1>{{ title }}</h1>{% block main %}{% endblock %}",
    "cards": (
        "{% for one in releases %}<article><img src='{{ files }}/public/covers/{{ one.cover_sha256 }}/480.webp' alt=''>"
        "<h3><a href='/release/{{ one.slug }}/'>{{ one.title }}</a></h3><p>{{ one.artist_line }}</p>"
        "{% for deal in one.deals.all %}<b>{{ deal.release_tier.prices.all.0.amount }}</b>{% endfor %}</article>"
        "{% endfor %}"
    ),
    "list": "{% extends 'base' %}{% block main %}{% include 'cards' %}{% endblock %}",
    "front": (
        "{% extends 'base' %}{% block main %}{% include 'cards' with releases=new %}{% include 'cards' with"
        " releases=sessions %}{% include 'cards' with releases=coming %}{% for one in artists %}<a href='/artist/"
        "{{ one.slug }}/'>{{ one.name }}</a>{% endfor %}{% for one in genres %}<a href='/genre/{{ one.slug }}/'>"
        "{{ one.name }}</a>{% endfor %}{% endblock %}"
    ),
    "release": (
        "{% extends 'base' %}{% block main %}<p>{{ release.artist_line }}, {{ release.label.name }}, "
        "{{ release.genre }}, {{ release.original_date }}, {{ release.number }}, {{ release.gtin }}</p>"
        "<p>{{ release.description }}</p>"
        "{% for deal in release.deals.all %}<b>{{ deal.release_tier.prices.all.0.amount }}</b>{% endfor %}<ol>"
        "{% for part in release.parts.all %}<li>{{ part.title }} {{ part.duration_ms }} {% for source in"
        " part.sources.all %}{{ source.master.codec }} {{ source.master.rate }} {{ source.master.bits }}{% for made in"
        " source.master.renditions.all %}<a href='{{ files }}/{{ made.path }}'>Play</a>{% endfor %}{% endfor %}<form"
        " method=post>{% csrf_token %}<button name=part value={{ part.pk }}>{% for deal in release.deals.all %}"
        "{{ deal.track_tier.prices.all.0.amount }}{% endfor %}</button></form><details>{% for credit in"
        " part.credits.all %}{{ credit.role }}: <a href='/artist/{{ credit.party.slug }}/'>{{ credit.party.name }}</a>"
        "{% endfor %}</details><details>{{ part.lyrics|linebreaks }}</details></li>{% endfor %}</ol>{% endblock %}"
    ),
    "shelf": (
        "{% extends 'base' %}{% block main %}{% for grant in page %}<li>{% with one=grant.release|default:grant.part %}"
        "<h2><a href='/shelf/{{ grant.pk }}/'>{{ one.title }}</a></h2><p>{{ one.artist_line }}</p>{% endwith %}"
        "<img src='{{ files }}/public/covers/{{ grant.release.cover_sha256 }}/240.webp' alt=''><select>"
        "{% for made in grant.release.bundles.all %}<option value={{ made.recipe }}>{{ made.recipe }},"
        " {{ made.size|filesizeformat }}</option>{% endfor %}{% for made in grant.part.deliverables.all %}<option"
        " value={{ made.recipe }}>{{ made.recipe }}, {{ made.size|filesizeformat }}</option>{% endfor %}</select></li>"
        "{% endfor %}{{ page.number }} of {{ page.paginator.num_pages }}{% endblock %}"
    ),
    "item": (
        "{% extends 'base' %}{% block main %}{% for made in grant.release.bundles.all %}<a href='/download/"
        "{{ grant.pk }}/{{ made.recipe }}/zip/'>{{ made.recipe }}, {{ made.size|filesizeformat }}</a>{% endfor %}"
        "{% for part in grant.release.parts.all %}<h2>{{ part.title }}</h2>{% for made in part.deliverables.all %}"
        "<a href='/download/{{ grant.pk }}/{{ made.recipe }}/file/{{ part.pk }}/'>{{ made.name }}"
        " {{ made.size|filesizeformat }} {{ made.sha256 }}</a>{% endfor %}{% endfor %}{% endblock %}"
    ),
}

settings.configure(
    **{name: getattr(store, name) for name in dir(store) if name.isupper()}
    | {
        "ROOT_URLCONF": __name__,
        "INSTALLED_APPS": [app for app in store.INSTALLED_APPS if app != "template_partials"],  # has its own loaders
        "MIDDLEWARE": [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "allauth.account.middleware.AccountMiddleware",  # its apps insist on it
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        (
                            "django.template.loaders.cached.Loader",
                            [("django.template.loaders.locmem.Loader", _TEMPLATES)],
                        )
                    ]
                },
            }
        ],
    }
)

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.urls import path

from bandstand.store.catalogue.models import Genre, Party, Release
from bandstand.store.grants.models import Grant

_PRICES = ("deals__release_tier__prices", "deals__track_tier__prices")


def _listed():
    rows = Release.objects.filter(withdrawn_at=None, deals__ended_at=None).select_related("label")
    return rows.prefetch_related(_PRICES[0]).order_by("-original_date", "-pk")


def _page(request, template, **context):
    return render(request, template, {"files": settings.FILES_URL, **context})


def front(request):
    today = datetime.now(UTC).date()
    return _page(
        request,
        "front",
        title="Store",
        new=_listed().filter(deals__start_day__lte=today).exclude(kind="session")[:13],
        coming=_listed().filter(deals__start_day__gt=today)[:13],
        sessions=_listed().filter(kind="session")[:6],
        artists=Party.objects.all()[:24],
        genres=Genre.objects.all(),
    )


def releases(request):
    return _page(request, "list", title="Releases", releases=_listed()[:49])


def artist(request, slug):
    party = get_object_or_404(Party, slug=slug)
    found = _listed().filter(credits__party=party).distinct()[:49]
    return _page(request, "list", title=party.name, releases=found)


def release(request, slug):
    rows = Release.objects.select_related("label", "genre", "series").prefetch_related(
        *_PRICES, "parts__sources__master__renditions", "parts__credits__party", "credits__party", "extras"
    )
    found = get_object_or_404(rows, slug=slug)
    return _page(request, "release", title=found.title, release=found)


def _held(request):
    rows = Grant.objects.filter(holder=request.user.pk, revoked_at=None).select_related("release", "part__release")
    return rows.order_by("-starts_at", "-pk")


def shelf(request):
    held = _held(request).prefetch_related("release__bundles", "part__deliverables")
    return _page(request, "shelf", title="Shelf", page=Paginator(held, 48).get_page(request.GET.get("page")))


def item(request, pk):
    rows = _held(request).prefetch_related("release__bundles", "release__parts__deliverables")
    grant = get_object_or_404(rows, pk=pk)
    return _page(request, "item", title="Shelf", grant=grant)


urlpatterns = [
    path("", front),
    path("releases/", releases),
    path("release/<str:slug>/", release),
    path("artist/<str:slug>/", artist),
    path("shelf/", shelf),
    path("shelf/<int:pk>/", item),
]
