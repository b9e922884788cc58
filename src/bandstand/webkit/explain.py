"""From an error to what a person reads and a browser is told."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.utils.translation import gettext

from bandstand.kernel.errors import BandstandError, InputError, OutsideError, RefusedError, SetupError

# The most telling class first; an error may also say its own status.
_STATUS: tuple[tuple[type[BandstandError], int], ...] = (
    (InputError, 422),
    (RefusedError, 409),
    (SetupError, 500),
)
_OUTSIDE_MAY_WORK_LATER, _OUTSIDE_FAILED = 503, 502


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What happened, the way out, the code for machines and the HTTP status."""

    sentence: str
    hint: str
    code: str
    status: int
    retry_after: int | None = None  # seconds

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".strip()


def explain(error: Exception) -> Explanation:
    """Return what to tell about `error`, in the visitor's language where a translation exists.

    Rows that are missing or other people's are both 404, so that addresses tell nothing about what exists. What we did
    not expect is told without any detail: that belongs in the log.
    """
    if isinstance(error, BandstandError):
        return Explanation(
            sentence=_say(error.sentence),
            hint=_say(error.hint),
            code=error.code,
            status=_status(error),
            retry_after=_retry_after(error),
        )
    if isinstance(error, ObjectDoesNotExist):
        return _not_found()
    if isinstance(error, PermissionDenied):
        return _forbidden()
    return _broken()


def for_status(status: int) -> Explanation:
    """Return what to tell about a bare HTTP status."""
    plain = {
        400: lambda: Explanation(
            sentence=gettext("This request could not be understood."),
            hint=gettext("Go back, load the page again, and try once more."),
            code="request.bad",
            status=400,
        ),
        403: _forbidden,
        404: _not_found,
        405: lambda: Explanation(
            sentence=gettext("This address does not do that."), hint="", code="request.method", status=405
        ),
        503: busy,
    }
    return plain.get(status, _broken)()


def busy() -> Explanation:
    """Return what to tell when the database is too busy to write."""
    return Explanation(
        sentence=gettext("The store is very busy at this moment."),
        hint=gettext("Nothing was changed. Try again in a few seconds."),
        code="busy",
        status=503,
        retry_after=2,
    )


def _say(text: str) -> str:
    return gettext(text) if text else ""  # the empty message id is a catalogue's header


def _status(error: BandstandError) -> int:
    own = getattr(error, "status", None)
    if isinstance(own, int) and not isinstance(own, bool) and 400 <= own <= 599:
        return own
    if isinstance(error, OutsideError):
        return _OUTSIDE_MAY_WORK_LATER if error.retry else _OUTSIDE_FAILED
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def _retry_after(error: BandstandError) -> int | None:
    seconds = getattr(error, "retry_after", None)
    if isinstance(seconds, int):
        return max(1, seconds)
    return 30 if isinstance(error, OutsideError) and error.retry else None


def _not_found() -> Explanation:
    return Explanation(
        sentence=gettext("There is nothing here."),
        hint=gettext("The address may be mistyped, or what was here is gone."),
        code="request.not_found",
        status=404,
    )


def _forbidden() -> Explanation:
    return Explanation(
        sentence=gettext("This is not open to you."),
        hint=gettext("Sign in with an account that may see it."),
        code="request.forbidden",
        status=403,
    )


def _broken() -> Explanation:
    return Explanation(
        sentence=gettext("Something went wrong on our side."),
        hint=gettext("It is written down. Try again in a while."),
        code="broken",
        status=500,
    )
