"""How a running job tells how far it is, and learns that it must stop."""

from __future__ import annotations

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.progress import CancelledError


class LeaseLostError(RefusedError):
    """Another worker has the job now: what this one does counts no more."""

    code = "jobs.lease_lost"

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__("The lease of this job ran out, and another worker has it now.")


class ReleasedError(RefusedError):
    """The worker has to end and gives its job back, to be begun again by another."""

    code = "jobs.released"

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__("The worker ends; the job goes back and is begun again by another.")


class JobProgress:
    """What a job's function is given as `progress`. Calling it costs nothing: the pulse writes it down once a second.

    It never touches the database itself, so it may be called inside a transaction.
    """

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self.done = 0
        self.total: int | None = None
        self.message = ""
        self._stop: RefusedError | None = None

    def __call__(self, done: int, /) -> None:
        """Count `done` more.

        Raises
        ------
        CancelledError
            Somebody cancelled the job.
        LeaseLostError, ReleasedError
            The job is, or is to be, another worker's.
        """
        self.done += done
        self.check()

    def expect(self, total: int) -> None:
        """Say how much there is to do in all, in the unit that is counted."""
        self.total = total

    def say(self, message: str) -> None:
        """Say in a few words what is being done now; 200 characters are kept."""
        self.message = message[:200]

    def check(self) -> None:
        """Raise as a call does, and count nothing: for long steps without a measure."""
        if self._stop is not None:
            raise self._stop

    def stop(self, error: CancelledError | LeaseLostError | ReleasedError) -> None:
        """Make the next call raise `error`; the first reason stands. Called from the pulse."""
        self._stop = self._stop or error

    @property
    def facts(self) -> tuple[int, int | None, str]:
        """What is worth writing down."""
        return self.done, self.total, self.message
