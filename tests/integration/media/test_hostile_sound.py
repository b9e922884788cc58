"""Files that want to be something else, or are broken: refused with a reason, and no other file is read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.integration.media import signals

from bandstand.kernel.units import Seconds
from bandstand.media import child, demuxers, encoders, probe, tags
from bandstand.media.declared import DamagedMediaError
from bandstand.media.sniff import TAKEN, Container, UnsupportedMediaError


@pytest.fixture
def other(master: Path, tmp_path: Path) -> Path:
    """Return somebody else's file."""
    return signals.encode(master, "mp3", tmp_path)


def playlists(other: Path) -> dict[str, bytes]:
    return {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{other}\n#EXT-X-ENDLIST\n".encode(),
        "concat": f"ffconcat version 1.0\nfile '{other}'\n".encode(),
        "tagged": b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + f"#EXTM3U\n#EXTINF:10,\nfile://{other}\n".encode(),
        "sdp": b"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\n",
    }


@pytest.mark.parametrize("kind", ["hls", "concat", "tagged", "sdp"])
@pytest.mark.parametrize("work", [probe.probe, probe.examine, tags.read])
def test_a_list_named_as_sound_is_refused(other: Path, tmp_path: Path, kind: str, work):
    path = tmp_path / "song.mp3"
    path.write_bytes(playlists(other)[kind])
    with pytest.raises(UnsupportedMediaError, match=r"song\.mp3"):
        work(path)


@pytest.mark.parametrize("container", TAKEN)
@pytest.mark.parametrize("kind", ["hls", "concat", "tagged"])
def test_even_past_our_own_look_a_list_gives_no_sound(other: Path, tmp_path: Path, kind: str, container: Container):
    path, taken = tmp_path / "song.mp3", tmp_path / "taken.wav"
    path.write_bytes(playlists(other)[kind])
    command = [
        str(encoders.ffmpeg()),
        "-nostdin",
        "-v",
        "error",
        *demuxers.arguments(container, path),
        "-f",
        "wav",
        str(taken),
    ]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
    assert not taken.exists() or taken.stat().st_size < 200  # at most an empty header

    request = {"path": str(path), "container": container}
    with pytest.raises((DamagedMediaError, UnsupportedMediaError)):
        child.call("probe", request, seconds=Seconds(30), refusals=(DamagedMediaError, UnsupportedMediaError))


@pytest.mark.parametrize("kind", sorted(set(signals.ENCODED)))
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused(encoded: dict[str, Path], tmp_path: Path, kind: str, share: float):
    whole = encoded[kind].read_bytes()
    path = tmp_path / encoded[kind].name
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises((DamagedMediaError, UnsupportedMediaError)) as refused:
        probe.probe(path)
    assert path.name in refused.value.sentence


@pytest.mark.parametrize("kind", ["flac", "oggflac"])
def test_one_changed_byte_in_lossless_sound_is_found(encoded: dict[str, Path], tmp_path: Path, kind: str):
    changed = bytearray(encoded[kind].read_bytes())
    changed[len(changed) * 2 // 3] ^= 0x55
    path = tmp_path / encoded[kind].name
    path.write_bytes(changed)
    with pytest.raises(DamagedMediaError) as refused:
        probe.probe(path)
    assert refused.value.place


def test_an_mp3_with_a_hole_is_refused_where_the_hole_is(encoded: dict[str, Path], tmp_path: Path):
    whole = encoded["mp3"].read_bytes()
    path = tmp_path / "hole.mp3"
    path.write_bytes(whole[: len(whole) // 3] + whole[2 * len(whole) // 3 :])
    with pytest.raises(DamagedMediaError, match=r"missing|broken|Invalid"):
        probe.probe(path)


def test_a_tag_that_claims_gigabytes_is_not_believed(encoded: dict[str, Path], tmp_path: Path):
    path = tmp_path / "giant.mp3"
    path.write_bytes(b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + encoded["mp3"].read_bytes())
    for work in (probe.probe, tags.read):
        with pytest.raises(UnsupportedMediaError, match="ID3"):
            work(path)


def test_old_tags_behind_an_mp3_are_no_damage(encoded: dict[str, Path], tmp_path: Path):
    path = tmp_path / "tagged.mp3"
    path.write_bytes(encoded["mp3"].read_bytes() + b"TAG" + b"x" * 125)
    assert probe.probe(path).duration_ms == pytest.approx(3000, abs=30)


def test_a_video_is_no_sound(master: Path, tmp_path: Path):
    path = tmp_path / "video.mp4"
    signals.ffmpeg(
        "-i", str(master), "-f", "lavfi", "-i", "color=size=64x64:duration=3", "-c:v", "mpeg4", "-c:a", "aac", str(path)
    )
    with pytest.raises(UnsupportedMediaError, match="video"):
        probe.probe(path)


def test_a_cover_inside_is_no_video(encoded: dict[str, Path], tmp_path: Path):
    path = tmp_path / "covered.m4a"
    path.write_bytes(encoded["alac"].read_bytes())
    picture = tmp_path / "cover.jpg"
    signals.ffmpeg("-f", "lavfi", "-i", "color=size=64x64", "-frames:v", "1", str(picture))
    tags.write(path, tags.Tags(title="With a cover"), picture=picture.read_bytes())
    assert probe.probe(path).codec == "alac"


def test_a_codec_that_is_not_taken_is_refused(master: Path, tmp_path: Path):
    path = tmp_path / "adpcm.wav"
    signals.ffmpeg("-i", str(master), "-c:a", "adpcm_ms", str(path))
    with pytest.raises(UnsupportedMediaError, match="coded"):
        probe.probe(path)


@pytest.mark.parametrize(
    "start",
    [b"fLaC", b"RIFF\xff\xff\xff\xffWAVE", b"FORM\0\0\0\0AIFF", b"OggS\0\x02" + bytes(20) + b"\x01\x08OpusHead"],
)
def test_a_good_beginning_and_then_nothing_is_refused(tmp_path: Path, start: bytes):
    path = tmp_path / "start.bin"
    path.write_bytes(start + bytes(5000))
    with pytest.raises((DamagedMediaError, UnsupportedMediaError)):
        probe.probe(path)


def test_mp3_inside_a_wav_is_not_counted_as_samples(master: Path, tmp_path: Path):
    path = tmp_path / "inside.wav"
    signals.ffmpeg("-i", str(master), "-c:a", "libmp3lame", str(path))
    facts = probe.probe(path)
    assert (facts.container, facts.codec, facts.lossless, facts.bits) == (Container.WAV, "mp3", False, None)


def test_a_wav_that_does_not_say_how_long_it_is_is_taken(master: Path, tmp_path: Path):
    whole = bytearray(master.read_bytes())
    whole[40:44] = b"\xff\xff\xff\xff"  # what a recorder leaves that could not go back
    path = tmp_path / "open.wav"
    path.write_bytes(whole)
    assert probe.probe(path).frames == 3 * signals.RATE
