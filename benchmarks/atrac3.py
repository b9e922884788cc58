"""ATRAC3: what it loses, how fast it is written and read, and how much memory that takes.

Run it from the checkout: `python benchmarks/atrac3.py [--seconds 300] [--seeds 7 3] [--input DIR] [--mode lp2] ...`.
Each line is one process of its own, on one core, after a warm-up that compiles (with the extra `speed`). Sound: music
(seed 7 is what the reference figures are about), castanets, a sweep, something like speech, and with `--input` every
WAV and FLAC of a folder. What is written is decoded by the real ffmpeg, which must have nothing to say and give the
exact number of samples; quality is measured on its output.

Beside it: the figures that a known C++ encoder (atracdenc, 2ee62a6) reached on `music`, seed 7, of 300 s; ffmpeg's MP3
encoder at 128 kbit/s for the time it takes to write; ffmpeg's own ATRAC3 decoder for the time to read.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "src"), str(Path(__file__).resolve().parent)]
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import imageio_ffmpeg
import numpy as np
from loss import before_attacks, lost
from signals import RATE, castanets, music, speech, sweep

from bandstand.media.codecs.atrac3 import CODEC
from bandstand.media.codecs.atrac3.decoder import Decoder
from bandstand.media.codecs.atrac3.encoder import Effort, Encoder

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
PEER = {"lp2": "15.50 22.70 15.07  7.73 30x", "lp4": "13.83 16.83 16.75 10.30 28x"}
MODES = {mode.slug: mode for mode in CODEC.modes}
BLOCK = 1 << 18  # samples that the encoder gets at once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300, help="of music")
    parser.add_argument("--seeds", type=int, nargs="*", default=[7, 3])
    parser.add_argument("--input", type=Path)
    parser.add_argument("--mode", choices=sorted(MODES), nargs="*", default=["lp2", "105", "lp4"])
    parser.add_argument("--effort", choices=list(Effort), nargs="*", default=list(Effort))
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.one:
        print(json.dumps(one(*said.one)))
        return
    with tempfile.TemporaryDirectory(prefix="bandstand-atrac3-") as name:
        print(f"{'':34}   SNR  segSNR  LSD  to 16k  NMR  pre-echo  write    read   memory")
        for title, path in sounds(Path(name), said):
            for mode in said.mode:
                for effort in said.effort:
                    show(title, mode, effort, path)
                if title == "music 7" and mode in PEER:
                    print(f"  {'alternative: known C++ encoder, ' + mode:32}{PEER[mode]}")
            alternatives(path)


def sounds(folder: Path, said: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    """Yield each sound's title and file: float32, beside it where its attacks are."""
    made = [(f"music {seed}", lambda seed=seed: (music(said.seconds, seed), [])) for seed in said.seeds]
    made += [("castanets", castanets), ("sweep", lambda: (sweep(), [])), ("like speech", lambda: (speech(), []))]
    for title, make in made:
        sound, starts = make()
        sound /= max(1, np.abs(sound).max() / 0.98)
        yield title, _kept(folder / "sound.npy", np.round(sound * 32767) / 32768, starts)
    for path in sorted(said.input.rglob("*")) if said.input else ():
        if path.suffix.lower() in {".wav", ".flac"}:
            command = [FFMPEG, "-v", "error", "-i", str(path), "-ac", "2", "-ar", str(RATE), "-f", "f32le", "-"]
            raw = subprocess.run(command, capture_output=True, check=True).stdout
            yield path.name[:30], _kept(folder / "sound.npy", np.frombuffer(raw, np.float32).reshape(-1, 2), [])


def _kept(path: Path, sound: np.ndarray, starts: list[int]) -> Path:
    np.save(path, sound.astype(np.float32))
    path.with_suffix(".json").write_text(json.dumps(starts))
    return path


