"""A visit: who looks at a page, in which storefront, and when. Built once for each request, and only when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bandstand.store.accounts.models import User
from bandstand.store.deals import queries as deals
from bandstand.store.deals.models import Storefront
from bandstand.store.deals.rules import Visitor
from bandstand.store.delivery.access import sources_here
from bandstand.store.grants import queries as grants
from bandstand.store.orders import queries as orders
from bandstand.store.orders import services as order_services
from bandstand.store.orders.models import Basket

BASKET = "basket"  # the session's token of a basket without account
STOREFRONT = "storefront"  # the session's choice
COUNTRY = "country"  # where the visitor said they are billed


@dataclass(frozen=True)  # without slots: what is asked for twice is remembered
class Visit:
    """One request's visitor."""

    user: AbstractBaseUser | AnonymousUser
    storefronts: list[Storefront]  # all of this store, the default one first
    storefront: Storefront
    basket_token: str | None
    bought_here: tuple[str, ...]
    now: datetime
    country_said: str | None = None

    @property
    def holder_id(self) -> int | None:
        """The account's id, when somebody is signed in."""
        return self.user.pk if self.user.is_authenticated else None

    @property
    def zone(self) -> str:
        """The storefront's time zone."""
        return self.storefront.time_zone

    @cached_property
    def visitor(self) -> Visitor:
        """What the offer function needs to know."""
        return self.visitor_at(self.storefront)

    def country_at(self, storefront: Storefront) -> str | None:
        """Return the country whose taxes this visitor pays in a storefront; None while it is not known."""
        if len(storefront.territories) == 1:
            return str(storefront.territories[0])
        return self.country_said if self.country_said in storefront.territories else None

    def visitor_at(self, storefront: Storefront) -> Visitor:
        """Return this visitor as one who buys in a storefront."""
        return Visitor(
            territory=self.country_at(storefront) or storefront.territories[0],
            member=grants.membership(self.user, None, self.now),
            staff=isinstance(self.user, User) and self.user.is_staff,
        )

    @cached_property
    def basket(self) -> Basket | None:
        """The visitor's basket, when there is one."""
        return orders.basket_of(holder_id=self.holder_id, token=self.basket_token)

    @cached_property
    def basket_count(self) -> int:
        """How many lines are in it."""
        if "basket" in self.__dict__ and self.basket is None:  # looked for, and not there
            return 0
        return orders.count_in(holder_id=self.holder_id, token=self.basket_token)

    @property
    def nav(self) -> list[tuple[str, str]]:
        """The main navigation."""
        return [
            (_("Releases"), reverse("shopfront:releases")),
            (_("Genres"), reverse("shopfront:genres")),
            (_("Series"), reverse("shopfront:all_series")),
        ]


def visit_of(request: HttpRequest) -> Visit:
    """Return the visit that a request is part of; what was gathered before signing in moves to the account's basket."""
    known = getattr(request, "_visit", None)
    if isinstance(known, Visit):
        return known
    session, now = request.session, timezone.now()
    token = session.get(BASKET)
    if token and request.user.is_authenticated:
        order_services.merge_baskets(token=token, holder_id=request.user.pk, now=now)
        del session[BASKET]
        token = None
    fronts = deals.storefronts()
    visit = Visit(
        user=request.user,
        storefronts=fronts,
        storefront=_chosen(fronts, session.get(STOREFRONT)),
        basket_token=token,
        bought_here=tuple(sources_here(session)),
        now=now,
        country_said=session.get(COUNTRY),
    )
    request._visit = visit  # type: ignore[attr-defined]  # noqa: SLF001  (kept where it belongs: on its request)
    return visit


def _chosen(fronts: list[Storefront], slug: str | None) -> Storefront:
    """Return the storefront of the visitor's choice; one that is gone gives way to the default."""
    if not fronts:
        raise deals.NoStorefrontError(None)
    return next((front for front in fronts if front.slug == slug), fronts[0])
