"""The addresses that payment providers call."""

from __future__ import annotations

import logging

from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bandstand.kernel.registry import UnknownPluginError
from bandstand.store.orders import services
from bandstand.store.payments.providers import BrokenEventError, ForgedEventError

logger = logging.getLogger(__name__)

LONGEST_EVENT = 65_536


@csrf_exempt  # the provider's signature says who it is
@require_POST
def webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's event: 200 done or nothing to us, 202 odd or of no payment of ours, 400 forged or broken,
    404 no provider, 413 too long.
    """
    try:
        body = request.read(LONGEST_EVENT + 1)
    except UnreadablePostError:  # it was cut off, and is sent again
        return _plain("This event is not complete.", 400)
    if len(body) > LONGEST_EVENT:
        return _plain("This event is too long.", 413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        heard = services.receive_event(provider=provider, headers=headers, body=body, now=timezone.now())
    except UnknownPluginError as error:
        raise Http404 from error
    except (ForgedEventError, BrokenEventError) as error:
        logger.warning("an event of %s was refused: %s", provider, error.problem)
        return _plain(error.sentence, 400)
    return _plain(heard, 202 if heard in {services.Heard.ODD, services.Heard.UNKNOWN} else 200)


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
