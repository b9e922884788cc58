"""Files of every kind converted into every target, by the command and by the function under it."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from tests import omas
from tests.drills import convert as drill
from tests.integration.media import signals
from tests.sounds import make_picture, make_sound, tune

from bandstand.cli.main import bandstand
from bandstand.kernel.units import Hz
from bandstand.licences import openmg
from bandstand.media import convert, encoders, probe
from bandstand.media.containers import Codec, LockedError, _ea3, oma
from bandstand.media.containers._omaheader import OmaHeader
from bandstand.media.convert import State, _foreign, _place, _run, _unpack, _work
from bandstand.media.convert._kinds import Kind
from bandstand.media.convert._place import NAME
from bandstand.media.convert._plan import IntoItselfError
from bandstand.media.tags import Tags

SCRIPTS = {
    "latin": ("Übermorgen, naïf: Łódź", "Zoë Ångström-Dvořák"),
    "cyrillic": ("Вечерний паром", "Ёлка Щербакова"),
    "japanese": ("夜の海/ライブ", "東京渚カルテット"),
    "hebrew": ("מעבורת הערב", "שלישיית הנמל"),
    "devanagari": ("शाम की नाव", "क्षितिज ज्ञानेश्वर"),
}
OURS = ("lp2", "105", "lp4")
BY_FFMPEG = ("mp3", "flac", "wav", "aac", "opus")
DELAY, FRAME = 1162, 1024
COVER = make_picture(width=80, height=80)


def run(*sources: Path, to: str = "lp2", out: Path, **how: object) -> dict[str, convert.Result]:
    results = convert.convert(sources, out, convert.target_named(to), effort="fast", jobs=2, **how)
    return {result.source.name: result for result in results}


def only(*sources: Path, to: str = "lp2", out: Path) -> convert.Result:
    (result,) = run(*sources, to=to, out=out).values()
    assert result.state is State.MADE, result.reason
    return result


def samples(path: Path, folder: Path) -> np.ndarray:
    """Return the sound (n, c) as floats, ours or anybody's, decoded by our own command's way and ffmpeg."""
    plain = only(path, to="wav", out=folder).target
    raw = folder / f"{path.stem}.raw"
    signals.ffmpeg("-i", str(plain), "-f", "f32le", "-y", str(raw))
    return np.frombuffer(raw.read_bytes(), "<f4").reshape(-1, convert.inspect(plain).sound.channels)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the same tone in every kind of file, ATRAC3 among them, tagged, each in another script."""
    folder = tmp_path_factory.mktemp("sources")
    for (title, artist), kind in zip(SCRIPTS.values(), ("wav", "flac", "mp3", "m4a", "wav"), strict=True):
        name = title.replace("/", "-")
        make_sound(
            folder / f"{name}.{kind}", seconds=1.3, picture=COVER, title=title, artists=(artist,), album=artist, track=7
        )
    (folder / "ours.oma").write_bytes(omas.made("oma", omas.facts(40), omas.frames(40)))
    (folder / "ours.at3").write_bytes(omas.made("at3", omas.facts(40), omas.frames(40)))
    return folder


@pytest.mark.parametrize("to", [*OURS, *BY_FFMPEG])
def test_every_kind_becomes_every_target_with_its_tags_and_cover(sources: Path, tmp_path: Path, to: str):
    found = run(sources, to=to, out=tmp_path)
    assert {result.state for result in found.values()} == {State.MADE}, [r.reason for r in found.values()]
    assert len(found) == 7
    for result in found.values():
        before, after = convert.inspect(result.source), convert.inspect(result.target)
        assert after.tags.title == before.tags.title
        assert after.tags.artists == before.tags.artists
        assert after.tags.picture == before.tags.picture
        assert after.tags.picture is not None
        slack = 60 if to in ("mp3", "aac", "opus") else 1
        assert after.sound.duration_ms == pytest.approx(result.seconds * 1000, abs=slack)


