"""From the basket to a paid order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bandstand.kernel.errors import InputError, OutsideError, RefusedError
from bandstand.kernel.money import Money
from bandstand.store.accounts.links import absolute
from bandstand.store.delivery.access import GIVEN_HERE, MAILED_HERE, PLACED_HERE, placed_here, remember
from bandstand.store.orders import access as order_access
from bandstand.store.orders import queries as orders_queries
from bandstand.store.orders import services as order_services
from bandstand.store.orders.models import Basket, Order
from bandstand.store.orders.queries import BasketPage, given
from bandstand.store.orders.rules import Browser
from bandstand.store.payments import queries as payments
from bandstand.store.payments.models import Payment
from bandstand.store.shopfront import basketpage, giftforms, giftpage, orderpage, preferring
from bandstand.store.shopfront.forms import CheckoutForm, ProviderForm
from bandstand.store.shopfront.giftforms import GiftForm
from bandstand.store.shopfront.views import baskets, site
from bandstand.store.shopfront.visits import COUNTRY, Visit, visit_of
from bandstand.webkit.answer import answer
from bandstand.webkit.explain import Explanation, explain
from bandstand.webkit.limits import limit, network

ASK_AGAIN = timedelta(seconds=10)
CHECKOUTS = "300/h"  # of one address: a school, or a company, may sit behind it
FREE = "5/d"  # orders that cost nothing, for one e-mail address that nobody has proved to read: each sends a mail
FREE_HERE = "30/h"  # of one network address, to whomever
FREE_GIFTS = "20/d"  # of one account: each mails words of their own to whomever they like


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """Ask for what is missing, show what it costs, and make an order of it."""
    visit = visit_of(request)
    if visit.basket is None:
        return redirect("shopfront:basket")
    if site.follow(request, visit, visit.storefront):
        return redirect("shopfront:basket")  # where the new prices are
    if request.POST.get("step") == "total":
        return _show_total(request, visit, visit.basket)
    page = baskets.page_of(request, visit, visit.basket)
    if request.method != "POST":
        if not page.buyable:
            return redirect("shopfront:basket")
        gift = _gift_form(request, visit, page)
        return _checkout(request, page, _form(visit, page), gift=gift)
    limit(request, "checkout", rate=CHECKOUTS)
    return _place(request, visit, visit.basket, page)


def _show_total(request: HttpRequest, visit: Visit, basket: Basket) -> HttpResponse:
    """Show what it costs where the buyer says they are billed; what they have typed stays, nothing is ordered."""
    there = _billed_in(request, visit, basket)
    page = baskets.page_of(request, there, basket)
    gift = _gift_form(request, there, page)
    return _checkout(request, page, _form(there, page, typed=request), gift=gift)


def _billed_in(request: HttpRequest, visit: Visit, basket: Basket) -> Visit:
    """Remember the country that the form names, if the storefront sells there, and return the visit from there."""
    country = request.POST.get("country", "")
    if country not in basket.storefront.territories:
        return visit
    request.session[COUNTRY] = country
    return replace(visit, country_said=country)


def _place(request: HttpRequest, visit: Visit, basket: Basket, page: BasketPage) -> HttpResponse:
    """Make an order of what the buyer was shown, and lead to its payment."""
    form, gift = _form(visit, page, request), _gift_form(request, visit, page)
    if not all([form.is_valid(), gift is None or gift.is_valid()]):
        return _checkout(request, page, form, gift=gift, status=422)
    said = form.cleaned_data
    if said["expected"] == 0 and said.get("email"):
        limit(request, "free-order", rate=FREE, by="value", value=said["email"])
        limit(request, "free-orders", rate=FREE_HERE)
    wish = gift.wish if gift else None
    if said["expected"] == 0 and wish:
        limit(request, "free-gift", rate=FREE, by="value", value=wish.recipient_email)
        limit(request, "free-gifts", rate=FREE_GIFTS, by="account")
    try:
        order = order_services.place_order(
            basket_id=basket.pk,
            holder_id=visit.holder_id,
            email=said.get("email") or str(getattr(visit.user, "email", "")),
            billing_country=said["country"],
            checkout_key=said["checkout_key"],
            expected=Money(said["expected"], page.total.currency),
            gift=wish,
            browser=Browser(placed_here(request.session), preferring.preferred(request)),
            now=visit.now,
        )
    except Basket.DoesNotExist:
        raise Http404 from None
    except (RefusedError, InputError) as error:
        if not page.lines:
            return baskets.show_basket(request, visit, refusal=explain(error))
        there = _billed_in(request, visit, basket)
        shown = baskets.page_of(request, there, orders_queries.basket_by_id(basket.pk))
        return _checkout(request, shown, _form(there, shown, typed=request), gift=gift, refusal=explain(error))
    remember(request.session, GIVEN_HERE if given.gift_of(order.pk) else key_of(order, visit), order.number)
    giftforms.mark(request, gift=False)
    if order.state != Order.State.OPEN:
        return redirect("shopfront:order", order.number)
    return _collect(request, order, said.get("provider", ""), visit)


def key_of(order: Order, visit: Visit) -> str:
    """Return under which key this browser keeps an order of its own.

    A guest gets what cost nothing by mail alone: else any address would tell, for nothing, whether it has the title.
    """
    for_nothing = visit.holder_id is None and order.lines.filter(gross=0).exists()
    return MAILED_HERE if for_nothing else PLACED_HERE


@never_cache
@require_safe
def order(request: HttpRequest, number: str) -> HttpResponse:
    """Show an order: waiting, declined, paid or over; the receipt is on the same page."""
    order = own_order(request, number)
    visit = visit_of(request)
    view = orderpage.view(order, visit)
    if view.state == "waiting" and view.payment and _asks(view.payment, visit):
        order = own_order(request, number)
        view = orderpage.view(order, visit)
    return show_order(request, order, view=view, gift=giftpage.given_away(order))


def show_order(
    request: HttpRequest,
    order: Order,
    *,
    view: orderpage.View | None = None,
    gift: giftpage.Given | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show an order that this visitor may see; `gift` says how it stands when it is one."""
    view = view or orderpage.view(order, visit_of(request))
    form = ProviderForm(providers=payments.offered()) if view.may_pay else None
    context = {"view": view, "order": order, "form": form, "gift": gift}
    return answer(request, "shopfront/order.html", context, status=status)


