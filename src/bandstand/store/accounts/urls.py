"""Account addresses: ours, and those of allauth that this store uses. Its other ones have no address here."""

from __future__ import annotations

from allauth.account import views as allauth_views
from django.urls import path, re_path

from bandstand.store.accounts import views

urlpatterns = [
    path("", views.overview, name="account_overview"),
    path("sign-up/", views.sign_up, name="account_signup"),
    path("sign-in/", allauth_views.login, name="account_login"),
    path("sign-out/", allauth_views.logout, name="account_logout"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("mail-sent/", views.mail_sent, name="account_mail_sent"),
    path("link/", views.send_link, name="account_send_link"),
    path("open/<str:token>/", views.open_link, name="account_open"),
    path("password/set/", allauth_views.password_set, name="account_set_password"),
    path("password/change/", allauth_views.password_change, name="account_change_password"),
    path("password/reset/", views.reset, name="account_reset_password"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        allauth_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
