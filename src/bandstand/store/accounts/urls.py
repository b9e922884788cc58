"""Account addresses: ours, and those of allauth that this store uses. Its other ones have no address here."""

from __future__ import annotations

from allauth.account import views as allauth_views
from allauth.mfa.base import views as allauth_factors
from allauth.mfa.webauthn import views as allauth_keys
from django.urls import path, re_path
from django.views.decorators.cache import never_cache

from bandstand.store.accounts import views
from bandstand.store.accounts.views import address, factors, sessions

urlpatterns = [
    path("", views.overview, name="account_overview"),
    path("sign-up/", views.sign_up, name="account_signup"),
    path("sign-in/", allauth_views.login, name="account_login"),
    path("sign-in/code/", allauth_factors.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey/", allauth_keys.login_webauthn, name="mfa_login_webauthn"),
    path("sign-out/", allauth_views.logout, name="account_logout"),
    path("again/", never_cache(allauth_views.reauthenticate), name="account_reauthenticate"),
    path("again/code/", never_cache(allauth_factors.reauthenticate), name="mfa_reauthenticate"),
    path("again/passkey/", never_cache(allauth_keys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("mail-sent/", views.mail_sent, name="account_mail_sent"),
    path("link/", views.send_link, name="account_send_link"),
    path("open/<str:token>/", views.open_link, name="account_open"),
    path("address/", address.ask, name="account_address"),
    path("address/open/<str:token>/", address.open_link, name="account_address_open"),
    path("sessions/", sessions.index, name="account_sessions"),
    path("sessions/end/", sessions.end_others, name="account_end_others"),
    path("sessions/<int:sign_in_id>/end/", sessions.end, name="account_end_session"),
    path("factors/", factors.index, name="mfa_index"),
    path("factors/app/", factors.add_app, name="mfa_activate_totp"),
    path("factors/app/picture.svg", factors.app_picture, name="account_app_picture"),
    path("factors/app/remove/", factors.remove, name="mfa_deactivate_totp"),
    path("factors/codes/", factors.recovery_codes, name="mfa_view_recovery_codes"),
    path("factors/codes/new/", factors.new_recovery_codes, name="mfa_generate_recovery_codes"),
    path("factors/passkeys/", factors.to_index, name="mfa_list_webauthn"),
    path("factors/passkeys/add/", factors.add_key, name="mfa_add_webauthn"),
    path("factors/passkeys/<int:pk>/remove/", factors.remove, name="mfa_remove_webauthn"),
    path("password/set/", allauth_views.password_set, name="account_set_password"),
    path("password/change/", views.change_password, name="account_change_password"),
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
