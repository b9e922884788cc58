"""What intake says about a delivery: to people, to the back office, to `--json`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from bandstand.kernel.errors import BandstandError


class Level(StrEnum):
    """How good something is for sale."""

    PASS = "pass"  # noqa: S105 - a level, no password
    WARN = "warn"
    FAIL = "fail"


class State(StrEnum):
    """What became of a delivery."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that is wrong, or odd: where, which rule, what, and the way out."""

    rule: str
    sentence: str
    hint: str = ""
    file: str = ""  # within the folder; empty: the whole of it
    key: str = ""  # of release.toml: "track[2].isrc"

    @classmethod
    def of(cls, error: BandstandError, *, file: str = "", key: str = "") -> Reason:
        """Return the reason that an error tells."""
        return cls(rule=error.code, sentence=error.sentence, hint=error.hint, file=file, key=key)

    def __str__(self) -> str:
        where = " ".join(part for part in (self.file, self.key) if part)
        text = f"{self.sentence} {self.hint}".strip()
        return f"{where}: {text}" if where else text


@dataclass(slots=True)
class Findings:
    """What was found so far: refusals end the delivery once all of them are known, remarks don't."""

    refusals: list[Reason] = field(default_factory=list)
    remarks: list[Reason] = field(default_factory=list)

    def refuse(self, rule: str, sentence: str, *, hint: str, file: str = "", key: str = "") -> None:
        """Note a reason that refuses the delivery."""
        self.refusals.append(Reason(rule=rule, sentence=sentence, hint=hint, file=file, key=key))

    def remark(self, rule: str, sentence: str, *, hint: str = "", file: str = "", key: str = "") -> None:
        """Note something that people should look at."""
        self.remarks.append(Reason(rule=rule, sentence=sentence, hint=hint, file=file, key=key))

    def level_of(self, file: str) -> Level:
        """Return how a file did."""
        if any(reason.file == file for reason in self.refusals):
            return Level.FAIL
        return Level.WARN if any(reason.file == file for reason in self.remarks) else Level.PASS


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What was found out about one file."""

    name: str
    kind: str  # audio, cover, lyrics, extra, facts
    size: int
    sha256: str
    level: Level
    place: str = ""  # "1.03": disc and number
    measured: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one delivery, and why."""

    state: State
    folder: str
    digest: str = ""
    release_id: int | None = None
    slug: str = ""
    title: str = ""
    reasons: tuple[Reason, ...] = ()
    remarks: tuple[Reason, ...] = ()
    files: tuple[FileReport, ...] = ()
    dry_run: bool = False

    @property
    def level(self) -> Level:
        """The quality check in one word."""
        return Level.FAIL if self.reasons else Level.WARN if self.remarks else Level.PASS

    def report(self) -> dict[str, object]:
        """Return all of it as plain JSON."""
        told = asdict(self)
        told["level"] = self.level
        for name in ("reasons", "remarks"):
            told[name] = _plain(told[name])
        return told


def _plain(reasons: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: value for name, value in reason.items() if value != ""} for reason in reasons]
