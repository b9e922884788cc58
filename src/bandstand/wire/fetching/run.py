"""One run: look, fetch in parallel, go round again while the store still makes something."""

from __future__ import annotations

import contextlib
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bandstand.kernel.errors import BandstandError, RefusedError, SetupError
from bandstand.kernel.units import size as size_text
from bandstand.wire.errors import BusyError, LinkEndedError, SignedOutError, UnreachableError
from bandstand.wire.fetching import plan as planning
from bandstand.wire.fetching import pull
from bandstand.wire.fetching.plan import Plan, Wanted
from bandstand.wire.fetching.pull import DamagedError, StoppedError
from bandstand.wire.fetching.state import PARTS, Known, State, locked
from bandstand.wire.v1.client import Store
from bandstand.wire.v1.messages import Manifest

TRIES = 8  # at one file, without a byte gained between them
LOOKS = 5  # at the manifest
RENEWALS = 3  # of the links of one file
_SAVE = 5.0  # seconds between two writings of the state
_TICK = 0.2
_LEAVE = 3.0  # seconds that workers have to stop


class NoRoomError(SetupError):
    """The disk has less room than the files need."""

    code = "fetch.no_room"

    def __init__(self, folder: Path, *, need: int, free: int) -> None:
        self.need, self.free = need, free
        super().__init__(
            f"{size_text(need)} are to be fetched; the disk of {folder} has {size_text(free)} free.",
            hint=f"Make {size_text(need - free)} of room, or choose another disk with --to.",
        )


@dataclass(slots=True)
class Outcome:
    """What a run did, and what is left."""

    plan: Plan
    fetched: int = 0  # files
    received: int = 0  # bytes
    failed: dict[str, str] = field(default_factory=dict)  # path and why

    @property
    def complete(self) -> bool:
        """Whether the folder holds everything, as the store has it."""
        plan = self.plan
        return not (self.failed or plan.changed or plan.unsafe or plan.making or plan.failed or plan.receipts_left)


