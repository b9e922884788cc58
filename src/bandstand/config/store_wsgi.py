"""The store as a WSGI application."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from bandstand.config.memory import keep_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bandstand.config.store")
application = get_wsgi_application()
keep_what_is_loaded()