def show(title: str, mode: str, effort: str, path: Path) -> None:
    """Measure one sound with one mode and effort in a process of its own, and print it."""
    command = [sys.executable, __file__, "--one", mode, effort, str(path), str(path.with_suffix(".oma"))]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    sound = np.load(path).astype(np.float64)
    heard = by_ffmpeg(path.with_suffix(".oma"), len(sound))
    loss, starts = lost(sound, heard), json.loads(path.with_suffix(".json").read_text())
    before = f"{before_attacks(sound, heard, starts):8.1f}" if starts else " " * 8
    print(
        f"  {title + ', ' + mode + ' ' + effort:32}{loss.snr:6.2f}{loss.segmental:7.2f}{loss.distance:7.2f}"
        f"{loss.distance_heard:7.2f}{loss.mask:7.2f}{before}{found['write']:7.0f}x{found['read']:7.0f}x"
        f"{found['memory'] / 1e6:6.0f} MB",
        flush=True,
    )


def one(slug: str, effort: str, source: str, target: str) -> dict[str, float]:
    """Write a sound as a bare OMA file, and decode it; return how many times faster than it plays, and bytes used."""
    mode, sound = MODES[slug], np.load(source, mmap_mode="r")
    warm = Encoder(mode, Effort(effort))
    stream = warm.encode(np.array(sound[: 4 * RATE])) + warm.finish()
    Decoder(mode.frame_bytes, joint=mode.joint).decode(stream)
    encoder, begun = Encoder(mode, Effort(effort)), time.process_time()
    parts = [encoder.encode(np.array(sound[at : at + BLOCK])) for at in range(0, len(sound), BLOCK)]
    stream = b"".join([*parts, encoder.finish()])
    written = time.process_time() - begun
    decoder, begun, step = Decoder(mode.frame_bytes, joint=mode.joint), time.process_time(), 128 * mode.frame_bytes
    for at in range(0, len(stream), step):
        decoder.decode(stream[at : at + step])
    read = time.process_time() - begun
    header = bytearray(b"EA3\1\0\x60\xff\xff" + bytes(88))
    header[33:36] = (mode.joint << 17 | 1 << 13 | mode.frame_bytes // 8).to_bytes(3, "big")
    Path(target).write_bytes(bytes(header) + stream)
    seconds = len(sound) / RATE
    return {"write": seconds / written, "read": seconds / read, "memory": _most()}


def _most() -> int:
    """Return the most memory this program had at once, in bytes; `getrusage` would tell what its parent had, too."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return int(told["VmHWM"].split()[0]) * 1024


def by_ffmpeg(path: Path, samples: int) -> np.ndarray:
    """Return what the real ffmpeg makes of a file, without the codec's delay; it must have nothing to say."""
    done = subprocess.run([FFMPEG, "-v", "error", "-i", path, "-f", "f32le", "-"], capture_output=True, check=True)
    heard = np.frombuffer(done.stdout, np.float32).reshape(-1, 2)
    assert not done.stderr, done.stderr
    assert len(heard) == -(-(samples + CODEC.delay) // CODEC.frame) * CODEC.frame
    return heard[CODEC.delay : CODEC.delay + samples].astype(np.float64)


def alternatives(path: Path) -> None:
    """Print how long ffmpeg takes to write this sound as MP3, and to read the ATRAC3 that was written last."""
    sound = np.load(path)
    raw = ["-f", "f32le", "-ar", str(RATE), "-ac", "2", "-i", "-"]
    mp3 = [FFMPEG, "-v", "error", "-threads", "1", *raw, "-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3", "-"]
    oma = [FFMPEG, "-v", "error", "-threads", "1", "-i", str(path.with_suffix(".oma")), "-f", "f32le", "-"]
    seconds = len(sound) / RATE
    write, read = seconds / _used(mp3, sound.tobytes()), seconds / _used(oma, b"")
    print(f"  {'alternatives: MP3 128, ffmpeg reads':66}{write:7.0f}x{read:7.0f}x")


def _used(command: list[str], said: bytes) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, input=said, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