@require_POST
def pay(request: HttpRequest, number: str) -> HttpResponse:
    """Try to pay an order once more, perhaps in another way."""
    limit(request, "checkout", rate=CHECKOUTS)
    order = own_order(request, number)
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


def _form(
    visit: Visit, page: BasketPage, request: HttpRequest | None = None, *, typed: HttpRequest | None = None
) -> CheckoutForm:
    """Return the checkout's form: filled in by the buyer, or carrying what the page shows (and what was `typed`)."""
    front = page.basket.storefront
    shown: dict[str, str | int] = {"checkout_key": page.checkout_key, "expected": page.total.amount}
    if typed is not None:
        shown |= {name: typed.POST[name] for name in ("email", "provider") if typed.POST.get(name)}
    if country := visit.country_at(front):
        shown["country"] = country
    return CheckoutForm(
        request.POST if request else None,
        initial=shown,
        providers=payments.offered(),
        storefront=front,
        signed_in=visit.holder_id is not None,
        free=(request.POST.get("expected") == "0") if request else not page.total,
    )


def _gift_form(request: HttpRequest, visit: Visit, page: BasketPage) -> GiftForm | None:
    """Return the form of a gift, filled in or empty, when the visitor said that the basket is one."""
    if not giftforms.is_gift(request):
        return None
    front, now = page.basket.storefront, visit.now
    if request.method != "POST":
        return GiftForm(storefront=front, now=now)
    if request.POST.get("step") == "total":  # not sent yet: keep what was typed, and find no fault with the rest
        return GiftForm(initial=giftforms.typed(request), storefront=front, now=now)
    return GiftForm(request.POST, storefront=front, now=now)


def _checkout(
    request: HttpRequest,
    page: BasketPage,
    form: CheckoutForm,
    *,
    gift: GiftForm | None = None,
    refusal: Explanation | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "page": page,
        "lines": basketpage.lines(page),
        "sums": basketpage.sums(page),
        "form": form,
        "gift_form": gift,
        "several_countries": len(page.basket.storefront.territories) > 1,
        "refusal": refusal,
        "can_pay": not page.total or bool(payments.offered()),
    }
    return answer(request, "shopfront/checkout.html", context, status=refusal.status if refusal else status)


def _collect(request: HttpRequest, order: Order, provider: str, visit: Visit) -> HttpResponse:
    """Lead to the provider's page, or back to the order with what the provider says."""
    here = reverse("shopfront:order", args=[order.number])
    try:
        payment = order_services.begin_payment(
            order_id=order.pk,
            provider=provider,
            return_url=absolute(here),
            now=visit.now,
            network=network(request),
            payer_id=visit.holder_id,
        )
    except (RefusedError, OutsideError) as error:
        baskets.tell(request, error)
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


def own_order(request: HttpRequest, number: str) -> Order:
    """Return an order that this visitor may see; for any other, as if there were none."""
    try:
        return order_access.own_order(request.user, number, placed_here=placed_here(request.session))
    except Order.DoesNotExist:
        raise Http404 from None
