"""Codes: one that takes something off what is in the basket, one that gives titles."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bandstand.kernel.errors import InputError, RefusedError
from bandstand.store.delivery.access import PLACED_HERE, remember
from bandstand.store.orders.models import Order
from bandstand.store.orders.rules import Browser
from bandstand.store.orders.services import AlreadyOwnedError, codes, redeeming
from bandstand.store.shopfront import preferring
from bandstand.store.shopfront.codeforms import RedeemForm
from bandstand.store.shopfront.views import baskets, buying
from bandstand.store.shopfront.visits import Visit, visit_of
from bandstand.store.vouchers.rules import VoucherRefusedError, Why
from bandstand.webkit.answer import answer
from bandstand.webkit.explain import Explanation, explain
from bandstand.webkit.limits import By, TooManyError, limit, refuse_over

GUESSES = "20/h"  # codes that are none, of one visitor and of one account: sixty bits need more
FREE = buying.FREE
REDEEMED_HERE = "redeemed"  # the session's list of orders that guests made here by codes; it opens none of them
_MOST = 50

T = TypeVar("T")


@require_POST
def use(request: HttpRequest) -> HttpResponse:
    """Put a code into the basket."""
    visit = visit_of(request)
    basket = visit.basket
    if basket is None:
        return redirect("shopfront:basket")
    typed = request.POST.get("code", "")
    try:
        _guessed(
            request,
            lambda: codes.use_voucher(basket_id=basket.pk, holder_id=visit.holder_id, text=typed, now=visit.now),
        )
    except VoucherRefusedError as error:
        return baskets.show_basket(request, visit, code_refusal=explain(error), typed=typed[:60])
    return redirect("shopfront:basket")


@require_POST
def drop(request: HttpRequest) -> HttpResponse:
    """Take the code out of the basket."""
    visit = visit_of(request)
    if visit.basket is not None:
        codes.drop_voucher(basket_id=visit.basket.pk, now=visit.now)
    return redirect("shopfront:basket")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def redeem(request: HttpRequest) -> HttpResponse:
    """Ask for a code that gives titles, and put them on a shelf. A code in the address only fills in the form."""
    visit = visit_of(request)
    signed_in = visit.holder_id is not None
    if request.method != "POST":
        form = RedeemForm(initial={"code": request.GET.get("code", "")[:60]}, signed_in=signed_in)
        return answer(request, "shopfront/redeem.html", {"form": form})
    form = RedeemForm(request.POST, signed_in=signed_in)
    if not form.is_valid():
        return answer(request, "shopfront/redeem.html", {"form": form}, status=422)
    return _redeemed(request, visit, form)


def _redeemed(request: HttpRequest, visit: Visit, form: RedeemForm) -> HttpResponse:
    email = form.cleaned_data.get("email") or str(getattr(visit.user, "email", ""))
    if visit.holder_id is None:  # counted below, when an order was made: a wrong letter is no order
        refuse_over(request, "free-order", rate=FREE, by="value", value=email)
    try:
        order = _guessed(request, lambda: _order_of(request, visit, form.cleaned_data["code"], email))
    except AlreadyOwnedError as error:
        kept = _("Your code is not used up: give it to somebody else.")
        return _refused(request, form, Explanation(sentence=error.sentence, hint=kept, code=error.code, status=409))
    except VoucherRefusedError as error:
        way = "shopfront:basket" if error.why is Why.FOR_BASKET else ""
        return _refused(request, form, explain(error), way=way)
    except (RefusedError, InputError) as error:
        return _refused(request, form, explain(error))
    if visit.holder_id is None:
        with suppress(TooManyError):  # two at once: this one is made
            limit(request, "free-order", rate=FREE, by="value", value=email)
        return _by_mail(request, order)
    return _on_the_shelf(request, order)


def _order_of(request: HttpRequest, visit: Visit, code: str, email: str) -> Order:
    return redeeming.redeem_titles(
        text=code,
        holder_id=visit.holder_id,
        email=email,
        storefront=visit.storefront,
        visitor=visit.visitor,
        browser=Browser(request.session.get(REDEEMED_HERE, []), preferring.preferred(request)),
        now=visit.now,
    )


def _by_mail(request: HttpRequest, order: Order) -> HttpResponse:
    """Say the same whatever the address owns: its titles, and the way to them, are in the mail alone."""
    request.session[REDEEMED_HERE] = [*request.session.get(REDEEMED_HERE, []), order.number][-_MOST:]
    messages.success(request, _("It is on the shelf of that address. We have sent a mail with the way to it."))
    return redirect("shopfront:redeem")


def _on_the_shelf(request: HttpRequest, order: Order) -> HttpResponse:
    remember(request.session, PLACED_HERE, order.number)
    titles = ", ".join(order.lines.values_list("title", flat=True))
    messages.success(request, _("On your shelf now: %(titles)s") % {"titles": titles})
    return redirect("shopfront:shelf")


def _refused(request: HttpRequest, form: RedeemForm, refusal: Explanation, *, way: str = "") -> HttpResponse:
    context = {"form": form, "refusal": refusal, "way": way}
    return answer(request, "shopfront/redeem.html", context, status=refusal.status)


def _guessed(request: HttpRequest, look: Callable[[], T]) -> T:
    """Look at a code; count those that are none, and refuse who guesses."""
    whose: tuple[By, ...] = ("ip", "account") if request.user.is_authenticated else ("ip",)
    for by in whose:
        refuse_over(request, "code", rate=GUESSES, by=by)
    try:
        return look()
    except VoucherRefusedError as error:
        if error.why is Why.UNKNOWN:
            for by in whose:
                limit(request, "code", rate=GUESSES, by=by)
        raise
