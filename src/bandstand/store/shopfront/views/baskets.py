"""Baskets: put in, named a price, taken out."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bandstand.kernel.errors import BandstandError, RefusedError
from bandstand.kernel.money import LONGEST, AmountError, Money, parse
from bandstand.store.orders import queries as orders_queries
from bandstand.store.orders import services as order_services
from bandstand.store.orders.models import Basket
from bandstand.store.orders.queries import BasketPage
from bandstand.store.shopfront import basketpage, giftforms, releasepage
from bandstand.store.shopfront.views import pages, site
from bandstand.store.shopfront.visits import BASKET, Visit, visit_of
from bandstand.webkit.answer import answer
from bandstand.webkit.explain import Explanation, explain
from bandstand.webkit.limits import limit


@never_cache
@require_safe
def basket(request: HttpRequest) -> HttpResponse:
    """Show the basket with the prices and refusals of now."""
    visit = visit_of(request)
    if site.follow(request, visit, visit.storefront):
        return redirect("shopfront:basket")
    return show_basket(request, visit)


@require_POST
def put(request: HttpRequest) -> HttpResponse:
    """Put a release or a track into the basket."""
    limit(request, "basket", rate="120/m")
    visit = visit_of(request)
    release_id, part_id = number(request, "release"), number(request, "part")
    if (release_id is None) == (part_id is None):
        raise Http404
    basket = order_services.basket_for(
        holder_id=visit.holder_id, token=visit.basket_token, storefront_id=visit.storefront.pk, now=visit.now
    )
    if visit.holder_id is None:
        request.session[BASKET] = basket.token
    site.follow(request, visit, visit.storefront)
    visitor = visit.visitor
    gift = request.POST.get("gift") == "yes"  # what one owns can be given away
    try:
        order_services.put_in_basket(
            basket_id=basket.pk,
            release_id=release_id,
            part_id=part_id,
            chosen=_chosen(request, visit.storefront.currency),
            gift=giftforms.is_gift(request) or gift,
            visitor=visitor,
            now=visit.now,
        )
    except (AmountError, order_services.ChosenPriceError) as error:
        named = releasepage.Named(request.POST.get("chosen", "")[:LONGEST], str(explain(error)))
        return pages.show_release(request, release_id or 0, named=named, status=422)
    except RefusedError as error:
        return show_basket(request, visit, refusal=explain(error), basket=basket)
    if gift:
        giftforms.mark(request, gift=True)
    return redirect("shopfront:basket")


@require_POST
def name(request: HttpRequest) -> HttpResponse:
    """Name another price for a line of the basket."""
    limit(request, "basket", rate="120/m")
    visit, line_id = visit_of(request), number(request, "line")
    basket = visit.basket
    if basket is None or line_id is None:
        return redirect("shopfront:basket")
    front = basket.storefront
    try:
        chosen = parse(request.POST.get("chosen", ""), front.currency)
        order_services.name_price(
            basket_id=basket.pk, line_id=line_id, chosen=chosen, visitor=visit.visitor_at(front), now=visit.now
        )
    except (AmountError, order_services.ChosenPriceError) as error:
        problem = (line_id, request.POST.get("chosen", "")[:LONGEST], str(explain(error)))
        return show_basket(request, visit, problem=problem)
    except RefusedError as error:
        return show_basket(request, visit, refusal=explain(error))
    return redirect("shopfront:basket")


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take a line out of the basket."""
    visit, line_id = visit_of(request), number(request, "line")
    if visit.basket is not None and line_id is not None:
        order_services.take_out_of_basket(basket_id=visit.basket.pk, line_id=line_id, now=visit.now)
    return redirect("shopfront:basket")


def show_basket(
    request: HttpRequest,
    visit: Visit,
    *,
    refusal: Explanation | None = None,
    basket: Basket | None = None,
    code_refusal: Explanation | None = None,
    typed: str = "",
    problem: tuple[int, str, str] | None = None,
) -> HttpResponse:
    """Show a basket, with what was refused; `code_refusal` says why the code that was `typed` is none for it.

    `problem` is what is wrong with the price that was named for a line: (line, typed, sentence).
    """
    found = basket or visit.basket
    page = page_of(request, visit, found) if found else None
    context = {
        "page": page,
        "lines": basketpage.lines(page, problem=problem) if page else [],
        "sums": basketpage.sums(page) if page else None,
        "refusal": refusal,
        "code_refusal": code_refusal,
        "typed": typed,
        "is_gift": giftforms.is_gift(request),
    }
    refused = refusal or code_refusal
    status = 422 if problem else refused.status if refused else 200
    return answer(request, "shopfront/basket.html", context, status=status)


def page_of(request: HttpRequest, visit: Visit, basket: Basket) -> BasketPage:
    return orders_queries.basket_page(
        basket,
        visitor=visit.visitor_at(basket.storefront),
        tax_known=visit.country_at(basket.storefront) is not None,
        gift=giftforms.is_gift(request),
        now=visit.now,
    )


def _chosen(request: HttpRequest, currency: str) -> Money | None:
    """Return the price that a buyer named; None where the form asks for none."""
    text = request.POST.get("chosen")
    return parse(text, currency) if text is not None else None


def number(request: HttpRequest, name: str) -> int | None:
    """Return a row's id from a form; what is none counts as absent."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def tell(request: HttpRequest, error: BandstandError) -> None:
    """Show an error as a message on the next page."""
    messages.error(request, str(explain(error)))
