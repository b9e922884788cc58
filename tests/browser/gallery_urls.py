"""The gallery's addresses, and a few pages that misbehave on purpose."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import Context, Engine, RequestContext
from django.urls import path

from bandstand.webkit import styleguide

_SOUND = """{% extends "webkit/base.html" %}{% block title %}One sound{% endblock %}
{% block main %}<h1>One sound</h1>{% include "webkit/components/play.html" with play=play %}
{% include "webkit/components/enqueue.html" with play=play %}
<p><label>Note <input name="note"></label></p>{% endblock %}"""

_FORMS = """{% extends "webkit/base.html" %}{% block title %}Forms{% endblock %}
{% block main %}<h1>Forms</h1>
<form id="part" hx-post="/forms/part/" hx-target="#said" hx-swap="innerHTML" action="/forms/" method="post">
{% csrf_token %}<button type="submit">Swap a part</button></form><p id="said">nothing</p>
<form action="/forms/" method="post">{% csrf_token %}<button type="submit">Send all</button></form>
<a href="{{ elsewhere }}">Elsewhere</a>{% endblock %}"""


def forms(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        messages.success(request, "It is on your shelf.")
        return redirect("/forms/")
    template = Engine.get_default().from_string(_FORMS)
    return HttpResponse(template.render(RequestContext(request, {"elsewhere": request.GET.get("elsewhere", "/")})))


def forms_part(request: HttpRequest) -> HttpResponse:
    return HttpResponse("only this")


def one_sound(request: HttpRequest) -> HttpResponse:
    play: dict[str, object] = {
        "url": request.GET["url"],
        "title": "One sound",
        "artist": "Ada",
        "page": request.get_full_path(),
    }
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
    path("forms/", forms),
    path("forms/part/", forms_part),
]
