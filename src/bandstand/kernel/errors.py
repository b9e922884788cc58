"""The error tree.

BandstandError
├── RefusedError   a rule said no
├── InputError     the file or value that was given is wrong
│   └── FormatError
│       └── TruncatedError
├── OutsideError   the world beyond this program failed
└── SetupError     this machine lacks something

Concrete errors live beside the function that raises them. `code` is for machines, the attributes are for tests,
the sentence and its hint are for people. HTTP status and translation are chosen in `webkit.explain`.
"""

from __future__ import annotations


class BandstandError(Exception):
    """Anything that Bandstand tells a person about, with a way out.

    Parameters
    ----------
    sentence
        What happened, a full sentence.
    hint
        What to do next; empty when there is nothing to do.
    """

    code = "bandstand.error"
    retry = False  # whether the same call may succeed later without any change

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        self.sentence, self.hint = sentence, hint
        super().__init__(sentence)

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".strip()


class RefusedError(BandstandError):
    """A rule says no."""

    code = "refused"


class InputError(BandstandError):
    """What was given can't be used as it is."""

    code = "input"


class OutsideError(BandstandError):
    """Something beyond this program failed."""

    code = "outside"
    retry = True


class SetupError(BandstandError):
    """This machine lacks something or is set up wrongly."""

    code = "setup"


class FormatError(InputError):
    """Bytes that break their format: what field, where, what was found and what is allowed."""

    code = "input.format"

    def __init__(self, what: str, *, at: int, found: object, allowed: str) -> None:
        self.what, self.at, self.found, self.allowed = what, at, found, allowed
        super().__init__(f"At byte {at}: {what} is {found!r}; allowed: {allowed}.")


class TruncatedError(FormatError, EOFError):
    """The bytes end too early."""

    code = "input.truncated"
