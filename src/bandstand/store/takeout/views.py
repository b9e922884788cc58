"""The manifest for programs, the page for people, and the file door's question about bundles."""

from __future__ import annotations

import json
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, UnreadablePostError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from bandstand.kernel.errors import BandstandError
from bandstand.kernel.units import Bytes
from bandstand.kernel.units import size as size_text
from bandstand.licences.tickets import MAX_TOKEN, TicketError
from bandstand.media.recipes import Recipe
from bandstand.store.accounts.models import User
from bandstand.store.delivery import queries as delivery
from bandstand.store.pairing import access as pairing
from bandstand.store.plays import services as plays
from bandstand.store.takeout import access, contents, messages, queries, rules, services
from bandstand.store.takeout.models import Takeout
from bandstand.webkit.answer import answer
from bandstand.webkit.explain import explain

MAX_BODY = MAX_TOKEN + 256
USUAL = "flac"
_AUTHENTICATE = 'Bearer realm="shelf"'


def _told(error: BandstandError) -> HttpResponse:
    """Tell a program what is wrong, as JSON whatever it said it accepts."""
    told = explain(error)
    response = JsonResponse({"code": told.code, "sentence": told.sentence, "hint": told.hint}, status=told.status)
    if told.status == 401:
        response["WWW-Authenticate"] = _AUTHENTICATE
    if told.retry_after is not None:
        response["Retry-After"] = str(told.retry_after)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Give one page of all that somebody owns, with links; have made what isn't there."""
    try:
        holder = pairing.visitor(request)
        recipe = services.format_of(request.GET.get("format", USUAL))
    except BandstandError as error:
        return _told(error)
    after = _number(request, "after", 0, (1 << 63) - 1)
    limit = max(1, _number(request, "limit", rules.PER_PAGE, rules.MOST_PER_PAGE))
    told = messages.manifest(holder=holder, recipe=recipe, after=after, limit=limit, now=timezone.now())
    if told.ask_again:
        services.ask(holder_id=holder.pk, recipe=recipe.slug)
    tag = messages.etag(told)
    known = [one.strip() for one in request.headers.get("If-None-Match", "").split(",")]
    response = HttpResponse(status=304) if tag in known else JsonResponse(told.pack())
    response["ETag"], response["Cache-Control"] = tag, "private, no-store"  # its links are tickets
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return response


def _number(request: HttpRequest, name: str, usual: int, most: int) -> int:
    said = request.GET.get(name, "")
    return min(int(said), most) if said.isascii() and said.isdecimal() and len(said) < 20 else usual


@never_cache
@require_safe
def stream(request: HttpRequest) -> HttpResponse:
    """Freeze all that somebody owns as one bundle, and lead to it."""
    kind = request.GET.get("kind", Takeout.Kind.ZIP)
    try:
        holder = pairing.visitor(request)
        recipe = services.format_of(request.GET.get("format", USUAL))
        if kind not in Takeout.Kind.values:
            raise services.UnknownFormatError(kind)
        row = services.freeze(holder=holder, recipe=recipe, kind=kind, now=timezone.now())
    except BandstandError as error:
        if isinstance(error, pairing.NotSignedInError) and "Authorization" not in request.headers:
            return redirect(f"{reverse('account_login')}?next={reverse('takeout:everything')}")
        if isinstance(error, services.StillMakingError) and "Authorization" not in request.headers:
            return redirect(f"{reverse('takeout:everything')}?format={recipe.slug}")
        return _told(error)
    return redirect("takeout:bundle", row.public_id)


@never_cache
@require_safe
def bundle(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Lead to the bytes of a frozen bundle, the same ones however often and late it is asked for."""
    now = timezone.now()
    try:
        holder = pairing.visitor(request)
        row = access.own(holder, public_id)
    except Takeout.DoesNotExist:
        raise Http404 from None
    except pairing.NotSignedInError as error:
        return _told(error)
    return HttpResponseRedirect(services.stream_url(row, holder=holder, now=now))


@csrf_exempt  # the file door has no cookies; the ticket's own signature is what counts
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Tell the file door if a bundle's ticket may be used: 204, or 403 with the reason. One that begins is counted."""
    try:
        said = json.loads(request.read(MAX_BODY))
        token, begin = said["token"], said["begin"]
    except (ValueError, KeyError, TypeError, RecursionError, UnreadablePostError):
        token = begin = None
    if not isinstance(token, str) or not isinstance(begin, bool):
        return JsonResponse({"reason": "This question can't be read."}, status=400)
    now = timezone.now()
    try:
        ticket, row = access.granted(token, now=now)
    except (TicketError, access.ShelfChangedError) as error:
        return JsonResponse({"reason": str(explain(error))}, status=403)
    except Takeout.DoesNotExist:
        return JsonResponse({"reason": _("This bundle is gone. Open your shelf and start a new one.")}, status=403)
    if begin:
        plays.record_bundle(
            ticket_id=ticket.nonce.hex(), grant_ids=row.grants, file_name=row.name, size=Bytes(row.size), now=now
        )
    return HttpResponse(status=204)


@never_cache
@login_required
@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    """Show how much a shelf is in each format, and the ways to take all of it."""
    holder = _me(request)
    try:
        chosen = services.format_of(request.GET.get("format", USUAL))
    except services.UnknownFormatError:
        raise Http404 from None
    totals = contents.totals(queries.titles(holder.pk, now=timezone.now()))
    rows = [
        {
            "slug": total.recipe.slug,
            "label": delivery.label_of(total.recipe),
            "title": total.recipe.title,
            "size": size_text(total.size),
            "ready": total.ready,
            "left": total.left,
            "given_up": total.given_up,
            "making": total.making,
            "chosen": total.recipe == chosen,
        }
        for total in totals
    ]
    current = next((row for row in rows if row["chosen"]), None)
    context: dict[str, object] = {"rows": rows, "chosen": current, "titles": totals[0].titles if totals else 0}
    moves = current is not None and bool(current["making"] or queries.is_asked(holder.pk, chosen.slug))
    context |= {"moves": moves, "command": _command(chosen)}
    context |= {"label": delivery.label_of(chosen), "kinds": Takeout.Kind.values}
    return answer(request, "takeout/everything.html", context)


@login_required
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Have the whole shelf made in a format."""
    try:
        recipe = services.format_of(request.POST.get("format", USUAL))
    except services.UnknownFormatError:
        raise Http404 from None
    services.ask(holder_id=_me(request).pk, recipe=recipe.slug)
    return redirect(f"{reverse('takeout:everything')}?format={recipe.slug}")


def _command(recipe: Recipe) -> str:
    extra = "" if recipe.slug == USUAL else f" --format {recipe.slug}"
    return f"bandstand fetch {settings.STORE_URL} --to Music{extra}"


def _me(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user
