"""The drill in small, that its judge sees what is wrong, and files that ask for more memory than they are worth."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace
from io import BytesIO

import pytest
from tests.drills import mutate_oma
from tests.omas import facts, frames

from bandstand.kernel.errors import FormatError
from bandstand.media.containers import Codec, _ea3, _omaheader
from bandstand.media.containers._ea3 import Ea3Tag, Frame
from bandstand.media.containers.oma import OmaReader


def test_broken_files_are_read_or_refused():
    tally = mutate_oma.run(400, first=1_000_000)
    assert tally.faults == []
    assert {"read", "FormatError", "TruncatedError", "LockedError"} <= set(tally.ends)


def test_a_careless_reader_is_found():
    assert mutate_oma.run(400, reading=mutate_oma.planted).faults


def test_what_hangs_or_breaks_or_tells_no_place_is_a_fault(monkeypatch: pytest.MonkeyPatch):
    def fail(error: BaseException) -> None:
        raise error

    monkeypatch.setattr(mutate_oma, "SECONDS", 0.05)
    assert mutate_oma.judge(lambda _: time.sleep(5), b"").startswith("fault: SlowError")
    assert mutate_oma.judge(lambda _: fail(MemoryError()), b"").startswith("fault")
    assert mutate_oma.judge(lambda _: fail(KeyError(1)), b"").startswith("fault")
    assert mutate_oma.judge(lambda _: fail(FormatError("x", at=-1, found=0, allowed="")), b"").startswith("fault")
    assert mutate_oma.judge(lambda _: fail(FormatError("x", at=0, found=0, allowed="")), b"") == "FormatError"


@pytest.mark.parametrize(
    "tag",
    [
        Ea3Tag((Frame(b"TXXX", b"\2" + "🎷".encode("utf-16-be") * 4_000_000),)),
        Ea3Tag(tuple(_ea3.named(f"{number}", "🎷" * 4_000) for number in range(900))),
        Ea3Tag((Frame(b"GEOB", b"\2\0" + b"\1\0\0\1" * 3_900_000),)),
        Ea3Tag((Frame(b"APIC", b"\0image/jpeg\0\3\0\xff\xd8\xff" + bytes(15_000_000)),)),
    ],
    ids=["one text", "many texts", "zeros that end nothing", "cover"],
)
def test_the_largest_tag_is_read_within_the_memory_for_it(tag: Ea3Tag):
    content = tag.pack() + replace(_omaheader.of(facts()), protection=1).pack() + b"".join(frames())
    tracemalloc.start()
    try:
        assert mutate_oma.judge(mutate_oma.read, content) == "LockedError"  # within its time
        assert tracemalloc.get_traced_memory()[1] < mutate_oma.MEMORY
    finally:
        tracemalloc.stop()


def test_a_long_file_is_read_a_block_at_a_time():
    sound = b"".join(frames(2_000)) * 40  # 31 MB
    stream = BytesIO(_omaheader.of(facts()).pack() + sound)
    reader = OmaReader(stream)
    tracemalloc.start()
    try:
        taken = sum(len(block) for block in reader.blocks())
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert taken == len(sound)
    assert reader.facts.codec is Codec.ATRAC3
