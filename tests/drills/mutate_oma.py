"""Ten thousand broken OMA and AT3 files: each is read, or refused with the place where it is wrong.

    python -m tests.drills.mutate_oma --count 10000

Whole files of every payload, clear and protected, are cut off, changed in single bits and bytes, given lengths that
lie, and have stretches removed, doubled and swapped. Each is then opened with keys and without, and read in full:
facts, tags, every block, every byte; ATRAC3 is decoded. Anything but a value, a FormatError or a RefusedError is a
fault; so are more than two seconds, and more memory than the limit, which the system itself enforces. `--plant` reads
as a careless reader would; then the run must fail.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from types import FrameType

import numpy as np

from bandstand.kernel.errors import BandstandError, FormatError, RefusedError
from bandstand.kernel.units import Hz
from bandstand.licences import openmg
from bandstand.licences.openmg import Keys
from bandstand.media import containers
from bandstand.media.codecs.atrac3 import LP2, LP4
from bandstand.media.codecs.atrac3.decoder import decoded
from bandstand.media.containers import FORMATS, Codec, Facts
from bandstand.media.containers._omaheader import OmaHeader
from bandstand.media.containers.oma import OmaReader
from bandstand.media.tags import Picture, Tags
from tests import omas
from tests.omas import NODE, ROOT

MEMORY = 200 * 1024 * 1024
SECONDS = 2.0
HELD = (Keys(), Keys(roots=(ROOT,), nodes=(NODE,)))
_LYING = (0, 1, 2, 7, 8, 9, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7F7F7F7F, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_MPEG = b"\xff\xfb\x90\x64" + bytes(413)
_ADTS = b"\xff\xf1\x50\x80" + bytes(60)

Read = Callable[[bytes], None]


class SlowError(Exception):
    """A file took longer than it may."""


@dataclass
class Tally:
    """What came of the files."""

    files: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0


def whole_files() -> list[bytes]:
    """Return the files that are broken afterwards."""
    seal, nodes = openmg.seal(ROOT), openmg.seal(bytes(range(60, 76)), nodes=(bytes(range(80, 96)), NODE))
    large = Tags(title="x", picture=Picture(b"\xff\xd8\xff" + bytes(range(256)) * 4_000, ""))
    stereo = {"rate": Hz(44_100), "channels": 2}
    plus = OmaHeader(codec=Codec.ATRAC3PLUS, parameters=0x00282E).pack()
    return [
        omas.made("oma", omas.facts(), omas.frames()),
        omas.made("oma", omas.facts(2), omas.frames(2), large),
        omas.sealed(seal),
        omas.sealed(nodes),
        omas.sealed(None, sound=Facts(codec=Codec.MP3, **stereo), payload=_MPEG * 9),
        omas.sealed(seal, sound=Facts(codec=Codec.AAC, **stereo), payload=_ADTS * 40),
        omas.sealed(nodes, sound=Facts(codec=Codec.LPCM, **stereo), payload=bytes(5_000)),
        plus + bytes(5_000),
        omas.made("at3", omas.facts(), omas.frames()),
        omas.made("at3", omas.facts(), omas.frames(), Tags()),
        *(omas.made(slug, *omas.encoded(mode)) for slug in ("oma", "at3") for mode in (LP2, LP4)),
    ]


def broken(whole: bytes, rng: random.Random) -> bytes:
    """Break a file in one to four ways."""
    content = bytearray(whole)
    for _ in range(rng.randint(1, 4)):
        if len(content) > 8:
            rng.choice(_WAYS)(content, rng)
    return bytes(content)


def _place(content: bytearray, rng: random.Random) -> int:
    """Return a place that is likely to mean something: near the start, near a header, or anywhere."""
    headers = [content.find(sign) for sign in (b"EA3", b"KEYRING", b"fmt ", b"GEOB", b"fact", b"data", b"TXXX")]
    near = rng.choice([0, *(at for at in headers if at >= 0)]) + rng.randint(-20, 100)
    return min(max(rng.choice([near, near, rng.randrange(len(content))]), 0), len(content) - 1)


def _cut(content: bytearray, rng: random.Random) -> None:
    del content[rng.choice([_place(content, rng), rng.randrange(len(content))]) :]


def _flip(content: bytearray, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 8)):
        content[_place(content, rng)] ^= 1 << rng.randrange(8)


def _overwrite(content: bytearray, rng: random.Random) -> None:
    at = _place(content, rng)
    content[at : at + rng.randint(1, 16)] = rng.randbytes(rng.randint(1, 16))


def _lie(content: bytearray, rng: random.Random) -> None:
    at, length = _place(content, rng), rng.choice([1, 2, 4, 4])
    value = rng.choice(_LYING) & ((1 << 8 * length) - 1)
    content[at : at + length] = value.to_bytes(length, rng.choice(["big", "little"]))


def _remove(content: bytearray, rng: random.Random) -> None:
    at = _place(content, rng)
    del content[at : at + rng.randint(1, 64)]


def _double(content: bytearray, rng: random.Random) -> None:
    at = _place(content, rng)
    content[at:at] = bytes(content[at : at + rng.randint(1, 64)]) * rng.choice([1, 1, 2, 500])


def _swap(content: bytearray, rng: random.Random) -> None:
    one, other = _place(content, rng), _place(content, rng)
    content[one : one + 8], content[other : other + 8] = content[other : other + 8], content[one : one + 8]


_WAYS = (_cut, _flip, _flip, _overwrite, _lie, _lie, _remove, _double, _swap)


def read(content: bytes) -> None:
    """Read a file in full, with keys and without; whatever stops the first must not stop the second."""
    found = containers.recognise(content[:64])
    for keys in HELD:
        for plugin in [found] if found else FORMATS:
            with contextlib.suppress(FormatError, RefusedError) if keys is HELD[0] else contextlib.nullcontext():
                reader = plugin.open(BytesIO(content), keys)
                facts = reader.facts
                if isinstance(reader, OmaReader):
                    _ = reader.tags, reader.tag.pack(), reader.header.pack()
                _drain(reader.blocks(), len(content))
                if facts.frame_bytes:
                    _drain(reader.blocks((facts.frames or 0) // 2, frames=3), len(content))
                _drain(reader.payload(), len(content))
                if facts.codec is Codec.ATRAC3:
                    _decode(reader.blocks(), facts)


def _decode(blocks: Iterator[bytes], facts: Facts) -> None:
    assert facts.frame_bytes
    samples, channels = facts.trim.samples if facts.trim else None, facts.channels or 2
    size = {"frame_bytes": facts.frame_bytes, "joint": facts.joint, "channels": channels}
    for sound in decoded(blocks, **size, samples=samples):
        assert np.isfinite(sound).all(), "sound that is no number"


def _drain(blocks: Iterator[bytes], most: int) -> None:
    taken = 0
    for block in blocks:
        taken += len(block)
        assert block, "an empty block"
        assert taken <= most, "more sound than there is file"


def judge(reading: Read, content: bytes) -> str:
    """Return how reading a file ends; what begins with "fault" must not be.

    A FormatError without a place, and an error of another kind, are faults.
    """
    try:
        with _within(SECONDS):
            reading(content)
    except FormatError as error:
        return type(error).__name__ if error.at >= 0 else f"fault: {error!r} has no place"
    except RefusedError as error:
        return type(error).__name__
    except (Exception, RecursionError, MemoryError, BandstandError) as error:  # noqa: BLE001  # whatever it is, it is a fault
        return f"fault: {type(error).__name__}: {error}"
    return "read"


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SlowError(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    theirs, _ = signal.setitimer(signal.ITIMER_REAL, seconds)  # a test's own time limit goes on afterwards
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, theirs)
        signal.signal(signal.SIGALRM, before)


def run(count: int, *, first: int = 0, reading: Read = read) -> Tally:
    """Break and read `count` files; the same `first` gives the same files."""
    wholes, tally = whole_files(), Tally()
    for whole in wholes:
        if (end := judge(reading, whole)) != "read":
            tally.faults.append(f"a whole file: {end}")
    for seed in range(first, first + count):
        rng = random.Random(seed)
        content = broken(rng.choice(wholes), rng)
        began = time.perf_counter()
        end = judge(reading, content)
        tally.slowest = max(tally.slowest, time.perf_counter() - began)
        tally.files += 1
        tally.ends[end.partition(":")[0]] += 1
        if end.startswith("fault"):
            tally.faults.append(f"seed {seed}: {end}")
    return tally


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _cap() -> None:
    """Let the system refuse what goes beyond MEMORY from now on."""
    with open("/proc/self/statm", encoding="ascii") as told:
        taken = int(told.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))


def planted(content: bytes) -> None:
    """Read as a careless reader would, which believes a length."""
    if content[:3] == b"ea3":
        content[20 + int.from_bytes(content[14:18], "big")]
    read(content)


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=10_000, help="files to break")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--plant", action="store_true", help="read as a careless reader would")
    said = parser.parse_args()
    run(20)  # whatever is loaded at first use is loaded
    _cap()
    before, began = _peak(), time.monotonic()
    tally = run(said.count, first=said.first, reading=planted if said.plant else read)
    for name, number in sorted(tally.ends.items()):
        print(f"{name:>16}  {number:>8,}")
    print(f"{tally.files:,} files, {time.monotonic() - began:.0f} s, the slowest {tally.slowest * 1000:.0f} ms")
    peak = _peak()
    print(f"peak {peak / 1e6:.0f} MB, {(peak - before) / 1e6:.0f} MB for the files; allowed {MEMORY / 1e6:.0f} MB")
    for fault in tally.faults[:50]:
        print(fault)
    print(f"{len(tally.faults)} faults." if tally.faults else "Each was read, or refused with a reason.")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
