from __future__ import annotations

from typing import Any, NoReturn

from django.db import models


class Tally(models.Model):
    """How often somebody did something in a span that began with the first time. It does not tell who."""

    key = models.CharField(primary_key=True, max_length=64)  # a keyed digest of what and who
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at:%H:%M}"


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    """Events are written and read; what was written stays, until its time is over (`audit.forget`)."""

    def update(self, **kwargs: object) -> NoReturn:
        raise TypeError("An audit event is never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit events end by audit.forget() alone.")


class AuditEvent(models.Model):
    """Who did what to which row, and when. Names and addresses have no place here: rows are told by their keys."""

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=80, db_index=True)  # "user:7", "command", "job:orders.reconcile"
    action = models.CharField(max_length=80, db_index=True)  # "orders.receive"
    row_kind = models.CharField(max_length=80, blank=True)  # "orders.order"
    row_key = models.CharField(max_length=64, blank=True)
    sentence = models.CharField(max_length=500)
    request_id = models.CharField(max_length=64, blank=True)

    objects = AuditQuerySet.as_manager()
    expired = models.Manager["AuditEvent"]()  # for audit.forget() alone

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["row_kind", "row_key"], name="audit_by_row")]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor}"

    def save(self, **kwargs: Any) -> None:  # Any: what Django's own takes
        if not self._state.adding:
            raise TypeError("An audit event is never changed.")
        super().save(**kwargs)

    def delete(self, using: Any = None, keep_parents: bool = False) -> NoReturn:  # noqa: FBT001, FBT002 - Django's own
        raise TypeError("Audit events end by audit.forget() alone.")
