"""Work on foreign bytes, and heavy work, in a child process with limits; nothing here ever meets a shell.

A child gets limits of time, memory and files, an empty environment, no input, its own session, and no network where
the kernel allows it. It is killed whole when its time is over, when the caller is cancelled or dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bandstand.kernel.errors import BandstandError, OutsideError, SetupError
from bandstand.kernel.units import Bytes, Seconds
from bandstand.media._warm import Call, Warm

MEMORY = Bytes(2 * 1024**3)
MAX_OUTPUT = Bytes(48 * 1024**2)
_LONGEST_WAIT = 3600.0  # seconds at a time: the system takes no wait of more than 24 days
MAX_LOG = Bytes(64 * 1024)
MAX_WRITTEN = Bytes(8 * 1024**3)
MAX_FILES = 64
NICE = 5
BLOCK = 64 * 1024
WARM_FILES = 1024  # three for each call that runs at the same time
LONGEST_LIFE = 7 * 24 * 3600  # seconds of the processor, of the warm child itself, which uses next to none
READER = "the media reader"
_LAUNCH = Path(__file__).with_name("_launch.py")
_WORKER = Path(__file__).with_name("_worker.py")


class MediaToolError(OutsideError):
    """A tool that works on media failed."""

    code = "media.tool"

    def __init__(self, *, tool: str, status: int, last_line: str) -> None:
        self.tool, self.status, self.last_line = tool, status, last_line
        how = f"was stopped by signal {-status}" if status < 0 else f"ended with status {status}"
        super().__init__(
            f"{tool} {how}: {last_line or 'it said nothing'}.",
            hint="Check the file and the free space, then try again.",
        )


class MediaTimeoutError(OutsideError):
    """A tool that works on media took too long."""

    code = "media.timeout"

    def __init__(self, *, tool: str, seconds: float) -> None:
        self.tool, self.seconds = tool, seconds
        super().__init__(
            f"{tool} was stopped after {seconds:g} seconds.", hint="Try again when the machine has less to do."
        )


@dataclass(frozen=True, slots=True)
class Finished:
    """What a child that ended well wrote."""

    output: bytes
    log: str


def run(
    argv: Sequence[str],
    *,
    seconds: Seconds,
    memory: Bytes = MEMORY,
    nice: int = NICE,
    cwd: Path | None = None,
    written: Bytes = MAX_WRITTEN,
    on_line: Callable[[str], None] | None = None,
) -> Finished:
    """Run a program to its end and return what it wrote.

    Parameters
    ----------
    argv
        The program's absolute path and its arguments.
    seconds
        Time limit, by the clock and (on POSIX) of the processor.
    memory
        Limit of the address space.
    written
        Limit of each file that it writes.
    on_line
        Called with each line of its output, which then is not kept; when it raises, the child is killed.

    Raises
    ------
    MediaToolError
        It ended badly; the error carries the last line of its log.
    MediaTimeoutError
        Time is over.
    """
    tool = Path(argv[0]).stem if argv[0] != sys.executable else READER
    warm = _warm_program(argv, seconds, memory, nice, cwd, written)
    if warm is not None:
        return _heard(warm, tool, seconds, on_line)
    try:
        process = subprocess.Popen(
            _command(argv, cpu=int(seconds) + 1, memory=memory, written=written, files=MAX_FILES, nice=nice),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=_environment(),
            close_fds=True,
            start_new_session=True,
        )
    except OSError as error:
        raise SetupError(f"{argv[0]} can't be started: {error.strerror}.", hint="Install Bandstand again.") from error
    with process:
        try:
            output, log = _listen(process, tool, seconds, on_line)
        finally:
            _kill(process)
    if process.returncode != 0:
        raise MediaToolError(tool=tool, status=process.returncode, last_line=_last_line(log))
    return Finished(output, log.decode(errors="replace"))


def call(
    function: str,
    request: Mapping[str, object],
    *,
    seconds: Seconds,
    memory: Bytes = MEMORY,
    refusals: Sequence[type[BandstandError]] = (),
    on_line: Callable[[str], None] | None = None,
) -> dict[str, object]:
    """Run one of our own functions (a name that `_worker` knows) in a child and return its answer.

    Parameters
    ----------
    refusals
        Error classes that the function may raise, with the names of their arguments in `facts`; they are raised again
        here. Any other error is a MediaToolError.
    on_line
        Called with each line before the answer, which is the last one; when it raises, the child is killed.
    """
    lines = _Lines(on_line) if on_line is not None else None
    heard = lines.take if lines is not None else None
    done = _warm_run(function, json.dumps(request), seconds, memory, heard) or run(
        [sys.executable, "-I", str(_WORKER), function, json.dumps(request)],
        seconds=seconds,
        memory=memory,
        on_line=heard,
    )
    try:
        answer = json.loads(done.output if lines is None else lines.last)
    except ValueError as error:
        raise MediaToolError(tool=READER, status=0, last_line="its answer can't be read") from error
    if "refused" in answer:
        for refusal in refusals:
            if refusal.code == answer["refused"]:
                raise refusal(**answer["facts"])
        raise MediaToolError(tool=READER, status=0, last_line=answer["sentence"])
    result: dict[str, object] = answer["result"]
    return result


class _Lines:
    """Hands lines on when the next one has come, so that the last is left over: the answer."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line, self.last = on_line, ""

    def take(self, line: str) -> None:
        if self.last:
            self._on_line(self.last)
        self.last = line


