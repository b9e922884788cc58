"""A person looks at a finding and takes it as it is."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bandstand.kernel.errors import InputError, RefusedError
from bandstand.store.quality.models import Finding


class FindingClosedError(RefusedError):
    """Somebody accepted the finding before."""

    code = "quality.closed"

    def __init__(self, finding: Finding) -> None:
        self.accepted_at = finding.accepted_at
        super().__init__(f"This was accepted before: {finding.reason}", hint="There is nothing left to do.")


class NoReasonError(InputError):
    """Accepting needs a reason that others can read later."""

    code = "quality.no_reason"

    def __init__(self) -> None:
        super().__init__("Say why this is good as it is.", hint="A few words are enough: “meant so, says the label”.")


@transaction.atomic
def accept(*, finding_id: int, reason: str, by: str, now: datetime) -> Finding:
    """Take a finding as it is, once.

    Raises
    ------
    Finding.DoesNotExist
        There is none of that number.
    NoReasonError
        The reason is empty.
    FindingClosedError
        Somebody was first.
    """
    words = " ".join(reason.split())[:300]
    if not words:
        raise NoReasonError
    open_one = Finding.objects.filter(pk=finding_id, accepted_at=None)
    done = open_one.update(accepted_at=now, accepted_by=by, reason=words)
    finding = Finding.objects.get(pk=finding_id)
    if not done:
        raise FindingClosedError(finding)
    return finding
