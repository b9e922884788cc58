"""The store: a public server."""

from __future__ import annotations

from bandstand.config import env
from bandstand.config.base import *
from bandstand.config.base import CONTENT_SECURITY_POLICY, DATA, MIDDLEWARE, SECURE, TEMPLATES

INSTALLED_APPS = [
    "bandstand.store.shopfront",
    "bandstand.store.backoffice",
    "bandstand.store.privacy",
    "bandstand.store.takeout",
    "bandstand.store.receipts",
    "bandstand.store.delivery",
    "bandstand.store.plays",
    "bandstand.store.orders",
    "bandstand.store.vouchers",
    "bandstand.store.payments",
    "bandstand.store.grants",
    "bandstand.store.ledger",
    "bandstand.store.quality",
    "bandstand.store.ingest",
    "bandstand.store.deals",
    "bandstand.store.taxes",
    "bandstand.store.assets",
    "bandstand.store.catalogue",
    "bandstand.store.pairing",
    "bandstand.store.accounts",
    "bandstand.webkit.jobs",
    "bandstand.webkit",
    "bandstand.store.backoffice.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_tasks",
    "template_partials",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

TEMPLATES[0]["OPTIONS"]["context_processors"].append("bandstand.store.shopfront.context.visit")

ROOT_URLCONF = "bandstand.config.store_urls"
WSGI_APPLICATION = "bandstand.config.store_wsgi.application"
MIDDLEWARE = [
    *MIDDLEWARE,
    "allauth.account.middleware.AccountMiddleware",
    "bandstand.store.accounts.middleware.watch_sessions",
]

STORE_NAME = env.text("BANDSTAND_STORE_NAME", "Bandstand")
# One port each on loopback; __Host- names want TLS, and cookies ignore ports, so the plain name carries the role.
SESSION_COOKIE_NAME = "__Host-store-session" if SECURE else "store-session"
CSRF_COOKIE_NAME = "__Host-store-csrf" if SECURE else "store-csrf"
LANGUAGE_COOKIE_NAME = "store-language"

STORE_URL = env.text("BANDSTAND_STORE_URL", "http://localhost:8000").rstrip("/")
FILES_URL = env.text("BANDSTAND_FILES_URL", "http://localhost:8001").rstrip("/")
TICKET_KEYS = env.text("BANDSTAND_TICKET_KEYS")
RECEIPT_KEYS = env.text("BANDSTAND_RECEIPT_KEYS", "")  # empty: the file that `bandstand store init` makes
RECEIPT_KEYS_FILE = DATA / "receipt-keys"
RECEIPT_LICENCE = env.text("BANDSTAND_RECEIPT_LICENCE", "")  # empty: the text in receipts/rules.py
CSRF_TRUSTED_ORIGINS = [STORE_URL]

_directives = CONTENT_SECURITY_POLICY["DIRECTIVES"]
_directives["img-src"] = [*_directives["img-src"], FILES_URL]
_directives["media-src"] = [*_directives["media-src"], FILES_URL]
_directives["form-action"] = [*_directives["form-action"], FILES_URL]  # a format is chosen in a form that leads there
_directives["connect-src"] = [*_directives["connect-src"], FILES_URL]  # the player asks why a sound did not play

PAYMENT_PROVIDERS = env.words("BANDSTAND_PAYMENT_PROVIDERS", "manual")
MANUAL_ACCOUNT = env.text("BANDSTAND_MANUAL_ACCOUNT", "")  # where a bank transfer goes; empty: that way is not offered
PRETEND_URL = env.text("BANDSTAND_PRETEND_URL", "")  # the pretend gateway, for trying a shop without money
PRETEND_KEY = env.text("BANDSTAND_PRETEND_KEY", "")
if PRETEND_URL:  # a form that answers with a redirect to the gateway needs its address here
    _directives["form-action"] = [*_directives["form-action"], PRETEND_URL]
STRIPE_URL = env.text("BANDSTAND_STRIPE_URL", "https://api.stripe.com")
STRIPE_PAGES_URL = env.text(
    "BANDSTAND_STRIPE_PAGES_URL", "https://checkout.stripe.com"
)  # or the store's own name there
STRIPE_KEY = env.text("BANDSTAND_STRIPE_KEY", "").strip()
STRIPE_WEBHOOK_SECRET = env.text("BANDSTAND_STRIPE_WEBHOOK_SECRET", "").strip()
if "stripe" in PAYMENT_PROVIDERS:
    _directives["form-action"] = [*_directives["form-action"], STRIPE_PAGES_URL]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/shelf/"
ACCOUNT_ADAPTER = "bandstand.store.accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # a password is only ever chosen through a mailed link
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
PASSWORD_RESET_TIMEOUT = 24 * 3600  # mailed links that choose a password
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = True
# The adapter and the forms count these, for all processes together.
ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": "", "reauthenticate": "", "change_password": ""}
MFA_RATE_LIMITS = {"webauthn_login": ""}
MFA_ADAPTER = "bandstand.store.accounts.factors.FactorsAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an address that has a password has been proved by a mailed link
MFA_RECOVERY_CODE_DIGITS = 12
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "bandstand.store.accounts.forms.CodeForm",
    "reauthenticate": "bandstand.store.accounts.forms.CodeAgainForm",
    "add_webauthn": "bandstand.store.accounts.forms.NewKeyForm",
    "authenticate_webauthn": "bandstand.store.accounts.forms.KeyForm",
    "reauthenticate_webauthn": "bandstand.store.accounts.forms.KeyAgainForm",
    "login_webauthn": "bandstand.store.accounts.forms.KeyAloneForm",
}
SECURITY_CONTACT = env.text("BANDSTAND_SECURITY_CONTACT", "")  # "mailto:security@example.org"; for security.txt

EMAIL_BACKEND = env.text("BANDSTAND_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = env.folder("BANDSTAND_EMAIL_FOLDER", DATA / "mail")
EMAIL_HOST = env.text("BANDSTAND_EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("BANDSTAND_EMAIL_PORT", 25, low=1, high=65535)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("BANDSTAND_EMAIL_FROM", "store@localhost")
