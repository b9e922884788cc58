"""The format that a listener takes: their account remembers it, and a cookie for who has none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from bandstand.store.accounts import services as accounts
from bandstand.store.delivery import queries as delivery

COOKIE = "format"
REMEMBERED = timedelta(days=400)  # browsers keep none for longer


@dataclass(frozen=True, slots=True)
class Choice:
    """One format to choose."""

    slug: str
    title: str
    chosen: bool


def slugs() -> set[str]:
    """Return the formats that can be preferred: those that are made here."""
    return {recipe.slug for recipe in delivery.formats()}


def preferred(request: HttpRequest) -> str:
    """Return the slug of the format that this listener takes; empty when they have not said, or it is none."""
    said = getattr(request.user, "preferred_format", "") or request.COOKIES.get(COOKIE, "")
    return said if said in {recipe.slug for recipe in delivery.known_formats()} else ""


def choices(request: HttpRequest) -> list[Choice]:
    """Return the formats with the one that this listener takes."""
    said = preferred(request)
    return [Choice(recipe.slug, recipe.title, recipe.slug == said) for recipe in delivery.formats()]


def remember(request: HttpRequest, response: HttpResponse, slug: str) -> HttpResponse:
    """Remember a format that is known: with the account that is signed in, and in this browser."""
    if request.user.is_authenticated:
        accounts.prefer_format(user_id=request.user.pk, recipe=slug)
    secure = bool(settings.SESSION_COOKIE_SECURE)
    response.set_cookie(COOKIE, slug, max_age=REMEMBERED, secure=secure, httponly=True, samesite="Lax")
    return response
