from __future__ import annotations

from django.urls import path

from bandstand.store.pairing import views

app_name = "pairing"
urlpatterns = [
    path("connect/", views.connect, name="connect"),
    path("connect/device/code", views.device_code, name="device_code"),
    path("connect/token", views.token, name="token"),
    path("account/apps/", views.apps, name="apps"),
    path("account/apps/make/", views.make_password, name="make_password"),
    path("account/apps/<int:token_id>/remove/", views.remove, name="remove"),
]
