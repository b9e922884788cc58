"""What a child process may and may not do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.integration.media import signals

from bandstand.kernel.progress import CancelledError
from bandstand.kernel.units import Seconds
from bandstand.media import _warm, child, probe

SHELL = "/bin/sh"


def python(code: str, **options):
    return child.run([sys.executable, "-I", "-c", code], **{"seconds": 30, **options})


def gone(pid: int) -> bool:
    """Wait until a process is gone, or only its name is left for its parent to collect."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.02)
    return False


def test_output_and_log_come_back():
    done = python("import sys; print('out'); print('log', file=sys.stderr)")
    assert (done.output, done.log) == (b"out\n", "log\n")


def test_a_bad_end_tells_the_last_line_of_the_log():
    with pytest.raises(child.MediaToolError) as failed:
        python("import sys; print('first', file=sys.stderr); print('the reason', file=sys.stderr); sys.exit(3)")
    assert (failed.value.status, failed.value.last_line) == (3, "the reason")


def test_the_environment_is_empty_and_input_is_closed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BANDSTAND_SECRET", "canary")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    told = json.loads(python("import json, os, sys; print(json.dumps([dict(os.environ), sys.stdin.read()]))").output)
    assert "canary" not in json.dumps(told[0])
    assert "PYTHONPATH" not in told[0]
    assert told[1] == ""


def test_no_file_of_the_caller_stays_open(tmp_path: Path):
    with (tmp_path / "open").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        code = f"import os\ntry:\n os.fstat({held.fileno()}); print('open')\nexcept OSError: print('closed')"
        assert python(code).output == b"closed\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="network namespaces are a thing of Linux")
def test_there_is_no_network():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        attempt = f"socket.create_connection(('127.0.0.1', {port}), 5); print('reached')"
        code = f"import socket\ntry:\n {attempt}\nexcept OSError: print('alone')"
        told = python(code).output
    if told == b"reached\n" and subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this kernel gives no network namespaces")
    assert told == b"alone\n"


def test_memory_has_a_limit():
    with pytest.raises(child.MediaToolError, match="MemoryError"):
        python("bytearray(600_000_000)", memory=300_000_000)


def test_a_written_file_has_a_limit(tmp_path: Path):
    code = f"f = open({str(tmp_path / 'big')!r}, 'wb'); f.write(bytes(5_000_000)); f.flush()"
    with pytest.raises(child.MediaToolError):
        python(code, written=1_000_000)
    assert (tmp_path / "big").stat().st_size <= 1_000_000


def test_output_has_a_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(child, "MAX_OUTPUT", 100_000)
    with pytest.raises(child.MediaToolError, match="more than we take"):
        python("import sys\nwhile True: sys.stdout.write('x' * 10_000)")


def test_the_log_keeps_its_end():
    log = python("import sys\nfor n in range(40_000): print('line', n, file=sys.stderr)").log
    assert len(log) <= child.MAX_LOG
    assert log.endswith("line 39999\n")


def test_time_over_kills_the_child_and_all_that_it_started(tmp_path: Path):
    note = tmp_path / "pids"
    with pytest.raises(child.MediaTimeoutError):
        child.run([SHELL, "-c", f"sleep 300 & echo $$ $! > {note}; wait"], seconds=Seconds(1))
    pids = [int(pid) for pid in note.read_text().split()]
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_a_cancelled_caller_leaves_no_child():
    pids: list[int] = []

    def stop(line: str) -> None:
        pids.append(int(line))
        raise CancelledError

    with pytest.raises(CancelledError):
        python("import os, time; print(os.getpid(), flush=True); time.sleep(300)", on_line=stop)
    assert gone(pids[0])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's help for this is Linux's")
def test_a_killed_caller_leaves_no_child(tmp_path: Path):
    note = tmp_path / "pid"
    inner = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid()) + chr(10)); time.sleep(300)"
    call = f"child.run([sys.executable, '-I', '-c', {inner!r}], seconds=300)"
    outer = f"import sys\nfrom bandstand.media import child\n{call}"
    source = str(Path(child.__file__).parents[2])
    with subprocess.Popen([sys.executable, "-c", outer], env={**os.environ, "PYTHONPATH": source}) as caller:
        deadline = time.monotonic() + 20
        while not (note.exists() and note.read_text().endswith("\n")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        caller.send_signal(signal.SIGKILL)
    assert gone(int(note.read_text()))


def test_a_decoder_that_crashes_takes_nobody_along():
    with pytest.raises(child.MediaToolError) as failed:
        python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert failed.value.status == -signal.SIGSEGV


def test_a_program_that_is_not_there_says_so(tmp_path: Path):
    with pytest.raises(child.MediaToolError, match="No such file"):
        child.run([str(tmp_path / "nothing")], seconds=Seconds(5))


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere every call is a program of its own")
def test_each_call_has_a_process_of_its_own_and_one_warm_parent(monkeypatch: pytest.MonkeyPatch, master: Path):
    seen = []
    begin = child._warm.call

    def noted(*given):
        seen.append(begin(*given))
        return seen[-1]

    monkeypatch.setattr(child._warm, "call", noted)
    first, second = probe.probe(master), probe.probe(master)
    assert first == second
    assert [call.returncode for call in seen] == [0, 0]
    assert len([pid for pid in children_of(os.getpid()) if pid == child._warm._process.pid]) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere every call is a program of its own")
def test_calls_of_many_threads_share_the_warm_child(encoded: dict[str, Path]):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(probe.probe, [encoded[kind] for kind in ("flac", "wav", "mp3", "aac") * 4]))
    assert [facts.codec for facts in found] == ["flac", "pcm_s16le", "mp3", "aac"] * 4


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere every call is a program of its own")
def test_threads_that_find_the_warm_child_gone_start_one_and_leave_each_others_calls_alone(master: Path):
    for _ in range(8):
        probe.probe(master)
        os.kill(child._warm._process.pid, signal.SIGKILL)
        with ThreadPoolExecutor(6) as pool:
            assert len(list(pool.map(probe.probe, [master] * 6))) == 6


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere every call is a program of its own")
def test_a_warm_child_that_was_killed_is_started_again(master: Path):
    probe.probe(master)
    os.kill(child._warm._process.pid, signal.SIGKILL)
    assert probe.probe(master).frames > 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere every call is a program of its own")
