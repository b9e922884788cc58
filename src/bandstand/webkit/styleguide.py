"""The gallery: every component in its states, and two sample pages that put them together.

It needs no database, so it shows the look of a role before there is anything in it. Include `urls` under `styleguide/`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, reverse
from django.urls.resolvers import URLPattern, URLResolver
from django.utils import timezone
from django.views.decorators.http import require_safe

from bandstand.kernel.units import Bytes
from bandstand.webkit import samples, tones
from bandstand.webkit.files import ranges
from bandstand.webkit.files.ranges import Span

app_name = "styleguide"
_MADE = datetime(2026, 1, 1, tzinfo=UTC)  # tones are computed, so they never change


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component with its name."""
    return render(request, "webkit/styleguide/gallery.html", _context() | {"here_gallery": True})


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Show a sample front page."""
    return render(request, "webkit/styleguide/front.html", _context() | {"here_front": True})


@require_safe
def release(request: HttpRequest, number: int) -> HttpResponse:
    """Show a sample release page."""
    context = _context()
    if not 0 <= number < len(context["cards"]):
        raise Http404
    return render(
        request,
        "webkit/styleguide/release.html",
        context | {"card": context["cards"][number], "here_release": True},
    )


@require_safe
def tone(request: HttpRequest, number: int) -> HttpResponse:
    """Send a short chord as a WAV file; any range of it."""
    if not 0 <= number < tones.COUNT:
        raise Http404
    sound = tones.wav(number)
    answer = ranges.answer(
        str(request.method),
        {name.lower(): value for name, value in request.headers.items()},
        size=Bytes(len(sound)),
        etag=f"tone-{number}",
        modified=_MADE,
        now=timezone.now(),
        media_type="audio/wav",
    )
    body = b"".join(sound[piece.start : piece.stop] if isinstance(piece, Span) else piece for piece in answer.body)
    response = HttpResponse(b"" if request.method == "HEAD" else body, status=answer.status)
    for name, value in answer.headers:
        response[name] = value
    return response


def _context() -> dict[str, Any]:
    sounds = [reverse("styleguide:tone", args=[number]) for number in range(tones.COUNT)]
    pages = [reverse("styleguide:release", args=[number]) for number in range(len(samples.RECORDS))]
    return samples.context(pages=pages, sounds=sounds)


urlpatterns: list[URLPattern | URLResolver] = [
    path("", gallery, name="gallery"),
    path("front/", front, name="front"),
    path("release/<int:number>/", release, name="release"),
    path("tone/<int:number>.wav", tone, name="tone"),
]
urls = include((urlpatterns, app_name))
