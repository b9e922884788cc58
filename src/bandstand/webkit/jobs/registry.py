"""What can be done: functions registered by name, found in the `jobs.py` of every installed app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, TypeVar

from django.utils.module_loading import autodiscover_modules

from bandstand.kernel.errors import RefusedError
from bandstand.webkit.jobs import rules

F = TypeVar("F", bound=Callable[..., Any])  # its payload's parameters differ, and only tasks return something

_kinds: dict[str, JobKind] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """One thing that workers can do."""

    name: str
    run: Callable[..., Any]  # as F
    queue: str
    lease: timedelta
    every: timedelta | None  # a periodic job, made by the workers themselves
    tries: int


class UnknownJobError(RefusedError):
    """No app registered a job of that name."""

    code = "jobs.unknown"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no job called {name!r}.", hint="Register it in the jobs.py of an installed app.")


def job(
    name: str,
    *,
    queue: str = "default",
    lease: timedelta = rules.LEASE,
    every: timedelta | None = None,
    tries: int = rules.TRIES,
) -> Callable[[F], F]:
    """Register `verb(*, now, progress, **payload)` as what the job `name` ("app.verb") does. It must be idempotent.

    Parameters
    ----------
    name
        What services ask for it by: "app.verb".
    queue
        Where it waits unless `enqueue` says otherwise.
    lease
        After how long without a sign of life its worker counts as dead; at least three seconds.
    every
        Make one in each period of this length, however many workers there are; at most seven days.
    tries
        After how many failures it is parked.
    """
    if every is not None and not timedelta(seconds=1) <= every <= rules.LONGEST_PERIOD:
        raise ValueError(f"{name}: every must be one second to {rules.LONGEST_PERIOD.days} days")
    if lease < rules.SHORTEST_LEASE:
        raise ValueError(f"{name}: a lease must be at least {rules.SHORTEST_LEASE.seconds} seconds")

    def register(run: F) -> F:
        known = _kinds.get(name)
        if known and (known.run.__module__, known.run.__qualname__) != (run.__module__, run.__qualname__):
            raise ValueError(f"{name!r} is registered twice: {known.run.__module__} and {run.__module__}")
        _kinds[name] = JobKind(name=name, run=run, queue=queue, lease=lease, every=every, tries=tries)
        return run

    return register


def kinds() -> Mapping[str, JobKind]:
    """Return all registered jobs by name."""
    autodiscover_modules("jobs")
    return MappingProxyType(_kinds)


def kind(name: str) -> JobKind:
    """Return the job called `name`.

    Raises
    ------
    UnknownJobError
        No installed app has it.
    """
    if name not in _kinds and name not in kinds():
        raise UnknownJobError(name)
    return _kinds[name]