def test_a_thread_that_ends_takes_no_warm_child_along(master: Path):
    child._warm.close()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(probe.probe, master).result()
    process = child._warm._process
    assert not gone_soon(process.pid)
    probe.probe(master)
    assert child._warm._process is process


def gone_soon(pid: int) -> bool:
    time.sleep(0.2)
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere every call is a program of its own")
def test_time_over_kills_the_fork_and_not_the_warm_child(master: Path):
    probe.probe(master)
    process = child._warm._process
    with pytest.raises(child.MediaTimeoutError):
        child.call("probe", {"path": str(master), "container": "wav"}, seconds=Seconds(0))
    probe.probe(master)
    assert child._warm._process is process
    assert all(gone(pid) for pid in children_of(process.pid))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's help for this is Linux's")
def test_a_caller_that_ends_in_any_way_leaves_no_warm_child(master: Path):
    code = f"probe.probe(Path({str(master)!r}))\nprint(child._warm._process.pid, flush=True)\n"
    for end in ("", "os._exit(1)", "os.kill(os.getpid(), 9)"):
        source = str(Path(child.__file__).parents[2])
        whole = f"import os\nfrom pathlib import Path\nfrom bandstand.media import child, probe\n{code}{end}"
        done = subprocess.run(
            [sys.executable, "-c", whole], env={**os.environ, "PYTHONPATH": source}, capture_output=True, check=False
        )
        assert gone(int(done.stdout))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere every call is a program of its own")
def test_a_fork_has_its_own_limits_and_nothing_else_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BANDSTAND_SECRET", "canary")
    child._warm.close()
    look = tmp_path / "look.py"
    look.write_text(
        "import json, os, resource\n"
        "def look(request):\n"
        "    handles = sorted(int(name) for name in os.listdir('/proc/self/fd'))\n"
        "    limits = [resource.getrlimit(kind)[1] for kind in (resource.RLIMIT_CPU, resource.RLIMIT_NOFILE)]\n"
        "    return {'handles': handles, 'limits': limits, 'env': dict(os.environ), 'nice': os.nice(0)}\n",
        encoding="utf-8",
    )
    # the worker knows only our own functions: one more is put in, in a process of its own
    code = (
        "import os, socket, sys, threading\n"
        f"sys.path[:0] = [{str(tmp_path)!r}, {str(Path(child.__file__).parents[2])!r}]\n"
        "from bandstand.media import _worker, _forking\n"
        "_worker._HANDLERS['look'] = 'look:look'\n"
        "_worker.serve(int(sys.argv[1]))\n"
    )

    def start(control: int):
        return subprocess.Popen([sys.executable, "-I", "-c", code, str(control)], pass_fds=(control,), env={})

    monkeypatch.setattr(child._warm, "_start", start)
    told = child.call("look", {}, seconds=Seconds(9))
    child._warm.close()
    handles: list[int] = told["handles"]  # type: ignore[assignment]  # JSON
    assert [handle for handle in handles if handle > 2] in ([], [3])  # the third is the look itself
    assert told["limits"] == [10, child.MAX_FILES]
    assert "canary" not in json.dumps(told["env"])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere every call is a program of its own")
def test_programs_alone_never_wait_for_the_decoders():
    child._warm.close()
    python("pass")
    process = child._warm._process
    assert process is not None
    loaded = Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")
    assert "libavcodec" not in loaded


@pytest.mark.parametrize(
    "check",
    [
        test_a_bad_end_tells_the_last_line_of_the_log,
        test_no_file_of_the_caller_stays_open,
        test_there_is_no_network,
        test_memory_has_a_limit,
        test_a_written_file_has_a_limit,
        test_time_over_kills_the_child_and_all_that_it_started,
        test_a_cancelled_caller_leaves_no_child,
        test_a_decoder_that_crashes_takes_nobody_along,
        test_a_program_that_is_not_there_says_so,
    ],
)
def test_programs_with_a_launcher_of_their_own_are_held_as_tightly(
    check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(_warm, "USABLE", False)
    check(tmp_path) if check.__code__.co_argcount else check()


def test_what_a_function_tells_meanwhile_comes_before_its_answer(tmp_path: Path):
    source = tmp_path / "tone.wav"
    signals.write_wav(source, signals.tone(13))
    shares: list[str] = []
    request = {"path": str(source), "container": "wav", "target": str(tmp_path / "made.oma"), "mode": "lp2"}
    more = {"effort": "fast", "samples": 13 * 44_100, "measured": False}
    told = child.call("atrac3", request | more, seconds=Seconds(120), on_line=shares.append)
    assert told == {"samples": 13 * 44_100}
    assert [float(share) for share in shares] == pytest.approx([262_144 / 573_300, 524_288 / 573_300, 1], abs=1e-4)
