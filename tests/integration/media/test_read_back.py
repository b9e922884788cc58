"""Tags of every format in many scripts, read back by mutagen and by ffprobe alike: two programs that aren't ours."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import mutagen
import pytest
from tests.integration.media import signals
from tests.sounds import make_picture

from bandstand.media import pipeline, probe, tags
from bandstand.media.digest import digest
from bandstand.media.recipes import RECIPES, Kind
from bandstand.media.tags import Tags

FORMATS = [  # but OMA, which neither of the two programs reads tags of; `test_convert` reads those by ffmpeg
    recipe for recipe in RECIPES if recipe.kind is Kind.DOWNLOAD and recipe.suffix != ".oma"
]
SCRIPTS = {  # title, artist, role and words, each as its readers write it
    "latin": ("Übermorgen, naïf: Łódź", "Zoë Ångström-Dvořák", "zpěv", "První řádek\nDruhý řádek"),
    "cyrillic": ("Вечерний паром", "Ёлка Щербакова", "вокал", "Первая строка\nВторая строка"),
    "japanese": ("夜の海/ライブ", "東京渚カルテット", "歌", "一行目\n二行目"),
    "arabic": ("عبّارة المساء", "فرقة الميناء", "غناء", "السطر الأول\nالسطر الثاني"),
    "hebrew": ("מעבורת הערב", "שלישיית הנמל", "שירה", "שורה ראשונה\nשורה שנייה"),
    "devanagari": ("शाम की नाव", "क्षितिज ज्ञानेश्वर", "गायन", "पहली पंक्ति\nदूसरी पंक्ति"),
}
NAMES = {  # how the two show what has another name in some container
    "tsrc": "isrc", "publisher": "label", "organization": "label", "ipub": "label", "tpro": "phonogram",
    "artist-sort": "artist_sort", "sort_artist": "artist_sort", "artistsort": "artist_sort", "lyrics-und": "lyrics",
    "rating": "explicit", "itunesadvisory": "explicit", "imus": "composer", "iaar": "album_artist", "albumartist":
    "album_artist", "catalognumber": "number", "tracknumber": "track", "discnumber": "disc",
}  # fmt: skip
ID3 = {
    "TIT2": "title", "TPE1": "artist", "TSOP": "artist_sort", "TALB": "album", "TPE2": "album_artist",
    "TCOM": "composer", "TDRC": "date", "TCON": "genre", "TSRC": "isrc", "TPUB": "label", "TCOP": "copyright",
    "TPRO": "phonogram", "TLAN": "language", "TRCK": "track", "TPOS": "disc",
}  # fmt: skip
MP4 = {
    "\xa9nam": "title", "\xa9ART": "artist", "soar": "artist_sort", "\xa9alb": "album", "aART": "album_artist",
    "\xa9wrt": "composer", "\xa9day": "date", "\xa9gen": "genre", "cprt": "copyright", "\xa9lyr": "lyrics",
    "trkn": "track", "disk": "disc", "rtng": "explicit",
}  # fmt: skip
INFO = {"title", "artist", "album", "album_artist", "composer", "date", "genre", "isrc", "label", "copyright",
        "language", "track", "cover"}  # fmt: skip


@pytest.fixture(scope="session")
def plain(master: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the master in every format."""
    folder, facts = tmp_path_factory.mktemp("plain"), probe.probe(master)
    for recipe in FORMATS:
        pipeline.make(recipe, master, folder / f"{recipe.slug}{recipe.suffix}", facts=facts)
    return {recipe.slug: folder / f"{recipe.slug}{recipe.suffix}" for recipe in FORMATS}


def said(script: str) -> Tags:
    title, artist, role, words = SCRIPTS[script]
    return Tags(
        title=title, artists=(artist,), artists_sort=(f"{artist}, {title}",), album=f"{title} ({artist})",
        album_artists=(artist,), track=3, tracks=12, disc=1, discs=2, date="2026-10-02", genre=role,
        isrc="QZB3T2600002", barcode="2900000010017", label=f"{artist} {role}", catalogue_number="HL-001",
        composers=(artist,), credits=((role, artist),), lyrics=words, copyright=f"© 2026 {artist}",
        phonogram=f"℗ 2026 {artist}", language="und", url="https://shop.example/release/x/", explicit=True,
        track_gain=-7.03, track_peak=0.988553, album_gain=-6.5, album_peak=1.023,
    )  # fmt: skip


def expected(script: str) -> dict[str, str]:
    title, artist, role, words = SCRIPTS[script]
    return {
        "title": title, "artist": artist, "artist_sort": f"{artist}, {title}", "album": f"{title} ({artist})",
        "album_artist": artist, "track": "3", "disc": "1", "date": "2026-10-02", "genre": role,
        "isrc": "QZB3T2600002", "barcode": "2900000010017", "label": f"{artist} {role}", "number": "HL-001",
        "composer": artist, "performer": f"{artist} ({role})", "lyrics": words, "copyright": f"© 2026 {artist}",
        "phonogram": f"℗ 2026 {artist}", "language": "und", "website": "https://shop.example/release/x/",
        "explicit": "1", "replaygain_track_gain": "-7.03 dB", "replaygain_track_peak": "0.988553",
        "replaygain_album_gain": "-6.50 dB", "replaygain_album_peak": "1.023000", "cover": "yes",
    }  # fmt: skip


