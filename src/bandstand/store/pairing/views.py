"""Programs ask to be let in; people decide, and look after the ones they let in."""

from __future__ import annotations

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts.links import absolute
from bandstand.store.accounts.models import User
from bandstand.store.accounts.views.guards import View, proved
from bandstand.store.pairing import access, queries, rules, services
from bandstand.store.pairing.forms import CodeForm, NameForm
from bandstand.store.pairing.models import AppToken, DeviceCode
from bandstand.webkit.answer import answer
from bandstand.webkit.explain import explain
from bandstand.webkit.limits import TooManyError, client_ip, limit

GRANT_TYPES = ("urn:ietf:params:oauth:grant-type:device_code", "device_code")
NEW_CODES = "60/h"  # by one visitor: a household tries things out, nobody needs more
QUESTIONS = "240/m"  # about tokens, by one visitor: twenty programs at their pace
WRONG_CODES = ("20/10m", "20/10m")  # that one account types, and one visitor


@csrf_exempt  # programs have no cookies
@never_cache
@require_POST
def device_code(request: HttpRequest) -> HttpResponse:
    """Give a program its codes (RFC 8628, section 3.2)."""
    try:
        limit(request, "pairing.ask", rate=NEW_CODES)
        said = request.POST
        asked = services.ask(
            client_id=said.get("client_id", ""),
            name=said.get("name", ""),
            asked_from=client_ip(request),
            now=timezone.now(),
        )
    except (services.PairingError, TooManyError) as error:
        return _refused(error)
    uri = absolute("/connect/")
    return JsonResponse(
        {
            "device_code": asked.device_code,
            "user_code": asked.user_code,
            "verification_uri": uri,
            "verification_uri_complete": f"{uri}?code={asked.user_code}",
            "expires_in": int(rules.CODE_LIVES.total_seconds()),
            "interval": rules.INTERVAL,
        }
    )


@csrf_exempt
@never_cache
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Give a program its token once somebody has let it in (RFC 8628, section 3.4)."""
    said = request.POST
    try:
        limit(request, "pairing.poll", rate=QUESTIONS)
        if said.get("grant_type") not in GRANT_TYPES:
            return JsonResponse({"error": "unsupported_grant_type"}, status=400)
        text = services.redeem(
            device_code=said.get("device_code", "")[:200], client_id=said.get("client_id", ""), now=timezone.now()
        )
    except (services.PairingError, TooManyError) as error:
        return _refused(error)
    return JsonResponse({"access_token": text, "token_type": "Bearer"})


def _refused(error: services.PairingError | TooManyError) -> HttpResponse:
    """Refuse in the words of the standards, with a sentence for people beside them."""
    told = explain(error)
    word = error.word if isinstance(error, services.PairingError) else "slow_down"
    body: dict[str, object] = {"error": word, "error_description": f"{told.sentence} {told.hint}".strip()}
    if isinstance(error, services.SlowDownError):
        body["interval"] = error.interval
    response = JsonResponse(body, status=told.status)
    if told.retry_after is not None:
        response["Retry-After"] = str(told.retry_after)
    return response


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest) -> HttpResponse:
    """Ask for a code; show what stands behind it; let it in or not."""
    typed = (request.POST if request.method == "POST" else request.GET).get("code", "")
    if not typed:
        return answer(request, "pairing/connect.html", {"form": CodeForm()})
    form = CodeForm({"code": typed})
    found = _waiting(request, form)
    if found is None:
        return answer(request, "pairing/connect.html", {"form": form}, status=422)
    wish = request.POST.get("answer", "")
    if wish not in ("allow", "refuse"):
        context = {"found": found, "code": rules.grouped(rules.plain(typed))}
        return answer(request, "pairing/confirm.html", context)
    try:
        services.answer(code_id=found.pk, holder=_me(request), allow=wish == "allow", now=timezone.now())
    except (services.CodeAnsweredError, services.TooManyTokensError) as error:
        form.add_error(None, str(explain(error)))
        return answer(request, "pairing/connect.html", {"form": form}, status=409)
    return answer(request, "pairing/done.html", {"found": found, "allowed": wish == "allow"})


def _waiting(request: HttpRequest, form: CodeForm) -> DeviceCode | None:
    """Return the program behind a typed code; every look is counted, so that nobody finds one by trying."""
    by_account, by_visitor = WRONG_CODES
    limit(request, "pairing.code", rate=by_account, by="account")
    limit(request, "pairing.code", rate=by_visitor)
    if not form.is_valid():
        return None
    try:
        return queries.waiting_code(form.cleaned_data["code"], now=timezone.now())
    except DeviceCode.DoesNotExist:
        form.add_error("code", _("No program waits with this code. Look at it again; a code works for ten minutes."))
        return None


@never_cache
@login_required
@require_safe
def apps(request: HttpRequest) -> HttpResponse:
    """Show the programs that are let in."""
    return _apps(request, NameForm())


def _sure(view: View) -> View:
    """Ask again who it is, where there is a password to ask for: a guest's session came by a mailed link."""
    asked = proved(view)

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        return view(request) if _me(request).is_guest else asked(request)

    return guarded


@never_cache
@login_required
@_sure
@require_http_methods(["GET", "HEAD", "POST"])
def make_password(request: HttpRequest) -> HttpResponse:
    """Make an app password and show it, once."""
    if request.method != "POST":  # back from being asked who it is
        return redirect("pairing:apps")
    form = NameForm(request.POST)
    if not form.is_valid():
        return _apps(request, form, status=422)
    limit(request, "pairing.password", rate="20/h", by="account")
    try:
        row, text = services.issue(
            holder=_me(request), name=form.cleaned_data["name"], kind=AppToken.Kind.PASSWORD, now=timezone.now()
        )
    except RefusedError as error:
        form.add_error(None, str(explain(error)))
        return _apps(request, form, status=409)
    return _apps(request, NameForm(), made=row, text=text)


@never_cache
@login_required
@require_POST
def remove(request: HttpRequest, token_id: int) -> HttpResponse:
    """Sign a program out."""
    try:
        row = access.own_token(_me(request), token_id)
    except AppToken.DoesNotExist:
        raise Http404 from None
    services.revoke(token_id=row.pk, now=timezone.now())
    messages.success(request, _("%(name)s is signed out.") % {"name": row.name})
    return redirect("pairing:apps")


def _apps(
    request: HttpRequest, form: NameForm, *, made: AppToken | None = None, text: str = "", status: int = 200
) -> HttpResponse:
    tokens = list(queries.live_tokens(_me(request)))
    context = {"form": form, "tokens": tokens, "made": made, "text": text}
    return answer(request, "pairing/apps.html", context, status=status)


def _me(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user
