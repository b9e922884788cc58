from __future__ import annotations

from django.urls import path

from bandstand.store.orders import views

app_name = "orders"
urlpatterns = [path("webhooks/<slug:provider>/", views.webhook, name="webhook")]
