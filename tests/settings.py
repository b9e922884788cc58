"""The store's settings, for tests: a data folder of its own, quick passwords, the database that is named."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("BANDSTAND_DATA", tempfile.mkdtemp(prefix="bandstand-tests-"))
os.environ.setdefault("BANDSTAND_SECRET_KEY", "only for tests, only for tests, only for tests, 0123456789")
os.environ.setdefault("BANDSTAND_TICKET_KEYS", "test:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY")
os.environ.setdefault("BANDSTAND_RECEIPT_KEYS", "test:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY")
os.environ.setdefault("BANDSTAND_SECURE", "no")
os.environ.setdefault("BANDSTAND_PAYMENT_PROVIDERS", "pretend,manual")
os.environ.setdefault("BANDSTAND_PRETEND_URL", "http://127.0.0.1:9")
os.environ.setdefault("BANDSTAND_PRETEND_KEY", "only for tests")

from bandstand.config.store import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]  # noqa: F405
