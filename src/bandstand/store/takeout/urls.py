from __future__ import annotations

from django.urls import path

from bandstand.store.takeout import views

app_name = "takeout"
urlpatterns = [
    path("wire/v1/takeout", views.manifest, name="manifest"),
    path("wire/v1/takeout/stream", views.stream, name="stream"),
    path("takeout/check", views.check, name="check"),
    path("takeout/<uuid:public_id>/", views.bundle, name="bundle"),
    path("shelf/everything/", views.everything, name="everything"),
    path("shelf/everything/make/", views.make, name="make"),
]
