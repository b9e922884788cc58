"""Many files at a time: one thread for each, which waits for a child process that does the work."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, TypeVar

from bandstand.kernel.errors import BandstandError, OutsideError
from bandstand.kernel.progress import CancelledError
from bandstand.media.containers import LockedError
from bandstand.media.convert import _work
from bandstand.media.convert._inspect import Sound, described
from bandstand.media.convert._kinds import Kind, kind_of
from bandstand.media.convert._place import NAME, workplace
from bandstand.media.convert._plan import Task, plan
from bandstand.media.convert._values import Result, State
from bandstand.media.recipes import Recipe
from bandstand.media.sniff import LockedMediaError

T = TypeVar("T")
Heard: TypeAlias = Callable[[float, float], None]
"""Called with the seconds of sound that are done, and those of all; from any thread, one at a time."""


class DiskError(OutsideError):
    """A file can't be read or written."""

    code = "convert.disk"

    def __init__(self, error: OSError) -> None:
        where = f" ({Path(str(error.filename)).name})" if error.filename and NAME not in str(error.filename) else ""
        super().__init__(f"{error.strerror or error}{where}.", hint="Check the disk and its free space.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A task whose source was looked at."""

    task: Task
    kind: Kind
    sound: Sound

    @property
    def seconds(self) -> float:
        return (self.sound.duration_ms or 0) / 1000


def convert(
    sources: Sequence[Path],
    out: Path,
    recipe: Recipe,
    *,
    effort: str = "balanced",
    force: bool = False,
    jobs: int | None = None,
    heard: Heard = lambda _done, _total: None,
) -> Generator[Result, None, None]:
    """Make all sources into files below `out` and yield what became of each, as it is done.

    A file that is there is kept, and never looked at, unless `force`. One that fails stops no other. Whoever closes
    the generator ends what runs; no half file is left, however it ends.

    Parameters
    ----------
    effort
        One of EFFORTS, for our own encoder.
    jobs
        Files at the same time; as many as there are processors when it is not told.

    Raises
    ------
    IntoItselfError, InUseError, TooManyError
        The run can't begin.
    """
    tasks = plan(sources, out, suffix=recipe.suffix)
    how = _work.How(recipe=recipe, effort=effort, force=force)
    with workplace(out) as folder:
        yield from _Run(how, folder, jobs or os.cpu_count() or 1, heard).all(tasks)


class _Run:
    def __init__(self, how: _work.How, folder: Path, jobs: int, heard: Heard) -> None:
        self._how, self._folder, self._jobs, self._heard = how, folder, jobs, heard
        self._stopped, self._lock = threading.Event(), threading.Lock()
        self._done, self._total = 0.0, 0.0

    def all(self, tasks: list[Task]) -> Iterator[Result]:
        """Look at all sources first, so that it is known how much there is to do; then make them."""
        pool = ThreadPoolExecutor(self._jobs, thread_name_prefix="convert")
        try:
            known: list[_Known] = []
            for found in _as_done([pool.submit(self._look, task) for task in tasks]):
                if isinstance(found, Result):
                    yield found
                else:
                    known.append(found)
            self._total = sum(one.seconds for one in known)
            places = {id(task): place for place, task in enumerate(tasks)}
            known.sort(key=lambda one: places[id(one.task)])
            yield from _as_done([pool.submit(self._make, one) for one in known])
        finally:
            self._stopped.set()
            pool.shutdown(cancel_futures=True)

    def _look(self, task: Task) -> _Known | Result:
        self._check()
        blank = Result(source=task.source, target=task.target, state=State.FAILED)
        if task.refused is not None:
            return _failed(blank, task.refused)
        if os.path.lexists(task.target) and not self._how.force:
            return replace(blank, state=State.KEPT)
        try:
            kind = kind_of(task.source)
            sound = described(task.source, kind)
            if sound.locked:
                raise LockedError(sound.locked)
        except BandstandError as error:
            return _failed(blank, error)
        except OSError as error:
            return _failed(blank, DiskError(error))
        return _Known(task=task, kind=kind, sound=sound)

    def _make(self, one: _Known) -> Result:
        self._check()
        task, counted = one.task, 0.0
        blank = Result(source=task.source, target=task.target, state=State.FAILED, seconds=one.seconds)

        def tell(share: float) -> None:
            nonlocal counted
            self._check()
            step, counted = one.seconds * share - counted, one.seconds * share
            self._add(step)

        try:
            done = _work.make(task.source, task.target, one.kind, one.sound, self._how, work=self._folder, tell=tell)
        except CancelledError:
            raise
        except BandstandError as error:
            return _failed(blank, error)
        except OSError as error:
            return _failed(blank, DiskError(error))
        finally:
            self._add(one.seconds - counted)
        state = State.MADE if done.made else State.KEPT
        return replace(blank, state=state, seconds=done.duration_ms / 1000, notes=done.notes)

    def _add(self, seconds: float) -> None:
        with self._lock:
            self._done += seconds
            self._heard(self._done, self._total)

    def _check(self) -> None:
        if self._stopped.is_set():
            raise CancelledError


def _failed(blank: Result, error: BandstandError) -> Result:
    locked = isinstance(error, LockedError | LockedMediaError)
    return replace(blank, state=State.LOCKED if locked else State.FAILED, code=error.code, reason=str(error))


def _as_done(futures: list[Future[T]]) -> Iterator[T]:
    """Yield results as they come."""
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()