@pytest.mark.parametrize("to", OURS)
def test_the_length_is_kept_to_the_sample_and_ffmpeg_reads_it(sources: Path, tmp_path: Path, to: str):
    result = only(sources / "夜の海-ライブ.mp3", to=to, out=tmp_path)
    proved = probe.probe(result.source)
    sound = convert.inspect(result.target).sound
    assert (sound.mode, sound.samples) == (to, proved.frames)
    assert sound.frames == -(-(proved.frames + DELAY) // FRAME)
    command = [str(encoders.ffmpeg()), "-v", "error", "-f", "oma", "-i", str(result.target), "-f", "s16le", "-"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert not done.stderr
    assert len(done.stdout) == sound.frames * FRAME * 4
    told = subprocess.run(
        [str(encoders.ffmpeg()), "-v", "error", "-i", str(result.target), "-f", "ffmetadata", "-"],
        capture_output=True, check=True, timeout=60,
    ).stdout.decode()  # fmt: skip
    assert f"title={SCRIPTS['japanese'][0]}" in told


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (22_050, 1), (96_000, 6), (37_800, 2), (44_100, 1)])
def test_any_rate_and_width_is_converted_first(tmp_path: Path, rate: int, channels: int):
    sound = np.tile(signals.tone(1, rate=rate, level=0.3), (1, 3))[:, :channels]
    source = signals.write_wav(tmp_path / "odd.wav", sound, rate=rate)
    made = only(source, out=tmp_path / "out").target
    assert convert.inspect(made).sound.samples == pytest.approx(44_100, abs=1)
    heard = samples(made, tmp_path / "back")
    assert heard.shape[1] == 2
    assert np.abs(heard).max() > 0.2
    if channels == 1:
        assert np.array_equal(heard[:, 0], heard[:, 1])
        assert np.abs(heard).max() == pytest.approx(0.3, abs=0.05)  # doubled, not spread


@pytest.mark.parametrize("channels", [2, 6])
def test_what_goes_beyond_full_scale_is_made_softer_as_a_whole(tmp_path: Path, channels: int):
    quiet = tune(3, seconds=2.0) * 0.2
    loud = tune(3, seconds=2.0) * 4.0
    whole = np.concatenate((quiet, loud))[:, [0, 1, 0, 1, 0, 1][:channels]]
    source = tmp_path / "loud.wav"
    raw = tmp_path / "loud.raw"
    raw.write_bytes(whole.astype("<f4").tobytes())
    signals.ffmpeg(
        "-f", "f32le", "-ar", "44100", "-ac", str(channels), "-i", str(raw), "-c:a", "pcm_f32le", str(source)
    )
    heard = samples(only(source, out=tmp_path / "out").target, tmp_path / "back")
    half = len(heard) // 2
    assert 0.8 < np.abs(heard).max() <= 1.0
    ratio = np.sqrt((heard[half:] ** 2).mean() / (heard[:half] ** 2).mean())
    assert ratio == pytest.approx(20.0, rel=0.15)  # one gain for all of it, and nothing cut off


@pytest.mark.parametrize("name", ["ours.oma", "ours.at3"])
def test_atrac3_of_the_same_rate_is_carried_over_frame_by_frame(sources: Path, tmp_path: Path, name: str):
    made = only(sources / name, out=tmp_path).target
    with made.open("rb") as stream:
        reader = oma.OmaReader(stream)
        assert b"".join(reader.payload()) == b"".join(omas.frames(40))
        assert reader.facts.trim == omas.facts(40).trim


def test_a_second_run_makes_only_what_is_missing(sources: Path, tmp_path: Path):
    first = run(sources, out=tmp_path)
    gone = first["ours.at3"].target
    marks = {result.target: result.target.stat().st_mtime_ns for result in first.values()}
    gone.unlink()
    second = run(sources, out=tmp_path)
    assert [name for name, result in second.items() if result.state is State.MADE] == ["ours.at3"]
    assert all(path.stat().st_mtime_ns == mark for path, mark in marks.items() if path != gone)
    third = run(sources, out=tmp_path, force=True)
    assert {result.state for result in third.values()} == {State.MADE}
    assert {result.target for result in third.values()} == set(marks)


def test_what_is_locked_is_named_and_never_decoded_and_the_others_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    music = tmp_path / "Music"
    make_sound(music / "open.flac", seconds=0.5)
    (music / "locked.oma").write_bytes(omas.sealed(openmg.seal(omas.ROOT)))
    shop = make_sound(tmp_path / "shop.m4a", seconds=0.5).read_bytes()
    (music / "shop.m4a").write_bytes(shop.replace(b"ftypM4A ", b"ftypM4P "))
    worked: list[str] = []
    real = _work.make

    def make(source: Path, *arguments: object, **more: object) -> object:
        worked.append(source.name)
        return real(source, *arguments, **more)

    monkeypatch.setattr(_work, "make", make)
    found = run(music, out=tmp_path / "out")
    assert {name: result.state for name, result in found.items()} == {
        "open.flac": State.MADE, "locked.oma": State.LOCKED, "shop.m4a": State.LOCKED,
    }  # fmt: skip
    assert found["locked.oma"].code == "oma.locked"
    assert found["locked.oma"].reason
    assert worked == ["open.flac"]
    assert not found["locked.oma"].target.exists()


