from __future__ import annotations

from typing import ClassVar

from django.db import models


class Mark(models.Model):
    """Somebody finished the work of a job."""

    key = models.CharField(max_length=100)
    pid = models.IntegerField()

    objects: ClassVar[models.Manager[Mark]] = models.Manager()
