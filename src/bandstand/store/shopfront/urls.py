from __future__ import annotations

from django.urls import path

from bandstand.store.shopfront.views import ahead, baskets, buying, codes, gifts, pages, shelf, site

app_name = "shopfront"
urlpatterns = [
    path("", pages.front, name="front"),
    path("releases/", pages.releases, name="releases"),
    path("release/<str:slug>/", pages.release, name="release"),
    path("artist/<str:slug>/", pages.artist, name="artist"),
    path("label/<str:slug>/", pages.label, name="label"),
    path("genres/", pages.genres, name="genres"),
    path("genre/<str:slug>/", pages.genre, name="genre"),
    path("series/", pages.all_series, name="all_series"),
    path("series/<str:slug>/", pages.series, name="series"),
    path("basket/", baskets.basket, name="basket"),
    path("basket/put/", baskets.put, name="put"),
    path("basket/take/", baskets.take, name="take"),
    path("basket/price/", baskets.name, name="name"),
    path("basket/code/", codes.use, name="use_code"),
    path("basket/code/drop/", codes.drop, name="drop_code"),
    path("checkout/", buying.checkout, name="checkout"),
    path("checkout/gift/", gifts.mark, name="mark_gift"),
    path("order/<str:number>/", buying.order, name="order"),
    path("order/<str:number>/pay/", buying.pay, name="pay"),
    path("order/<str:number>/cancel/", ahead.cancel, name="cancel_ahead"),
    path("order/<str:number>/gift/", gifts.act, name="gift_act"),
    path("orders/", buying.orders, name="orders"),
    path("gift/<str:token>/", gifts.gift, name="gift"),
    path("redeem/", codes.redeem, name="redeem"),
    path("shelf/", shelf.shelf, name="shelf"),
    path("shelf/format/", shelf.prefer, name="prefer_format"),
    path("shelf/<int:grant_id>/", shelf.item, name="shelf_item"),
    path("shelf/<int:grant_id>/fetch/", shelf.fetch, name="shelf_fetch"),
    path("check/", site.check, name="check"),
    path("storefronts/", site.storefronts, name="storefronts"),
    path("robots.txt", site.robots, name="robots"),
    path(".well-known/security.txt", site.security, name="security"),
]
