"""The gallery's addresses, and a few pages that misbehave on purpose."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import Context, Engine
from django.urls import path

from bandstand.webkit import styleguide

_SOUND = """{% extends "webkit/base.html" %}{% block title %}One sound{% endblock %}
{% block main %}<h1>One sound</h1>{% include "webkit/components/play.html" with play=play %}
{% include "webkit/components/enqueue.html" with play=play %}
<p><label>Note <input name="note"></label></p>{% endblock %}"""


def one_sound(request: HttpRequest) -> HttpResponse:
    play = {"url": request.GET["url"], "title": "One sound", "artist": "Ada", "page": request.get_full_path()}
    if "transient" in request.GET:
        play["transient"] = True
    template = Engine.get_default().from_string(_SOUND)
    return HttpResponse(template.render(Context({"play": play, "request": request})))


def trouble(request: HttpRequest) -> HttpResponse:
    said = {"sentence": "This is sold elsewhere.", "hint": "Look around.", "status": 403}
    return render(request, "webkit/error.html", {"explanation": said}, status=403)


urlpatterns = [
    path("styleguide/", styleguide.urls),
    path("one-sound/", one_sound),
    path("trouble/", trouble),
]
