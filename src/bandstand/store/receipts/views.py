"""Receipts as a page, a PDF and a signed file; the keys that sign them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bandstand.store.accounts.links import absolute
from bandstand.store.delivery.access import placed_here
from bandstand.store.orders import access
from bandstand.store.orders.models import Order
from bandstand.store.receipts import keys, rules, services
from bandstand.webkit.answer import answer
from bandstand.webkit.limits import limit

PDFS = "60/10m"  # by one account: laying out a page keeps a processor busy
OPENSSL = """\
part() { sed -n "/^-----BEGIN $1-----/,/^-----END $1-----/p" "$2"; }
part "BANDSTAND RECEIPT" my.receipt | sed '1d;$d' > document
part "BANDSTAND SIGNATURE" my.receipt | sed '1d;$d' | base64 -d > signature
part "PUBLIC KEY" my.receipt > key.pem
openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in document -sigfile signature"""


@never_cache
@require_safe
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Show the receipt of one's own order; an order that is not paid shows itself."""
    order = _own_order(request, number)
    try:
        bill = services.receipt(order, now=timezone.now())
    except services.NotPaidError:
        return redirect("shopfront:order", number)
    name = rules.file_name(order.number, ".receipt")
    context = {
        **services.page(bill),
        "pdf_url": reverse("receipts:pdf", args=[order.number]),
        "file_url": reverse("receipts:file", args=[order.number]),
        "command": f'bandstand verify "{name}" FILES...',
    }
    return answer(request, "receipts/receipt.html", context)


@never_cache
@require_safe
def file(request: HttpRequest, number: str) -> HttpResponse:
    """Hand out the signed receipt."""
    order = _paid_order(request, number)
    data = services.receipt_file(order, now=timezone.now())
    return _download(data, rules.file_name(order.number, ".receipt"), "application/octet-stream")


@never_cache
@require_safe
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """Hand out the receipt on paper."""
    limit(request, "receipt-pdf", rate=PDFS, by="account")
    order = _paid_order(request, number)
    data = services.receipt_pdf(order, now=timezone.now())
    return _download(data, rules.file_name(order.number, ".pdf"), "application/pdf")


@require_safe
def key_page(request: HttpRequest) -> HttpResponse:
    """Show the keys and how receipts are checked."""
    try:
        known = keys.current().fingerprints
    except keys.NoReceiptKeyError:
        known = []
    pem = reverse("receipts:pem")
    command = f"curl -O {absolute(pem)}\nbandstand verify my.receipt FILES... --key receipt-keys.pem"
    context = {"keys": known, "pem_url": pem, "command": command, "openssl": OPENSSL}
    return answer(request, "receipts/keys.html", context)


@require_safe
def pem(request: HttpRequest) -> HttpResponse:
    """Hand out the public keys."""
    return _download("".join(keys.current().public_keys).encode(), "receipt-keys.pem", "application/x-pem-file")


def _own_order(request: HttpRequest, number: str) -> Order:
    try:
        return access.own_order(request.user, number, placed_here=placed_here(request.session))
    except Order.DoesNotExist:
        raise Http404 from None


def _paid_order(request: HttpRequest, number: str) -> Order:
    order = _own_order(request, number)
    if order.state != Order.State.PAID:
        raise Http404
    return order


def _download(data: bytes, name: str, media_type: str) -> HttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(data, content_type=media_type, headers={"Content-Disposition": disposition or "attachment"})
