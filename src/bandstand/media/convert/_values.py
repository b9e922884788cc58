"""What is told about each file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class State(StrEnum):
    """How it ended."""

    MADE = "made"
    KEPT = "kept"  # it was there before
    LOCKED = "locked"  # protected, so no decoder has seen it
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one source."""

    source: Path
    target: Path
    state: State
    code: str = ""  # of the reason, for machines
    reason: str = ""
    seconds: float = 0.0  # of sound
    notes: tuple[str, ...] = ()  # what was lost on the way

    def told(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return {
            "source": str(self.source),
            "target": str(self.target),
            "state": self.state,
            "code": self.code,
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
            "notes": list(self.notes),
        }