def test_the_media_library_never_opens_a_protected_file_whoever_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "locked.oma"
    path.write_bytes(omas.sealed(openmg.seal(omas.ROOT)))
    opened: list[str] = []
    monkeypatch.setattr(av, "open", lambda *a, **b: opened.append("opened"))
    with pytest.raises(LockedError), _foreign.opened(path, Kind.OMA):
        pass
    request = {"path": str(path), "kind": "oma", "target": str(tmp_path / "x.wav"), "samples": 1, "plain": False}
    with pytest.raises(LockedError):
        _unpack.unpack(request)
    assert not opened


@pytest.mark.parametrize("to", ["lp2", "mp3", "wav"])
def test_broken_files_are_named_with_the_reason_and_leave_nothing(tmp_path: Path, to: str):
    music = tmp_path / "Music"
    flac = make_sound(music / "cut.flac", seconds=2.0)
    flac.write_bytes(flac.read_bytes()[:-4000])
    (music / "text.mp3").write_bytes(b"hello")
    whole = omas.made("oma", omas.facts(40), omas.frames(40))
    (music / "cut.oma").write_bytes(whole[:-100])
    (music / "noise.oma").write_bytes(whole[: -20 * omas.LP2] + bytes(20 * omas.LP2))
    found = run(music, to=to, out=tmp_path / "out")
    assert {result.state for result in found.values()} == {State.FAILED}
    assert {result.code for result in found.values()} == {"media.damaged", "media.unsupported"}
    assert all(result.reason for result in found.values())
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_codecs_that_only_the_media_library_reads_are_read_by_their_own_demuxer(tmp_path: Path):
    header = bytearray(2048)
    header[:4], header[264] = b"\x00\x08\x00\x00", 2
    (tmp_path / "disc.aea").write_bytes(bytes(header) + (b"\xac" + bytes(211)) * 40)  # ATRAC1, silent
    frame = 744
    start = bytearray(96)
    start[:8], start[32] = b"EA3\x01\x00\x60\xff\xff", 1
    start[33:36] = (1 << 13 | 2 << 10 | frame // 8 - 1).to_bytes(3, "big")
    (tmp_path / "plus.oma").write_bytes(bytes(start) + (b"\x60" + bytes(frame - 1)) * 20)  # ATRAC3plus, silent
    found = run(tmp_path / "disc.aea", tmp_path / "plus.oma", to="flac", out=tmp_path / "out")
    assert {result.state for result in found.values()} == {State.MADE}, [r.reason for r in found.values()]
    assert convert.inspect(tmp_path / "disc.aea").sound.codec == "atrac1"
    assert probe.probe(found["disc.aea"].target).frames == 20 * 512
    assert probe.probe(found["plus.oma"].target).frames > 18 * 2048


def test_tags_that_cannot_be_read_are_a_note_and_no_reason_to_stop(sources: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(_work, "tags_of", lambda _path, _kind: (Tags(), "They can't be read."))
    (result,) = run(sources / "ours.oma", out=tmp_path).values()
    assert (result.state, result.notes) == (State.MADE, ("They can't be read.",))


def test_progress_counts_the_seconds_of_all_and_ends_with_them(sources: Path, tmp_path: Path):
    told: list[tuple[float, float]] = []
    found = run(sources, out=tmp_path, heard=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == pytest.approx(told[-1][1])
    assert told[-1][1] == pytest.approx(sum(result.seconds for result in found.values()), abs=0.2)


def test_who_stops_listening_ends_what_runs_and_no_half_file_is_left(tmp_path: Path):
    for number in range(6):
        make_sound(tmp_path / "Music" / f"{number}.flac", seconds=8.0, hertz=300 + number)
    results: Iterator[convert.Result] = convert.convert(
        [tmp_path / "Music"], tmp_path / "out", convert.target_named("lp2"), jobs=2
    )
    first = next(results)
    assert first.state is State.MADE
    results.close()  # type: ignore[attr-defined]  # it is a generator
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) < 6
    assert all(convert.inspect(path).sound.duration_ms == 8000 for path in files)
    assert not (tmp_path / "out" / NAME).exists()


@pytest.mark.timeout(300)
def test_kill_9_at_any_moment_leaves_no_half_file_and_the_next_run_makes_what_is_missing(tmp_path: Path):
    drill.make_sources(tmp_path / "Music", 20)
    one = drill.Drill(tmp_path / "Music", tmp_path / "out", "lp2")
    figures = drill.run(one, files=20, kills=3, chance=random.Random(5), longest=0.5)
    assert figures["kills"] in (2, 3)


def test_the_command_tells_one_object_for_each_file_and_ends_with_1_when_something_is_left(tmp_path: Path):
    make_sound(tmp_path / "Music" / "a.flac", seconds=0.5)
    (tmp_path / "Music" / "b.mp3").write_bytes(b"hello")
    arguments = ["convert", str(tmp_path / "Music"), "--to", "lp4", "--out", str(tmp_path / "out"), "--json"]
    done = CliRunner().invoke(bandstand, arguments)
    rows = {Path(row["source"]).name: row for row in map(json.loads, done.stdout.splitlines())}
    assert type(done.exception).__name__ == "SomeLeftError"
    assert (rows["a.flac"]["state"], rows["b.mp3"]["state"]) == ("made", "failed")
    assert rows["b.mp3"]["code"] == "media.unsupported"
    assert rows["a.flac"]["seconds"] == 0.5
    told = json.loads(CliRunner().invoke(bandstand, ["inspect", rows["a.flac"]["target"], "--json"]).stdout)
    assert (told["container"], told["codec"], told["mode"], told["samples"]) == ("oma", "atrac3", "lp4", 22_050)
    assert told["frame_bytes"] == 192


def test_inspect_tells_why_a_file_is_locked_and_shows_its_tags(tmp_path: Path):
    path = tmp_path / "locked.oma"
    path.write_bytes(omas.sealed(openmg.seal(omas.ROOT)))
    told = json.loads(CliRunner().invoke(bandstand, ["inspect", str(path), "--json"]).stdout)
    assert told["protected"]
    assert told["locked"]
    assert told["tags"]["title"] == omas.TAGGED.title
    assert told["cover"]["mime"] == "image/jpeg"
    plain = CliRunner().invoke(bandstand, ["inspect", str(path)]).stdout
    assert "locked" in plain
    assert omas.TAGGED.title in plain


def test_a_full_disk_is_a_reason_and_no_crash(sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_a: object, **_b: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_place, "settle", full)
    (result,) = run(sources / "ours.oma", out=tmp_path).values()
    assert (result.state, result.code) == (State.FAILED, _run.DiskError.code)


def test_a_length_that_lies_stops_nothing_else(tmp_path):
    """The time limit is taken from what a file says of itself: thirty years are more than a clock can wait."""
    source = tmp_path / "in"
    source.mkdir()
    tag = _ea3.padded([_ea3.text(b"TLEN", "999999999999")])
    header = OmaHeader(codec=Codec.MP3, parameters=0x80D900)
    (source / "a.oma").write_bytes(tag.pack() + header.pack() + (b"\xff\xfb\x90\x00" + bytes(413)) * 50)
    make_sound(source / "b.wav", seconds=0.3)
    assert run(source, out=tmp_path / "out")["b.wav"].state is State.MADE


def test_what_is_made_is_no_source_of_the_next_run(tmp_path):
    make_sound(tmp_path / "a.wav", seconds=0.3)
    with pytest.raises(IntoItselfError):
        run(tmp_path, out=tmp_path, to="wav")


def test_atrac3_of_another_rate_is_encoded_anew(tmp_path):
    frames = list(omas.frames(9))
    content = omas.made("oma", replace(omas.facts(9), rate=Hz(48_000)), iter(frames))
    (tmp_path / "a.oma").write_bytes(content)
    assert convert.inspect(tmp_path / "a.oma").sound.mode == ""
    made = only(tmp_path / "a.oma", out=tmp_path / "out").target
    assert convert.inspect(made).sound.rate == 44_100


def test_what_is_no_number_hides_no_peak_and_silences_nothing(tmp_path):
    wrong = np.array([[0.5, 0.5], [np.nan, 2.0], [np.inf, -0.25]], np.float32)
    with (tmp_path / "a.wav").open("w+b") as sink:
        wav = _unpack.Wav(sink)
        wav.begin(44_100, 2)
        wav.write(wrong)
        wav.close()
    kept = np.frombuffer((tmp_path / "a.wav").read_bytes()[-24:], "<f4").reshape(3, 2)
    np.testing.assert_array_equal(kept, np.array([[0.25, 0.25], [0, 1], [0.5, -0.125]], np.float32))


@pytest.mark.parametrize("name", ["song.WAV", "Song.wav"])
def test_force_never_writes_onto_a_source_whatever_its_case(tmp_path, name):
    make_sound(tmp_path / name, seconds=0.2)
    before = (tmp_path / name).read_bytes()
    (result,) = run(tmp_path / name, out=tmp_path, to="wav", force=True).values()
    assert (tmp_path / name).read_bytes() == before
    assert result.state is State.FAILED
