"""From the basket to a paid order."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bandstand.kernel.errors import BandstandError, InputError, OutsideError, RefusedError
from bandstand.kernel.money import Money
from bandstand.store.accounts.links import absolute
from bandstand.store.delivery.access import PLACED_HERE, placed_here
from bandstand.store.orders import access as order_access
from bandstand.store.orders import queries as orders_queries
from bandstand.store.orders import services as order_services
from bandstand.store.orders.models import Basket, Order
from bandstand.store.orders.queries import BasketPage
from bandstand.store.payments import queries as payments
from bandstand.store.payments.models import Payment
from bandstand.store.shopfront import orderpage
from bandstand.store.shopfront.forms import CheckoutForm, ProviderForm
from bandstand.store.shopfront.visits import BASKET, Visit, visit_of
from bandstand.webkit.answer import answer
from bandstand.webkit.explain import Explanation, explain
from bandstand.webkit.limits import limit, network

ASK_AGAIN = timedelta(seconds=10)
CHECKOUTS = "300/h"  # of one address: a school, or a company, may sit behind it
FREE = "5/d"  # orders that cost nothing, for one e-mail address that nobody has proved to read: each sends a mail
MOST_PLACED = 50  # orders a browser remembers without an account


@never_cache
@require_safe
def basket(request: HttpRequest) -> HttpResponse:
    """Show the basket with the prices and refusals of now."""
    return _basket(request, visit_of(request))


@require_POST
def put(request: HttpRequest) -> HttpResponse:
    """Put a release or a track into the basket."""
    limit(request, "basket", rate="120/m")
    visit = visit_of(request)
    release_id, part_id = _number(request, "release"), _number(request, "part")
    if (release_id is None) == (part_id is None):
        raise Http404
    basket = order_services.basket_for(
        holder_id=visit.holder_id, token=visit.basket_token, storefront_id=visit.storefront.pk, now=visit.now
    )
    if visit.holder_id is None:
        request.session[BASKET] = basket.token
    visitor = visit.visitor_at(basket.storefront)
    try:
        order_services.put_in_basket(
            basket_id=basket.pk, release_id=release_id, part_id=part_id, visitor=visitor, now=visit.now
        )
    except RefusedError as error:
        return _basket(request, visit, refusal=explain(error), basket=basket)
    return redirect("shopfront:basket")


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take a line out of the basket."""
    visit, line_id = visit_of(request), _number(request, "line")
    if visit.basket is not None and line_id is not None:
        order_services.take_out_of_basket(basket_id=visit.basket.pk, line_id=line_id, now=visit.now)
    return redirect("shopfront:basket")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """Ask for what is missing, show what it costs, and make an order of it."""
    visit = visit_of(request)
    if visit.basket is None:
        return redirect("shopfront:basket")
    page = orders_queries.basket_page(visit.basket, visitor=visit.visitor_at(visit.basket.storefront), now=visit.now)
    if request.method != "POST":
        return _checkout(request, page, _form(visit, page)) if page.buyable else redirect("shopfront:basket")
    limit(request, "checkout", rate=CHECKOUTS)
    return _place(request, visit, visit.basket, page)


def _place(request: HttpRequest, visit: Visit, basket: Basket, page: BasketPage) -> HttpResponse:
    """Make an order of what the buyer was shown, and lead to its payment."""
    form = _form(visit, page, request)
    if not form.is_valid():
        return _checkout(request, page, form, status=422)
    said = form.cleaned_data
    if said["expected"] == 0 and said.get("email"):
        limit(request, "free-order", rate=FREE, by="value", value=said["email"])
    try:
        order = order_services.place_order(
            basket_id=basket.pk,
            holder_id=visit.holder_id,
            email=said.get("email") or str(getattr(visit.user, "email", "")),
            billing_country=said["country"],
            checkout_key=said["checkout_key"],
            expected=Money(said["expected"], page.total.currency),
            now=visit.now,
        )
    except Basket.DoesNotExist:
        raise Http404 from None
    except (RefusedError, InputError) as error:
        if not page.lines:
            return _basket(request, visit, refusal=explain(error))
        return _checkout(request, page, _form(visit, page), refusal=explain(error))
    request.session[PLACED_HERE] = [*(n for n in placed_here(request.session) if n != order.number), order.number][
        -MOST_PLACED:
    ]
    if order.state != Order.State.OPEN:
        return redirect("shopfront:order", order.number)
    return _collect(request, order, said.get("provider", ""), visit)


