"""What each role may do. Roles are written here and nowhere else: `bandstand store init` makes them so."""

from __future__ import annotations

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet

OURS = ("bandstand.store.", "bandstand.webkit")
# Support looks at titles, orders and listeners, returns money and answers mails. It sees no books, jobs or events,
# changes no title, and gives nobody a role.
SUPPORT_SEES = (
    "accounts", "assets", "catalogue", "deals", "delivery", "grants", "ingest", "orders", "payments", "plays",
    "pairing", "quality", "receipts", "taxes", "vouchers",
)  # fmt: skip
SUPPORT_DOES = ("orders.add_refund", "accounts.mail_user")


@transaction.atomic
def set_up() -> None:
    """Give the roles their rights: no more and no fewer, however often."""
    for name, rights in (("support", support()), ("manager", manager())):
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(rights)


def support() -> QuerySet[Permission]:
    """Return the rights of support."""
    does = Q()
    for right in SUPPORT_DOES:
        app, codename = right.split(".")
        does |= Q(content_type__app_label=app, codename=codename)
    sees = Q(content_type__app_label__in=SUPPORT_SEES, codename__startswith="view_")
    return Permission.objects.filter(sees | does)


def manager() -> QuerySet[Permission]:
    """Return the rights of a manager: all there are in this store's own apps."""
    labels = [config.label for config in apps.get_app_configs() if config.name.startswith(OURS)]
    return Permission.objects.filter(content_type__app_label__in=labels)
