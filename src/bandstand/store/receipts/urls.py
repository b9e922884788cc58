from __future__ import annotations

from django.urls import path

from bandstand.store.receipts import views

app_name = "receipts"
urlpatterns = [
    path("order/<str:number>/receipt/", views.receipt, name="receipt"),
    path("order/<str:number>/receipt/pdf/", views.pdf, name="pdf"),
    path("order/<str:number>/receipt/signed/", views.file, name="file"),
    path("receipts/keys/", views.key_page, name="keys"),
    path("receipts/keys/receipt-keys.pem", views.pem, name="pem"),
]
