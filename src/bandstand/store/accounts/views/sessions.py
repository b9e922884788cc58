"""Where somebody is signed in, and how that ends."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bandstand.store.accounts import queries, rules, services
from bandstand.store.accounts.models import SignIn, User
from bandstand.webkit.answer import answer


def _owner(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user


@never_cache
@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the browsers that are signed in."""
    user = _owner(request)
    here = request.session.session_key or ""
    context = {
        "browsers": queries.browsers(user.pk, here=here, now=timezone.now()),
        "lasting": rules.STAFF if user.is_staff else rules.LISTENER,
    }
    return answer(request, "account/sessions.html", context)


@never_cache
@login_required
@require_POST
def end(request: HttpRequest, sign_in_id: int) -> HttpResponse:
    """Sign one browser out."""
    try:
        services.end_session(user_id=_owner(request).pk, sign_in_id=sign_in_id)
    except (SignIn.DoesNotExist, OverflowError):
        raise Http404 from None
    messages.success(request, _("That browser is signed out."))
    return redirect("account_sessions")


@never_cache
@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign out every browser but this one."""
    services.end_sessions(user_id=_owner(request).pk, but=request.session.session_key)
    messages.success(request, _("Every other browser is signed out."))
    return redirect("account_sessions")
