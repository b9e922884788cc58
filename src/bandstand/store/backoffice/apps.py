from __future__ import annotations

from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin  # not the class itself: Django would count it among our own


class BackofficeConfig(AppConfig):
    name = "bandstand.store.backoffice"
    label = "backoffice"
    default = True


class AdminConfig(admin.AdminConfig):
    """Django's admin, with our site as the one that every app registers at."""

    default = False
    default_site = "bandstand.store.backoffice.site.Backoffice"

    def ready(self) -> None:
        """Take off what others bring: whoever edits addresses or factors signs in as anybody."""
        super().ready()
        from django.contrib.admin import site  # not before the apps are there

        for label in ("account", "mfa", "auth"):  # the last has groups: roles are written in `roles.py`
            for model in apps.get_app_config(label).get_models():
                if site.is_registered(model):
                    site.unregister(model)
