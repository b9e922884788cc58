"""What every answer must carry, whoever asks for whatever."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.apps import apps
from django.test import Client

pytestmark = pytest.mark.django_db

STRICT = {"default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "script-src 'self'"}
UNNAMED = ["/nothing/", "/backoffice/login/", "/backoffice/nothing/", "/static/nothing.css", "/release/evening-ferry"]
FOR_ALL = {"shopfront:robots", "admin:jsi18n"}  # the same for everybody, so that anybody may keep them
EXACT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def missing(response):
    """Tell what a response lacks."""
    policy = {part.strip() for part in response.headers.get("Content-Security-Policy", "").split(";")}
    lacking = sorted(STRICT - policy)
    if "unsafe" in response.headers.get("Content-Security-Policy", ""):
        lacking.append("a policy without 'unsafe'")
    lacking += [name for name, value in EXACT.items() if response.headers.get(name) != value]
    lacking += [
        name for name in ("Permissions-Policy", "X-Request-Id", "Cache-Control") if name not in response.headers
    ]
    kind = response.headers.get("Content-Type", "")
    if kind.startswith("text/") and "charset=" not in kind:
        lacking.append("charset")
    for cookie in (cookie for cookie in response.cookies.values() if cookie.value):  # an empty one takes back
        if not cookie["httponly"] or cookie["samesite"] != "Lax" or cookie["path"] != "/" or cookie["domain"]:
            lacking.append(f"a closed cookie {cookie.key}")
    return lacking


@pytest.mark.parametrize("who", ["stranger", "ben", "cleo", "ada"])
def test_every_page_has_its_headers_and_none_breaks(everywhere, visitor_of, request, who):
    client = visitor_of(request.getfixturevalue(who) if who != "stranger" else None)
    wrong = []
    for name, path in [*everywhere, *((path, path) for path in UNNAMED)]:
        response = client.get(path)
        if name != "readyz" and (response.status_code >= 500 or missing(response)):
            wrong.append((name, path, response.status_code, missing(response)))
        kept = response.status_code == 200 and "no-store" not in response["Cache-Control"]
        if who != "stranger" and kept and name not in FOR_ALL:
            wrong.append((name, path, response["Cache-Control"], ["no-store"]))
    assert not wrong


@pytest.mark.parametrize(
    ("status", "ask"),
    [
        (400, lambda client: client.get("/", headers={"Host": "evil.example"})),
        (400, lambda client: client.get("/static/webkit/css/base.css", headers={"Host": "evil.example"})),
        (400, lambda client: client.get("/release/%00/")),
        (400, lambda client: client.get("/releases/?after=%00")),
        (403, lambda client: client.post("/basket/put/")),
        (403, lambda client: client.post("/account/sign-in/", {"login": "ben@example.org", "password": "x"})),
        (404, lambda client: client.get("/nothing/")),
        (405, lambda client: client.generic("TRACE", "/")),
        (405, lambda client: client.generic("BREW", "/static/webkit/css/base.css")),
        (405, lambda client: client.delete("/releases/", headers={"X-CSRFToken": "x"})),
        (301, lambda client: client.get("/releases")),
        (302, lambda client: client.get("/orders/")),
        (422, lambda client: client.get("/releases/?after=made-up")),
        (200, lambda client: client.get("/robots.txt")),
    ],
)
def test_refusals_and_redirects_have_the_same_headers(shop, status, ask):
    response = ask(Client(raise_request_exception=False, enforce_csrf_checks=status == 403))
    assert (response.status_code, missing(response)) == (status, [])


def test_a_page_that_breaks_has_the_same_headers(shop, visitor_of, monkeypatch):
    def broken(*_args, **_more):
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr("bandstand.store.catalogue.queries.all_releases", broken)
    response = visitor_of().get("/releases/")
    assert (response.status_code, missing(response)) == (500, [])
    assert b"secret detail" not in response.content


def test_looking_changes_nothing(everywhere, visitor_of, ben, ada):
    """No GET, whoever it is from, makes or takes away a row; sessions and asked-for jobs aside."""
    passing = {
        "sessions.Session", "accounts.SignIn", "jobs.Job", "webkit.Tally",
        "webkit.AuditEvent",  # a refused look is written down
        "mfa.Authenticator",  # these tests give staff their factor when they sign in
        "account.EmailAddress",  # allauth's own
        "takeout.Takeout",  # a list of what somebody owns, frozen so that a download can go on; the same shelf, one row
        "receipts.Issued",  # signed for it; the same state of an order, one row
    }  # fmt: skip
    models = [model for model in apps.get_models() if model._meta.label not in passing]
    before = {model: sorted(model.objects.values_list("pk", flat=True), key=str) for model in models}
    for person in (None, ben, ada):
        for _, path in everywhere:
            visitor_of(person).get(path)
    assert before == {model: sorted(model.objects.values_list("pk", flat=True), key=str) for model in models}


def test_only_machines_post_without_the_forms_secret(everywhere, visitor_of, ben, ada):
    allowed = set()
    for person in (None, ben, ada):
        for name, path in everywhere:
            response = visitor_of(person, enforce_csrf_checks=True).post(path)
            if response.status_code not in {403, 404, 405} and not response.get("Location", "").startswith(
                ("/backoffice/login/", "/account/sign-in/")
            ):
                allowed.add(name)
    assert allowed <= {"orders:webhook", "delivery:check", "takeout:check", "pairing:device_code", "pairing:token"}


BEHIND_TLS = """
import json, django; django.setup()
from django.core.management import call_command
call_command("check", "--deploy", "--fail-level", "WARNING")
call_command("migrate", verbosity=0)
call_command("collectstatic", verbosity=0)
from django.test import Client
from django.utils import timezone
from bandstand.store.deals import queries, services
services.set_up_store(now=timezone.now())
page = Client().get("/account/sign-in/", secure=True, headers={"Host": "music.example.org"})
put = Client().post("/storefronts/", {"storefront": queries.storefronts()[0].slug}, secure=True,
                    headers={"Host": "music.example.org"})
cookies = {**page.cookies, **put.cookies}
print(json.dumps({
    "status": page.status_code, "hsts": page["Strict-Transport-Security"],
    "cookies": {c.key: [bool(c["secure"]), bool(c["httponly"]), c["samesite"], c["path"], c["domain"]]
                for c in cookies.values()},
}))
"""


def test_behind_tls_the_cookies_are_bound_to_the_host_and_nothing_is_left_to_warn_of(tmp_path):
    environment = {
        "DJANGO_SETTINGS_MODULE": "bandstand.config.store",
        "BANDSTAND_DATA": str(tmp_path / "data"),
        "BANDSTAND_SECRET_KEY": "only for this test, only for this test, only for this test 0123456789",
        "BANDSTAND_TICKET_KEYS": "test:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY",
        "BANDSTAND_HOSTS": "music.example.org",
        "BANDSTAND_STORE_URL": "https://music.example.org",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BANDSTAND_")}
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", BEHIND_TLS],
        env=inherited | environment, capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["status"] == 200
    assert said["hsts"] == "max-age=31536000; includeSubDomains; preload"
    closed = [True, True, "Lax", "/", ""]
    assert said["cookies"] == {"__Host-store-session": closed, "__Host-store-csrf": closed}
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
