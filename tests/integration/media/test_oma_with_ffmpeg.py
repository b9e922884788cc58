"""OMA and AT3 files of ours, read by the real ffmpeg, and its files read by us."""

from __future__ import annotations

import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from tests import omas
from tests.integration.media import signals
from tests.omas import NODE, ROOT

from bandstand.kernel.units import Bytes, Frames, Hz
from bandstand.licences import openmg
from bandstand.licences.openmg import Keys
from bandstand.media import encoders
from bandstand.media.containers import FORMATS, Codec, Facts, oma
from bandstand.media.tags import Tags

COUNT = 40
NAMED = Tags(title="Wet Street", artists=("Åse",))  # and no cover: ffmpeg would look into it
OTHER = {
    Codec.MP3: ("-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"),
    Codec.AAC: ("-c:a", "aac", "-f", "adts"),
    Codec.LPCM: ("-c:a", "pcm_s16be", "-f", "s16be"),
}


@pytest.fixture(params=["pinned", "system"])
def program(request: pytest.FixtureRequest) -> str:
    """Return the ffmpeg of the pinned package, and the system's where there is one."""
    if request.param == "pinned":
        return str(encoders.ffmpeg())
    return signals.judge("ffmpeg")


def run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [program, "-nostdin", "-v", "error", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


def pcm(program: str, *arguments: str | Path) -> bytes:
    done = run(program, *arguments, "-f", "f32le", "-")
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.fixture
def clear(tmp_path: Path) -> Path:
    return put(tmp_path / "clear.oma", omas.made("oma", omas.facts(COUNT), omas.frames(COUNT)))


def test_a_file_of_ours_decodes_whole_and_without_a_word(program: str, clear: Path):
    sound = pcm(program, "-i", clear)
    assert len(sound) == COUNT * 1024 * 2 * 4
    assert any(sound)


@pytest.mark.parametrize(("length", "joint"), [(384, False), (304, False), (192, True)])
def test_every_mode_is_taken(program: str, tmp_path: Path, length: int, joint: bool):
    silent = bytes.fromhex("a00008") + bytes(length // 2 - 3)
    frame = silent + silent if not joint else silent + bytes(length // 2 - 5) + bytes.fromhex("7ffc000800")[::-1]
    told = Facts(codec=Codec.ATRAC3, rate=Hz(44_100), channels=2, frame_bytes=Bytes(length), joint=joint, frames=5)
    for slug in ("oma", "at3"):
        path = put(tmp_path / f"silent.{slug}", omas.made(slug, told, iter([frame] * 5), NAMED))
        assert pcm(program, "-i", path) == bytes(5 * 1024 * 2 * 4)


def test_the_same_frames_sound_the_same_in_wav(program: str, clear: Path, tmp_path: Path):
    in_wav = put(tmp_path / "song.at3", omas.made("at3", omas.facts(COUNT), omas.frames(COUNT), NAMED))
    assert pcm(program, "-i", in_wav) == pcm(program, "-i", clear)


@pytest.mark.parametrize("slug", ["oma", "at3"])
def test_what_ffmpeg_copies_out_of_our_files_we_read(program: str, clear: Path, tmp_path: Path, slug: str):
    copied = tmp_path / f"copied{'.wav' if slug == 'at3' else '.oma'}"
    assert run(program, "-i", clear, "-c", "copy", "-y", copied).stderr == b""
    with copied.open("rb") as stream:
        reader = FORMATS.get(slug).open(stream, Keys())
        assert b"".join(reader.blocks()) == b"".join(omas.frames(COUNT))
        assert (reader.facts.rate, reader.facts.frame_bytes, reader.facts.joint) == (44_100, 384, False)


@pytest.mark.parametrize("key", [ROOT, NODE], ids=["root key", "node key"])
def test_ffmpeg_opens_what_we_protect_with_our_key_to_identical_sound(
    program: str, clear: Path, tmp_path: Path, key: bytes
):
    seal = openmg.seal(ROOT, nodes=(bytes(range(50, 66)), NODE))
    path = put(tmp_path / "sealed.oma", omas.sealed(seal, COUNT))
    assert pcm(program, "-cryptokey", key.hex(), "-i", path) == pcm(program, "-i", clear)


@pytest.mark.parametrize("key", [NODE, None], ids=["another key", "no key"])
def test_ffmpeg_gets_nothing_without_our_key(program: str, tmp_path: Path, key: bytes | None):
    path = put(tmp_path / "sealed.oma", omas.sealed(openmg.seal(ROOT), COUNT))
    done = run(program, *(("-cryptokey", key.hex()) if key else ()), "-i", path, "-f", "f32le", "-")
    assert done.returncode != 0
    assert done.stdout == b""


def test_ffmpeg_seeks_in_what_we_protect(program: str, clear: Path, tmp_path: Path):
    path = put(tmp_path / "sealed.oma", omas.sealed(openmg.seal(ROOT), COUNT))
    sought = pcm(program, "-ss", "0.5", "-cryptokey", ROOT.hex(), "-i", path)
    assert sought == pcm(program, "-ss", "0.5", "-i", clear)
    assert sought


@pytest.mark.parametrize("codec", OTHER, ids=str)
def test_other_sound_decodes_from_our_file_as_it_does_alone(program: str, tmp_path: Path, codec: Codec):
    if codec is Codec.AAC and b"version 5." in run(program, "-version").stdout:
        pytest.skip("ffmpeg 5 knows no AAC in OMA")
    master = signals.write_wav(tmp_path / "tone.wav", signals.tone(1.01))
    alone = tmp_path / "alone"
    signals.ffmpeg("-i", str(master), "-bitexact", *OTHER[codec], str(alone))
    told = Facts(codec=codec, rate=Hz(44_100), channels=2, duration_ms=1010)
    kind = {Codec.LPCM: ("-f", "s16be", "-ac", "2")}.get(codec, ("-f", str(codec)))
    expected = pcm(program, *kind, "-i", alone)
    assert len(expected) > 44_100 * 8
    for seal, key in ((None, ()), (openmg.seal(ROOT), ("-cryptokey", ROOT.hex()))):
        path = put(tmp_path / "song.oma", omas.sealed(seal, sound=told, payload=alone.read_bytes()))
        assert pcm(program, *key, "-i", path) == expected
        with path.open("rb") as stream:
            reader = oma.OmaReader(stream, Keys(roots=(ROOT,)))
            assert b"".join(reader.payload()) == alone.read_bytes()
            assert (reader.facts.rate, reader.facts.channels, reader.facts.duration_ms) == (44_100, 2, 1010)


def test_ffmpeg_shows_our_tags(program: str, tmp_path: Path):
    said = Tags(
        title="Wet Street 雨 🎷",
        artists=("Åse", "Bo"),
        album="Harbour",
        album_artists=("The Quay",),
        track=3,
        tracks=12,
        genre="Jazz",
        date="2024-05-17",
    )
    path = put(tmp_path / "song.oma", omas.made("oma", omas.facts(), omas.frames(), said))
    told = run(program, "-i", path, "-f", "ffmetadata", "-").stdout.decode()
    found = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    assert found["title"] == "Wet Street 雨 🎷"
    assert found["artist"] == "Åse\\; Bo"  # the semicolon is escaped in this kind of listing
    assert (found["album"], found["album_artist"], found["genre"]) == ("Harbour", "The Quay", "Jazz")
    assert (found["track"], found["OMG_TRACK"]) == ("3/12", "3")
    assert found["date"].startswith("2024")
    assert found["OMG_TRLDA"] == "2024/05/17 00:00:00"
    assert found["TLEN"] == "183"


def test_a_seal_over_a_trailing_piece_leaves_it_clear_for_ffmpeg_too(program: str, tmp_path: Path):
    payload = bytes(range(255, -1, -1)) * 10  # two packets and a half
    told = Facts(codec=Codec.LPCM, rate=Hz(44_100), channels=2)
    path = put(tmp_path / "pcm.oma", omas.sealed(openmg.seal(ROOT), sound=told, payload=payload))
    done = run(program, "-cryptokey", ROOT.hex(), "-i", path, "-c", "copy", "-f", "s16be", "-")
    assert (done.stdout, done.stderr) == (payload, b"")
    assert oma.OmaReader(BytesIO(path.read_bytes())).facts.frames == Frames(3)
