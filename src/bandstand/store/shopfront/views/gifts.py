"""Gifts: said at the checkout, looked after by who gave, put on a shelf by who gets."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bandstand.kernel.errors import RefusedError
from bandstand.store.delivery.access import CLAIMED_HERE, GIVEN_HERE, forget, remember
from bandstand.store.orders.models import Order
from bandstand.store.orders.queries import given
from bandstand.store.orders.rules.gift import GiftWishError
from bandstand.store.orders.services import gifts
from bandstand.store.shopfront import giftforms, giftpage
from bandstand.store.shopfront.giftforms import RecipientForm
from bandstand.store.shopfront.views import buying
from bandstand.store.shopfront.visits import Visit, visit_of
from bandstand.webkit.answer import answer
from bandstand.webkit.explain import explain
from bandstand.webkit.limits import TooManyError, limit

MAILS = "5/d"  # of one order, however often its giver changes the address
LOOKS = "120/h"  # at links to gifts: 256 random bits are not guessed, and nobody shall try


@require_POST
def mark(request: HttpRequest) -> HttpResponse:
    """Say that the basket is a gift, or that it is none after all."""
    giftforms.mark(request, gift=request.POST.get("gift") == "yes")
    return redirect("shopfront:basket" if request.POST.get("next") == "basket" else "shopfront:checkout")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def gift(request: HttpRequest, token: str) -> HttpResponse:
    """Show a gift to who has the mailed link; only a press of the button puts it on a shelf."""
    limit(request, "gift-link", rate=LOOKS)
    visit, found = visit_of(request), given.gift_by_token(token[:43])
    if found is None or found.token != token:
        raise Http404
    if request.method == "POST":
        return _claim(request, visit, token)
    refusal = None
    try:
        gifts.check_open(found)
    except RefusedError as error:
        refusal = explain(error)
    context = {"view": giftpage.received(found), "refusal": refusal, "token": token}
    return answer(request, "shopfront/gift.html", context, status=refusal.status if refusal else 200)


@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """Do what a giver wants: send the gift to another address or once more, take it, or take the money back."""
    order = buying.own_order(request, number)
    visit, wanted = visit_of(request), request.POST.get("act")
    if given.gift_of(order.pk) is None:
        raise Http404
    try:
        if wanted == "send":
            return _send(request, visit, order)
        if wanted == "keep":
            gifts.keep(order_id=order.pk, now=visit.now)
            forget(request.session, GIVEN_HERE, order.number)
            remember(request.session, buying.key_of(order, visit), order.number)
            messages.success(request, _("It is on your own shelf now."))
        elif wanted == "return":
            gifts.take_back(order_id=order.pk, now=visit.now)
            messages.success(request, _("The gift is taken back. Your money is on its way."))
    except TooManyError:
        raise
    except RefusedError as error:
        messages.error(request, str(explain(error)))
    return redirect("shopfront:order", order.number)


def _send(request: HttpRequest, visit: Visit, order: Order) -> HttpResponse:
    form = RecipientForm(request.POST)
    if not form.is_valid():
        return buying.show_order(request, order, gift=giftpage.given_away(order, form=form), status=422)
    limit(request, "gift-mail", rate=MAILS, by="value", value=order.number)
    try:
        found = gifts.readdress(
            order_id=order.pk,
            name=form.cleaned_data["recipient_name"],
            email=form.cleaned_data["recipient_email"],
            now=visit.now,
        )
    except GiftWishError as error:
        form.add_error(error.field, str(explain(error)))
        return buying.show_order(request, order, gift=giftpage.given_away(order, form=form), status=422)
    if found.mailed_at is None:
        messages.success(request, _("The address is changed."))
    else:
        messages.success(request, _("The gift is on its way to %(email)s.") % {"email": found.recipient_email})
    return redirect("shopfront:order", order.number)


def _claim(request: HttpRequest, visit: Visit, token: str) -> HttpResponse:
    try:
        claimed = gifts.claim(token=token, holder_id=visit.holder_id, now=visit.now)
    except RefusedError as error:
        messages.error(request, str(explain(error)))
        return redirect(reverse("shopfront:gift", args=[token]))
    if visit.holder_id is None:
        remember(request.session, CLAIMED_HERE, claimed.gift.order.number)
    if claimed.given:
        titles = ", ".join(line.title for line in claimed.given)
        messages.success(request, _("On your shelf now: %(titles)s") % {"titles": titles})
    if claimed.had and visit.holder_id is not None:
        facts = {"titles": ", ".join(line.title for line in claimed.had), "name": claimed.gift.sender_name}
        messages.info(request, _("You had %(titles)s already: its price goes back to %(name)s.") % facts)
    return redirect("shopfront:shelf")
