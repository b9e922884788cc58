"""What both roles' settings share. A role's settings module begins with `from .base import *`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from bandstand import __version__
from bandstand.config import env

PACKAGE = Path(__file__).resolve().parent.parent
VERSION = __version__
SOURCE_URL = env.text("BANDSTAND_SOURCE_URL", "")  # where the running version's source is (AGPL section 13)

DATA = env.folder("BANDSTAND_DATA")
SECRET_KEY = env.text("BANDSTAND_SECRET_KEY")
# Former keys, the latest first: what they signed or sealed is still accepted, for as long as they stand here.
SECRET_KEY_FALLBACKS = env.words("BANDSTAND_SECRET_KEY_FALLBACKS", "")
DEBUG = False
ALLOWED_HOSTS = env.words("BANDSTAND_HOSTS", "localhost,127.0.0.1,[::1]")
# Behind TLS (the default); `no` is for loopback only, where browsers treat http as trustworthy enough.
SECURE = env.boolean("BANDSTAND_SECURE", default=True)

DATABASES = {"default": env.database("BANDSTAND_DATABASE_URL", f"sqlite:///{DATA / 'bandstand.db'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]

MIDDLEWARE = [
    "bandstand.webkit.middleware.request_id",
    "bandstand.webkit.middleware.policies",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    # Whoever answers below this line, with a file, a page or a refusal, does so with all the headers from above.
    "bandstand.webkit.middleware.only_sound_requests",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bandstand.webkit.middleware.ExplainErrors",  # the innermost: it sees what a view let through
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bandstand.webkit.context.page",
            ],
            "builtins": ["bandstand.webkit.templatetags.webkit", "template_partials.templatetags.partials"],
        },
    }
]

CSRF_FAILURE_VIEW = "bandstand.webkit.errors.csrf_failure"
# How many of our own proxies stand in front: so many last entries of X-Forwarded-For, and X-Request-Id, are believed.
TRUSTED_PROXIES = env.integer("BANDSTAND_TRUSTED_PROXIES", 0, low=0, high=8)
# Rate limits count here when it is a Redis or Valkey that all nodes share, else in the database.
CACHES = env.cache("BANDSTAND_CACHE_URL")

STATIC_URL = "/static/"
STATIC_ROOT = env.folder("BANDSTAND_STATIC_ROOT", DATA / "static")
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "bandstand.webkit.fonts.FontFinder",
]
FILES_ROOT = env.folder("BANDSTAND_FILES_ROOT", DATA / "files")
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(FILES_ROOT)}},
    "staticfiles": {"BACKEND": "bandstand.webkit.staticfiles.HashedFiles"},
}

# Sessions are rows, so that signing out ends them everywhere; a visitor without a cookie costs no query.
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

SECURE_SSL_REDIRECT = False  # the proxy in front does that; see deploy/
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "bandstand.store.accounts.breached.BreachedPasswordValidator"},
]
# A list of breached passwords on this machine, as Have I Been Pwned publishes it: one file in the order of the hashes,
# or a folder of ranges.
BREACHED_PASSWORDS = env.text("BANDSTAND_BREACHED_PASSWORDS", "")

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

TASKS: dict[str, dict[str, Any]] = {"default": {"BACKEND": "bandstand.webkit.jobs.backend.LeasedBackend"}}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "bandstand.webkit.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.text("BANDSTAND_LOG_LEVEL", "INFO")},
}

# Uploads and forms are small; files come in through deliveries, not through web requests.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
# No form takes files; those that somebody sends all the same are never written to a disk, however long they are.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # SECURE_SSL_REDIRECT: the proxy's task; health checks speak plain http behind it
]