def tidy(found: dict[str, str]) -> dict[str, str]:
    """Give the same names to the same things, and write Opus gains (RFC 7845, 5.2.1) as ReplayGain."""
    named = {NAMES.get(name.lower(), name.lower()): value for name, value in found.items()}
    for kind in ("track", "album"):
        if steps := named.pop(f"r128_{kind}_gain", ""):
            named[f"replaygain_{kind}_gain"] = f"{int(steps) / 256 + 5:.2f} dB"
    for name in ("track", "disc"):
        named[name] = named.get(name, "").partition("/")[0]
    return named


def seen_by_ffprobe(path: Path) -> dict[str, str]:
    show = "format_tags:stream_tags:stream=codec_type,codec_name"
    command = [signals.judge("ffprobe"), "-v", "error", "-of", "json", "-show_entries", show, str(path)]
    told = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    cover = any(stream["codec_name"] == "mjpeg" for stream in told["streams"])
    whole = {**told["streams"][0].get("tags", {}), **told["format"].get("tags", {})}
    return tidy(whole) | {"cover": "yes" if cover else "no"}


def seen_by_mutagen(path: Path) -> dict[str, str]:
    file = mutagen.File(path)
    found: dict[str, str] = {}
    cover = bool(getattr(file, "pictures", ()))
    for name, value in file.tags.items():
        if isinstance(value, list):
            first = value[0]
            if isinstance(first, tuple):
                found[MP4.get(name, name)] = str(first[0])
            elif name == "covr" or name.upper() == "METADATA_BLOCK_PICTURE":
                cover = True
            else:
                text = first.decode() if isinstance(first, bytes) else str(first)
                found[MP4.get(name, name.removeprefix("----:com.apple.iTunes:"))] = text
        elif name.startswith("TXXX:"):
            found[name.removeprefix("TXXX:")] = str(value.text[0])
        elif name.startswith("USLT"):
            found["lyrics"] = value.text
        elif name.startswith("APIC"):
            cover = True
        elif name in ID3:
            found[ID3[name]] = str(value.text[0])
    return tidy(found) | {"cover": "yes" if cover else "no"}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("slug", [recipe.slug for recipe in FORMATS])
def test_mutagen_and_ffprobe_read_the_same_in_every_script(
    plain: dict[str, Path], tmp_path: Path, slug: str, script: str
):
    path = tmp_path / plain[slug].name
    tags.retag(plain[slug], path, said(script), picture=make_picture(width=60, height=60))
    wanted = expected(script)
    by_mutagen, by_ffprobe = seen_by_mutagen(path), seen_by_ffprobe(path)
    assert {name: by_mutagen.get(name) for name in wanted} == wanted
    if slug == "wav":  # where there is an INFO list, ffmpeg leaves the ID3 chunk aside, but for its cover
        wanted = {name: value for name, value in wanted.items() if name in INFO}
    assert {name: by_ffprobe.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("slug", [recipe.slug for recipe in FORMATS])
def test_several_artists_and_credits_are_all_there(plain: dict[str, Path], tmp_path: Path, slug: str):
    path = tmp_path / plain[slug].name
    people = tuple((role, artist) for _, artist, role, _ in SCRIPTS.values())
    artists = tuple(artist for _, artist in people)
    tags.retag(plain[slug], path, Tags(title="All", artists=artists, credits=people), picture=None)
    told = tags.read(path)
    assert told.artists == artists
    assert told.credits == people


@pytest.mark.parametrize("slug", [recipe.slug for recipe in FORMATS])
def test_a_copy_with_other_tags_tells_its_own_digest_and_has_the_same_sound(
    plain: dict[str, Path], tmp_path: Path, slug: str
):
    path = tmp_path / plain[slug].name
    before = digest(plain[slug])
    told = tags.retag(plain[slug], path, said("japanese"), picture=make_picture(width=900, height=900))
    assert told == digest(path)
    assert digest(plain[slug]) == before
    raw = []
    for one in (plain[slug], path):
        raw.append(tmp_path / f"{len(raw)}.raw")
        signals.ffmpeg("-i", str(one), "-map", "0:a", "-f", "f32le", str(raw[-1]))
    assert raw[0].read_bytes() == raw[1].read_bytes()


def test_the_checksum_in_a_flac_file_is_that_of_its_samples(plain: dict[str, Path], tmp_path: Path):
    path = tmp_path / "song.flac"
    tags.retag(plain["flac"], path, said("latin"), picture=None)
    command = [signals.judge("ffmpeg"), "-v", "error", "-i", str(path), "-f", "s16le", "-"]
    samples = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    assert f"{mutagen.File(path).info.md5_signature:032x}" == hashlib.md5(samples, usedforsecurity=False).hexdigest()
