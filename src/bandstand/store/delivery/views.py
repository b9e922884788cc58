"""The file door's question, and the way from a shelf to a file."""

from __future__ import annotations

import json

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, UnreadablePostError
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from bandstand.kernel.units import Bytes
from bandstand.licences.tickets import MAX_TOKEN, TicketError
from bandstand.store.assets.models import Extra
from bandstand.store.catalogue.models import Part
from bandstand.store.delivery import access, queries, services
from bandstand.store.delivery.access import Wanted
from bandstand.store.delivery.models import Deliverable
from bandstand.store.grants.models import Grant
from bandstand.store.plays import services as plays
from bandstand.webkit.answer import answer, wants_part
from bandstand.webkit.explain import explain

MAX_BODY = MAX_TOKEN + 256


@csrf_exempt  # the file door has no cookies; the ticket's own signature is what counts
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Tell the file door if a ticket may be used: 204, or 403 with the reason. A download that begins is counted."""
    try:
        said = json.loads(request.read(MAX_BODY))
        token, begin = said["token"], said["begin"]
    except (ValueError, KeyError, TypeError, RecursionError, UnreadablePostError):
        return JsonResponse({"reason": "This question can't be read."}, status=400)
    if not isinstance(token, str) or not isinstance(begin, bool):
        return JsonResponse({"reason": "This question can't be read."}, status=400)
    now = timezone.now()
    try:
        ticket, grant = access.granted(token, now=now)
    except TicketError as error:
        return JsonResponse({"reason": str(error)}, status=403)
    except access.NotYetError as error:
        return JsonResponse({"reason": str(explain(error))}, status=403)
    except Grant.DoesNotExist:
        reason = _("The right to this file has ended, for example because it was refunded.")
        return JsonResponse({"reason": reason}, status=403)
    if begin and grant is not None:
        plays.record_download(
            ticket_id=ticket.nonce.hex(), grant_id=grant.pk, file_name=ticket.name, size=Bytes(ticket.size), now=now
        )
    return HttpResponse(status=204)


@never_cache
@require_safe
def download(request: HttpRequest, grant_id: int, recipe: str, part_id: int | None = None) -> HttpResponse:
    """Lead to the file or zip; while it isn't there yet, have it made and show how far it is."""
    wanted = _wanted(request, grant_id, recipe, part_id)
    address = _address(wanted)
    if address is not None:
        if wants_part(request):  # the page that waits is told to fetch it: a script must not follow to the files' host
            return HttpResponse(headers={"HX-Redirect": request.path})
        return HttpResponseRedirect(address)
    key = queries.making_key(wanted.recipe.slug, release_id=wanted.release_id, part_id=wanted.part_id)
    making = queries.making(key)
    if making is None:
        services.ask_for(recipe=wanted.recipe.slug, release_id=wanted.release_id, part_id=wanted.part_id)
        making = queries.Making(0)
    context = {"wanted": wanted, "making": making, "format": queries.label_of(wanted.recipe)}
    return answer(request, "delivery/waiting.html", context, part="progress")


@never_cache
@require_safe
def download_by_hash(request: HttpRequest, grant_id: int, sha256: str) -> HttpResponse:
    """Lead to a file by its published SHA-256, also when later ones have taken its place."""
    try:
        grant, file = access.own_file(request, grant_id, sha256, now=timezone.now())
    except (Grant.DoesNotExist, Deliverable.DoesNotExist):
        raise Http404 from None
    holder = str(grant.holder.public_id)
    return HttpResponseRedirect(services.file_ticket(grant=grant, holder=holder, file=file, now=timezone.now()))


@never_cache
@require_safe
def download_extra(request: HttpRequest, grant_id: int, sha256: str) -> HttpResponse:
    """Lead to a booklet, a picture or a text of a release; it is saved, never shown in place."""
    try:
        grant, extra = access.own_extra(request, grant_id, sha256, now=timezone.now())
    except (Grant.DoesNotExist, Extra.DoesNotExist):
        raise Http404 from None
    holder = str(grant.holder.public_id)
    return HttpResponseRedirect(services.extra_ticket(grant=grant, holder=holder, extra=extra, now=timezone.now()))


@require_POST
def make(request: HttpRequest, grant_id: int, recipe: str, part_id: int | None = None) -> HttpResponse:
    """Have a format made, also anew after it failed, and go to the page that waits for it."""
    wanted = _wanted(request, grant_id, recipe, part_id)
    services.ask_for(recipe=wanted.recipe.slug, release_id=wanted.release_id, part_id=wanted.part_id)
    if part_id is None:
        return redirect("delivery:zip", grant_id, recipe)
    return redirect("delivery:file", grant_id, recipe, part_id)


def _wanted(request: HttpRequest, grant_id: int, recipe: str, part_id: int | None) -> Wanted:
    try:
        wanted = access.wanted(request, grant_id, recipe, part_id, now=timezone.now())
    except (Grant.DoesNotExist, Part.DoesNotExist):
        raise Http404 from None
    part_ids = [part_id] if part_id is not None else services.part_ids_of(wanted.release_id or 0)
    if wanted.recipe not in services.formats_of(part_ids) and _address(wanted) is None:
        raise Http404  # no such format of it, nor one that was made before the release was delivered anew
    return wanted


def _address(wanted: Wanted) -> str | None:
    """Return a fresh address of what is wanted, when it is there."""
    now, holder = timezone.now(), str(wanted.grant.holder.public_id)
    if wanted.part_id is not None:
        file = queries.file(wanted.part_id, wanted.recipe.slug)
        return services.file_ticket(grant=wanted.grant, holder=holder, file=file, now=now) if file else None
    packed = queries.bundle(wanted.release_id or 0, wanted.recipe.slug)
    return services.zip_ticket(grant=wanted.grant, holder=holder, packed=packed, now=now) if packed else None
