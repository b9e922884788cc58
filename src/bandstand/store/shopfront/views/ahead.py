"""Giving up what was ordered ahead."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bandstand.kernel.errors import RefusedError
from bandstand.store.orders.services import ahead
from bandstand.store.shopfront.views import baskets, buying
from bandstand.store.shopfront.visits import visit_of


@require_POST
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Cancel one line of one's own order before it comes; its money goes back."""
    order, line_id = buying.own_order(request, number), baskets.number(request, "line")
    if line_id is None or not order.lines.filter(pk=line_id).exists():
        raise Http404
    try:
        refund = ahead.cancel(line_id=line_id, now=visit_of(request).now)
    except RefusedError as error:
        baskets.tell(request, error)
    else:
        messages.success(request, _("It is cancelled. %(money)s is on its way back to you.") % {"money": refund.money})
    return redirect("shopfront:order", order.number)
