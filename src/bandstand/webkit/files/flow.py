"""Bodies made of many pieces, sent no faster than they are read.

granian's `response_stream` puts what it is given into a queue without an end: a slow reader of 2 GB costs 2 GB of
memory (measured: 256 MB sent, 260 MB held). Its `response_file` reads only as much as the socket takes. So the body is
a pipe: granian is given the name of its reading end, and a full pipe is what holds the writer back. A reader that
leaves closes the pipe, and the writer learns of it at once.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor
from typing import Protocol, TypeVar

from bandstand.kernel.errors import OutsideError
from bandstand.kernel.units import Bytes
from bandstand.webkit.files.headers import Headers

CHUNK = 256 << 10
_NOW = getattr(os, "SPLICE_F_NONBLOCK", 0)
_ROUND = 4  # chunks until others have their turn with the thread
_OPENED = 30.0  # seconds in which granian opens the pipe; it takes none unless the client has left
_STALLED = 900.0  # seconds without a byte read: at 1 kB/s a socket's buffer lasts for minutes

T = TypeVar("T")


class Piece(Protocol):
    """Bytes of a stored file from `start` up to, not including, `stop`."""

    @property
    def start(self) -> int: ...
    @property
    def stop(self) -> int: ...
    def open(self) -> int:
        """Return a descriptor that the caller closes."""


class Proto(Protocol):
    """What is used of granian's HTTP protocol object."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...
    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None: ...
    def client_disconnect(self) -> Awaitable[None]: ...


class BodyCutError(OutsideError):
    """A stored file ended before its time, so the answer is cut off rather than made up."""

    code = "door.body_cut"

    def __init__(self) -> None:
        super().__init__("A stored file became shorter while it was sent.")


class Source:
    """Pieces, written one after the other into a pipe that takes what it takes."""

    def __init__(self, pieces: Iterator[bytes | Piece]) -> None:
        self._pieces = pieces
        self._piece: bytes | Piece | None = None
        self._at = 0
        self._file = -1
        self._can_splice = hasattr(os, "splice")  # Linux
        self.sent = Bytes(0)

    def fill(self, pipe: int) -> bool | None:
        """Write until the pipe is full (False), all is written (True), or it is others' turn (None)."""
        for _ in range(_ROUND):
            if not self._advance():
                return True
            try:
                taken = self._splice(pipe)
                if taken is None:
                    taken = os.write(pipe, self.peek() or b"")
            except BlockingIOError:
                return False
            self.skip(taken)
        return None

    def _splice(self, pipe: int) -> int | None:
        """Let the system move a file's pages into the pipe, uncopied; None where it can't, or the piece is ours."""
        if isinstance(self._piece, bytes) or self._piece is None or not self._can_splice:
            return None
        try:
            moved = os.splice(self._file, pipe, self._piece.stop - self._at, offset_src=self._at, flags=_NOW)
        except BlockingIOError:
            raise
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
            self._can_splice = False  # not from this kind of file system
            return None
        if not moved:
            raise BodyCutError
        return moved

    def read_all(self) -> bytes:
        """Return everything at once; for small bodies."""
        blocks = []
        while (block := self.peek()) is not None:
            blocks.append(block)
            self.skip(len(block))
        return b"".join(blocks)

    def peek(self) -> bytes | memoryview | None:
        """Return the next bytes, at most a chunk, without going on; None at the end."""
        if not self._advance() or self._piece is None:
            return None
        if isinstance(self._piece, bytes):
            return memoryview(self._piece)[self._at : self._at + CHUNK]
        block = os.pread(self._file, min(CHUNK, self._piece.stop - self._at), self._at)
        if not block:
            raise BodyCutError
        return block

    def _advance(self) -> bool:
        """Come to a piece of which something is left; tell whether there is one."""
        while self._piece is None or self._at == self._stop():
            self.close()
            self._piece = next(self._pieces, None)
            if self._piece is None:
                return False
            if isinstance(self._piece, bytes):
                self._at = 0
            else:
                self._at, self._file = self._piece.start, self._piece.open()
        return True

    def skip(self, count: int) -> None:
        """Go on by `count` bytes."""
        self._at += count
        self.sent = Bytes(self.sent + count)

    def close(self) -> None:
        """Close what is open."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _stop(self) -> int:
        return len(self._piece) if isinstance(self._piece, bytes) else self._piece.stop if self._piece else 0


async def pour(
    proto: Proto, status: int, headers: Headers, pieces: Iterator[bytes | Piece], *, length: Bytes, pool: Executor
) -> Bytes:
    """Send `pieces`, `length` bytes in all, and return how many went out before the end or the reader's leaving.

    Raises
    ------
    FileGoneError, BodyCutError, OSError
        A stored file failed. Nothing was sent when it was among the first; else the connection is cut.

    """
    source = Source(pieces)
    try:
        if length <= CHUNK:
            body = await _in_thread(pool, source.read_all)
            proto.response_bytes(status, [*headers], body)
        else:
            await _through_pipe(proto, status, headers, source, pool)
    finally:
        source.close()
    return source.sent


async def _through_pipe(proto: Proto, status: int, headers: Headers, source: Source, pool: Executor) -> None:
    reader, writer = os.pipe()
    try:
        os.set_blocking(writer, False)
        _widen(writer)
        full: bool | None = None
        while full is None:
            full = await _in_thread(pool, source.fill, writer)
        proto.response_file(status, [*headers], f"/dev/fd/{reader}")
        if full is False:
            await _opened(proto, writer)
        os.close(reader)
        reader = -1
        await _rest(source, writer, pool)
    except (BrokenPipeError, TimeoutError):
        return  # the reader has left, or reads no more
    finally:
        os.close(writer)
        if reader >= 0:
            os.close(reader)


async def _opened(proto: Proto, writer: int) -> None:
    """Return when something was read from the full pipe: granian has opened its own end, and ours may be closed.

    A client that leaves before the answer is taken up is told by `client_disconnect` (and later by nothing but the
    closed pipe).
    """
    read = asyncio.ensure_future(_writable(writer, _OPENED))
    left = asyncio.ensure_future(proto.client_disconnect())
    try:
        await asyncio.wait((read, left), return_when=asyncio.FIRST_COMPLETED)
        if not read.done():
            raise BrokenPipeError
        read.result()
    finally:
        read.cancel()
        left.cancel()


async def _rest(source: Source, writer: int, pool: Executor) -> None:
    while (done := await _in_thread(pool, source.fill, writer)) is not True:
        if done is False:
            await _writable(writer, _STALLED)


async def _in_thread(pool: Executor, work: Callable[..., T], *arguments: object) -> T:
    """Run `work` in a thread; when cancelled, still wait for it: descriptors must not be closed under its hands."""
    call = asyncio.get_running_loop().run_in_executor(pool, work, *arguments)
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        await asyncio.wait([call])
        raise


async def _writable(pipe: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_writer(pipe, _settle, ready)
    try:
        await asyncio.wait_for(ready, seconds)
    finally:
        loop.remove_writer(pipe)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _widen(pipe: int) -> None:
    if sys.platform == "linux":
        import fcntl

        try:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, CHUNK)
        except OSError:
            return  # the user's share of pipe memory is used up: a small pipe works too


def supported(path_exists: Callable[[str], bool] = os.path.exists) -> bool:
    """Tell whether this system names open descriptors, as Linux, the BSDs and macOS do."""
    return path_exists("/dev/fd/0")
