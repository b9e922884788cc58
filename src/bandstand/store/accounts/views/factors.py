"""Second factors: the list, setting up an app, passkeys, taking one away."""

from __future__ import annotations

import io

import segno
from allauth.mfa.recovery_codes import views as allauth_codes
from allauth.mfa.totp.internal import flows
from allauth.mfa.webauthn import views as allauth_keys
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bandstand.store.accounts import codes, queries, services
from bandstand.store.accounts.factors import FactorsAdapter
from bandstand.store.accounts.forms import PENDING, NewAppForm, pending_secret
from bandstand.store.accounts.models import User
from bandstand.store.accounts.views.guards import View, claimed, proved
from bandstand.webkit.answer import answer
from bandstand.webkit.explain import explain


def _owner(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user


@never_cache
@claimed
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show somebody's second factors, and what they can add."""
    user = _owner(request)
    rows = list(queries.factors(user.pk))
    context = {
        "app": next((row for row in rows if row.type == "totp"), None),
        "keys": [row for row in rows if row.type == "webauthn"],
        "codes_left": queries.recovery_left(user.pk),
        "asked": user.is_staff and not rows,
    }
    return answer(request, "mfa/index.html", context)


@never_cache
@claimed
@proved
@require_http_methods(["GET", "HEAD", "POST"])
def add_app(request: HttpRequest) -> HttpResponse:
    """Show a secret as picture and text, and take the first code."""
    user = _owner(request)
    if queries.factors(user.pk).filter(type="totp").exists():
        return redirect("mfa_index")
    form = NewAppForm(request.POST if request.method == "POST" else None, user=user)
    if not form.is_valid():
        grouped = " ".join(form.secret[at : at + 4] for at in range(0, len(form.secret), 4))
        return answer(
            request,
            "mfa/totp/activate_form.html",
            {"form": form, "secret": grouped, "app_url": FactorsAdapter().build_totp_url(user, form.secret)},
            status=422 if form.is_bound else 200,
        )
    row, made_codes = flows.activate_totp(request, form)
    request.session.pop(PENDING, None)
    step = codes.matching_step(form.secret, form.cleaned_data["code"], now=timezone.now())
    services.spend(f"totp:{row.pk}:{step}", now=timezone.now())  # it let somebody in already
    return redirect("mfa_view_recovery_codes" if made_codes else "mfa_index")


@never_cache
@claimed
@proved
@require_safe
def app_picture(request: HttpRequest) -> HttpResponse:
    """Draw the secret of the app that is being set up, for its camera."""
    if not request.session.get(PENDING):
        raise Http404
    address = FactorsAdapter().build_totp_url(_owner(request), pending_secret())
    picture = io.BytesIO()
    segno.make(address, error="m").save(picture, kind="svg", scale=5, border=4, dark="#000", light="#fff")
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")


@never_cache
@claimed
@proved
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Ask, then take away a passkey, or the app when none is named."""
    user = _owner(request)
    row = get_object_or_404(queries.factors(user.pk), **({"pk": pk, "type": "webauthn"} if pk else {"type": "totp"}))
    refusal = None
    if request.method == "POST":
        try:
            services.remove_factor(user_id=user.pk, authenticator_id=row.pk, now=timezone.now())
        except services.LastFactorError as error:
            refusal = explain(error)
        else:
            messages.success(request, _("It was removed."))
            return redirect("mfa_index")
    status = refusal.status if refusal else 200
    return answer(request, "mfa/remove.html", {"factor": row, "refusal": refusal}, status=status)


add_key: View = claimed(proved(allauth_keys.add_webauthn))
recovery_codes: View = never_cache(claimed(allauth_codes.view_recovery_codes))
new_recovery_codes: View = never_cache(claimed(proved(allauth_codes.generate_recovery_codes)))


@never_cache
@claimed
@require_safe
def to_index(request: HttpRequest) -> HttpResponse:
    """Lead to the list: allauth knows one for passkeys alone, this store shows all factors on one page."""
    return redirect("mfa_index")