@dataclass
class Run:
    """Keeps `folder` equal to what is owned at `store`. `report` is called now and then from the calling thread."""

    store: Store
    folder: Path
    wish: str
    jobs: int = 4
    replace: bool = False
    report: Callable[[Run], None] = lambda _: None
    pause: float = 1.0  # the unit of waiting between tries; tests shorten it

    def __post_init__(self) -> None:
        self.state: State | None = None
        self.plan = Plan()
        self.outcome = Outcome(self.plan)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._fatal: BandstandError | None = None
        self._links: dict[str, str] = {}
        self._generation = 0

    def look(self) -> Plan:
        """Return what would be fetched. Only the memory of the folder is written."""
        state = self._opened()
        self.plan = planning.gather(self._patient(lambda: list(self.store.pages(wish=self.wish))))
        planning.compare(self.plan, self.folder, state, replace=self.replace)
        return self.plan

    def fetch(self) -> Outcome:
        """Fetch what is missing, once.

        Raises
        ------
        StoppedError
            `stop` was called, or Ctrl-C pressed.
        BandstandError
            What no further try helps against: signed out, disk full, folder busy.
        """
        try:
            return self._fetch()
        except OSError as error:  # the folder or its memory can't be written
            raise pull.of_disk(error, self.folder) from error

    def _fetch(self) -> Outcome:
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder):
            state = self._opened()
            plan = self.look()
            self.outcome = Outcome(plan, received=0)
            self._links = {one.sha256: one.url for one in plan.wanted.values()}
            self._make_sure_of_room(plan)
            try:
                self._work(plan, state)
            finally:
                state.save()
            if self._fatal is not None:
                raise self._fatal
            if not self.outcome.failed:
                shutil.rmtree(self.folder / PARTS, ignore_errors=True)
            return self.outcome

    def check(self) -> tuple[Plan, list[str]]:
        """Read every file again and return the names of those that are not what the store has; nothing is replaced.

        One whose bytes changed while its time did not is damaged, not edited: the next fetch replaces it.
        """
        state = self._opened()
        plan = self.plan = planning.gather(self._patient(lambda: list(self.store.pages(wish=self.wish))))
        bad = []
        for name, one in plan.wanted.items():
            place, known = self.folder / one.path, state.known(name)
            if place.is_symlink() or not place.is_file():
                bad.append(name)
                continue
            facts = place.stat()
            if planning.digest(place) == one.sha256:
                state.note(name, Known(one.sha256, facts.st_size, facts.st_mtime_ns))
                continue
            bad.append(name)
            if known is not None and (known.size, known.mtime_ns) == (facts.st_size, facts.st_mtime_ns):
                state.note(name, Known(known.sha256, known.size, known.mtime_ns, damaged=True))
        state.save()
        return plan, bad

    def stop(self) -> None:
        """Let every worker stop at its next block; what has come is kept."""
        self._stop.set()

    def _opened(self) -> State:
        if self.state is None:
            self.state = State(self.folder)
        return self.state

    def _make_sure_of_room(self, plan: Plan) -> None:
        begun = 0
        for sha256 in {one.sha256 for one in plan.fetch}:
            with contextlib.suppress(OSError):
                begun += pull.part_of(self.folder, sha256).stat().st_size
        free = shutil.disk_usage(self.folder).free
        if plan.missing - begun > free:
            raise NoRoomError(self.folder, need=plan.missing - begun, free=free)

    def _work(self, plan: Plan, state: State) -> None:
        groups: dict[str, list[Wanted]] = {}
        for one in plan.fetch:
            groups.setdefault(one.sha256, []).append(one)
        todo: queue.SimpleQueue[list[Wanted]] = queue.SimpleQueue()
        for group in groups.values():
            todo.put(group)
        here = {one.sha256: self.folder / one.path for one in plan.kept}
        workers = [
            threading.Thread(target=self._worker, args=(todo, state, here), daemon=True, name=f"fetch-{number}")
            for number in range(min(self.jobs, len(groups)))
        ]
        for worker in workers:
            worker.start()
        saved = time.monotonic()
        try:
            while any(worker.is_alive() for worker in workers):
                time.sleep(_TICK)
                self.report(self)
                if time.monotonic() - saved > _SAVE:
                    state.save()
                    saved = time.monotonic()
        except KeyboardInterrupt:
            self.stop()
        if self._stop.is_set():
            deadline = time.monotonic() + _LEAVE
            for worker in workers:
                worker.join(max(0.0, deadline - time.monotonic()))
            self._fatal = self._fatal or StoppedError()
        self.report(self)

    def _worker(self, todo: queue.SimpleQueue[list[Wanted]], state: State, here: dict[str, Path]) -> None:
        while not self._stop.is_set():
            try:
                group = todo.get_nowait()
            except queue.Empty:
                break
            try:
                self._one(group, state, here.get(group[0].sha256))
            except (SignedOutError, SetupError) as error:
                self._fatal = self._fatal or error
                self.stop()
            except StoppedError:
                break
            except (BandstandError, OSError) as error:
                with self._lock:
                    self.outcome.failed |= {str(one.path): str(error) for one in group}
        self.store.web.close()

    def _one(self, group: list[Wanted], state: State, twin: Path | None) -> None:
        first = group[0]
        if twin is not None and all(pull.reuse(twin, one, self.folder) for one in group):
            self._note(group, state)
            return
        part = self._whole(first)
        pull.settle(part, [self.folder / one.path for one in group], self.folder)
        self._note(group, state)

    def _note(self, group: list[Wanted], state: State) -> None:
        for one in group:
            facts = (self.folder / one.path).stat()
            state.note(str(one.path), Known(one.sha256, facts.st_size, facts.st_mtime_ns))
        with self._lock:
            self.outcome.fetched += len(group)

    def _whole(self, one: Wanted) -> Path:
        """Return a file's whole part, however often the way to it breaks, as long as something comes."""
        tries = renewals = 0
        while True:
            generation, before = self._generation, self.outcome_of(one)
            linked = Wanted(one.path, one.size, one.sha256, self._links.get(one.sha256, one.url))
            try:
                return pull.pull(self.store, linked, self.folder, stopped=self._stop.is_set, progress=self._count)
            except LinkEndedError:
                renewals += 1
                if renewals > RENEWALS:
                    raise
                self._renew(generation)
            except (UnreachableError, BusyError, DamagedError) as error:
                tries = tries + 1 if self.outcome_of(one) <= before else 1
                if tries >= TRIES:
                    raise
                self._wait(error.wait if isinstance(error, BusyError) else min(self.pause * 2**tries, 60.0) / 2)

    def outcome_of(self, one: Wanted) -> int:
        """Return how much of a file has come."""
        try:
            return pull.part_of(self.folder, one.sha256).stat().st_size
        except OSError:
            return 0

    def _renew(self, generation: int) -> None:
        """Get new links for all files, once for all who found theirs ended."""
        with self._lock:
            if self._generation != generation:
                return
            pages = self._patient(lambda: list(self.store.pages(wish=self.wish)))
            self._links |= {file.sha256: file.url for page in pages for title in page.titles for file in title.files}
            self._links |= {file.sha256: file.url for page in pages for file in page.receipts}
            self._generation += 1

    def _count(self, received: int) -> None:
        with self._lock:
            self.outcome.received += received

    def _patient(self, ask: Callable[[], list[Manifest]]) -> list[Manifest]:
        """Ask the store until it answers, as long as trying again may help."""
        for attempt in self._attempts():
            try:
                return ask()
            except (UnreachableError, BusyError) as error:
                if attempt == LOOKS - 1:
                    raise
                self._wait(error.wait if isinstance(error, BusyError) else min(self.pause * 2**attempt, 30.0))
        raise StoppedError

    def _attempts(self) -> Iterator[int]:
        return (attempt for attempt in range(LOOKS) if not self._stop.is_set())

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise StoppedError


def left_over(outcome: Outcome) -> RefusedError | None:
    """Return what to tell when a run ended and the folder is not all there."""
    if outcome.complete:
        return None
    plan = outcome.plan
    facts = [
        (len(outcome.failed), "could not be fetched"),
        (len(plan.changed), "were changed or put there by somebody else and left alone (see --replace)"),
        (len(plan.unsafe), "have names that are not safe to write"),
        (len(plan.failed), "titles could not be made by the store"),
        (plan.making, "titles are still being made by the store"),
        (plan.receipts_left, "receipts are still to be signed by the store"),
    ]
    said = "; ".join(f"{count} {what}" for count, what in facts if count)
    return IncompleteError(f"Not everything is there: {said}.")


class IncompleteError(RefusedError):
    """A run ended without everything being there."""

    code = "fetch.incomplete"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, hint="Run the same again; it fetches only what is missing.")
