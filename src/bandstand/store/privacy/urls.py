from __future__ import annotations

from django.urls import path

from bandstand.store.privacy import views

app_name = "privacy"

urlpatterns = [
    path("account/export/", views.export, name="export"),
    path("account/erase/", views.erase, name="erase"),
    path("account/erase/open/<str:token>/", views.erase_open, name="erase_open"),
    path("account/erased/", views.erased, name="erased"),
]
