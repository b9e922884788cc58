from __future__ import annotations

from django.urls import path

from bandstand.store.delivery import views

app_name = "delivery"
urlpatterns = [
    path("delivery/check", views.check, name="check"),
    path("download/<int:grant_id>/sha256/<slug:sha256>/", views.download_by_hash, name="hash"),
    path("download/<int:grant_id>/extra/<slug:sha256>/", views.download_extra, name="extra"),
    path("download/<int:grant_id>/<slug:recipe>/zip/", views.download, name="zip"),
    path("download/<int:grant_id>/<slug:recipe>/zip/make/", views.make, name="make_zip"),
    path("download/<int:grant_id>/<slug:recipe>/file/<int:part_id>/", views.download, name="file"),
    path("download/<int:grant_id>/<slug:recipe>/file/<int:part_id>/make/", views.make, name="make_file"),
]