@never_cache
@require_safe
def order(request: HttpRequest, number: str) -> HttpResponse:
    """Show an order: waiting, declined, paid or over; the receipt is on the same page."""
    order = _own_order(request, number)
    visit = visit_of(request)
    view = orderpage.view(order, visit.now, viewer_id=request.user.pk)
    if view.state == "waiting" and view.payment and _asks(view.payment, visit):
        order = _own_order(request, number)
        view = orderpage.view(order, visit.now, viewer_id=request.user.pk)
    form = ProviderForm(providers=payments.offered()) if view.may_pay else None
    return answer(request, "shopfront/order.html", {"view": view, "order": order, "form": form})


@require_POST
def pay(request: HttpRequest, number: str) -> HttpResponse:
    """Try to pay an order once more, perhaps in another way."""
    limit(request, "checkout", rate=CHECKOUTS)
    order = _own_order(request, number)
    form = ProviderForm(request.POST, providers=payments.offered())
    if not form.is_valid():
        messages.error(request, _("Choose a way to pay."))
        return redirect("shopfront:order", order.number)
    return _collect(request, order, form.cleaned_data["provider"], visit_of(request))


@never_cache
@login_required
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """List an account's orders."""
    return answer(request, "shopfront/orders.html", {"orders": orders_queries.orders_of(request.user.pk or 0)[:200]})


def _basket(
    request: HttpRequest, visit: Visit, *, refusal: Explanation | None = None, basket: Basket | None = None
) -> HttpResponse:
    found = basket or visit.basket
    page = (
        orders_queries.basket_page(found, visitor=visit.visitor_at(found.storefront), now=visit.now) if found else None
    )
    context = {
        "page": page,
        "lines": orderpage.basket_lines(page) if page else [],
        "refusal": refusal,
    }
    return answer(request, "shopfront/basket.html", context, status=refusal.status if refusal else 200)


def _form(visit: Visit, page: BasketPage, request: HttpRequest | None = None) -> CheckoutForm:
    """Return the checkout's form, filled in by the buyer or carrying what the page shows."""
    front = page.basket.storefront
    shown = {"checkout_key": page.checkout_key, "expected": page.total.amount}
    if len(front.territories) == 1:
        shown["country"] = front.territories[0]
    return CheckoutForm(
        request.POST if request else None,
        initial=shown,
        providers=payments.offered(),
        storefront=front,
        signed_in=visit.holder_id is not None,
        free=(request.POST.get("expected") == "0") if request else not page.total,
    )


def _checkout(
    request: HttpRequest,
    page: BasketPage,
    form: CheckoutForm,
    *,
    refusal: Explanation | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "page": page,
        "lines": orderpage.basket_lines(page),
        "form": form,
        "refusal": refusal,
        "net": page.total - page.tax,
        "can_pay": not page.total or bool(payments.offered()),
    }
    return answer(request, "shopfront/checkout.html", context, status=refusal.status if refusal else status)


def _collect(request: HttpRequest, order: Order, provider: str, visit: Visit) -> HttpResponse:
    """Lead to the provider's page, or back to the order with what the provider says."""
    here = reverse("shopfront:order", args=[order.number])
    try:
        payment = order_services.begin_payment(
            order_id=order.pk, provider=provider, return_url=absolute(here), now=visit.now, network=network(request)
        )
    except (RefusedError, OutsideError) as error:
        _tell(request, error)
        return redirect(here)
    return HttpResponseRedirect(payment.redirect_url or here)


def _asks(payment: Payment, visit: Visit) -> bool:
    """Ask the provider about the payment of a visitor who waits, at most every ten seconds; whether it answered."""
    if payment.asked_at is not None and visit.now - payment.asked_at < ASK_AGAIN:
        return False
    try:
        order_services.look_up_payment(payment_id=payment.pk, now=visit.now)
    except OutsideError:
        return False  # its event, or reconciliation, tells
    return True


def _tell(request: HttpRequest, error: BandstandError) -> None:
    messages.error(request, str(explain(error)))


def _own_order(request: HttpRequest, number: str) -> Order:
    try:
        return order_access.own_order(request.user, number, placed_here=placed_here(request.session))
    except Order.DoesNotExist:
        raise Http404 from None


def _number(request: HttpRequest, name: str) -> int | None:
    """Return a row's id from a form; what is none counts as absent."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
