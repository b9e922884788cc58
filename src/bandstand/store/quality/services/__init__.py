"""Masters are examined once, their recordings known again, and findings accepted with a reason."""

from bandstand.store.quality.services.accept import FindingClosedError, NoReasonError, accept
from bandstand.store.quality.services.examine import examine, examine_waiting

__all__ = ["FindingClosedError", "NoReasonError", "accept", "examine", "examine_waiting"]