def _warm_run(
    function: str, request: str, seconds: Seconds, memory: Bytes, on_line: Callable[[str], None] | None
) -> Finished | None:
    """Run a function in a fork of the warm child; None: there is none here."""
    if memory > MEMORY:
        return None
    limits = {"cpu": int(seconds) + 1, "memory": memory, "written": MAX_WRITTEN, "files": MAX_FILES}
    process = _warm.call(function, request, limits)
    return None if process is None else _heard(process, READER, seconds, on_line)


def _warm_program(
    argv: Sequence[str], seconds: Seconds, memory: Bytes, nice: int, cwd: Path | None, written: Bytes
) -> Call | None:
    """Begin a program in a fork of the warm child: a launcher of its own costs more than most of what ffmpeg does."""
    if nice != NICE or memory > MEMORY or written > MAX_WRITTEN or not os.access(argv[0], os.X_OK):
        return None
    limits = {"cpu": int(seconds) + 1, "memory": memory, "written": written, "files": MAX_FILES}
    return _warm.run(argv, None if cwd is None else str(cwd.resolve()), limits)


def _heard(process: Call, tool: str, seconds: Seconds, on_line: Callable[[str], None] | None) -> Finished:
    """Hear a fork to its end; one that is left early is killed."""
    with process:
        output, log = _listen(process, tool, seconds, on_line)
    if process.returncode != 0:
        raise MediaToolError(tool=tool, status=process.returncode or 0, last_line=_last_line(log))
    return Finished(output, log.decode(errors="replace"))


def _start_warm(control: int) -> subprocess.Popen[bytes]:
    """Start the warm child under the widest limits that a call may have; each fork sets its own."""
    argv = [sys.executable, "-I", str(_WORKER), "--serve", str(control)]
    return subprocess.Popen(
        _command(argv, cpu=LONGEST_LIFE, memory=MEMORY, written=MAX_WRITTEN, files=WARM_FILES, nice=NICE),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        close_fds=True,
        pass_fds=(control,),
        start_new_session=True,
    )


_warm = Warm(_start_warm)


def _command(argv: Sequence[str], **limits: int) -> list[str]:
    if os.name != "posix":  # no such limits there: time limit and allow-lists remain
        return list(argv)
    return [sys.executable, "-I", "-S", str(_LAUNCH), json.dumps({**limits, "parent": os.getpid()}), *argv]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TMPDIR") if name in os.environ}
    return {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **kept}


def _listen(
    process: subprocess.Popen[bytes] | Call, tool: str, seconds: float, on_line: Callable[[str], None] | None
) -> tuple[bytes, bytes]:
    """Collect output and log until both end; the log keeps its end, the output must fit."""
    deadline = time.monotonic() + seconds
    output, log, line = bytearray(), bytearray(), bytearray()
    assert process.stdout is not None
    assert process.stderr is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, "output")
        selector.register(process.stderr, selectors.EVENT_READ, "log")
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise MediaTimeoutError(tool=tool, seconds=seconds)
            for key, _ in selector.select(min(left, _LONGEST_WAIT)):
                block = os.read(key.fd, BLOCK)
                if not block:
                    selector.unregister(key.fileobj)
                elif key.data == "log":
                    log = (log + block)[-MAX_LOG:]
                elif on_line is None:
                    output += block
                else:
                    line = _tell(line + block, on_line)
            if len(output) > MAX_OUTPUT or len(line) > MAX_OUTPUT:
                raise MediaToolError(tool=tool, status=0, last_line="it wrote more than we take")
    try:
        process.wait(max(deadline - time.monotonic(), 1))
    except subprocess.TimeoutExpired as error:
        raise MediaTimeoutError(tool=tool, seconds=seconds) from error
    return bytes(output), bytes(log)


def _tell(text: bytearray, on_line: Callable[[str], None]) -> bytearray:
    *lines, rest = text.split(b"\n")
    for line in lines:
        on_line(line.decode(errors="replace").strip())
    return rest


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the child and all that it started; one whose end was seen has let go of its number, so it is left alone."""
    if process.returncode is not None:
        return
    if os.name == "posix":
        with contextlib.suppress(
            ProcessLookupError, PermissionError
        ):  # the group is empty (macOS says it the second way)
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _last_line(log: bytes) -> str:
    lines = [line for line in log.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip().rstrip(".")[:300] if lines else ""
