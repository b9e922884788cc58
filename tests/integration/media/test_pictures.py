"""Covers: sizes, colours, and pictures that want to do harm."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from bandstand.media import pictures
from bandstand.media.pictures import PictureRefusedError


def drawn(width: int, height: int, kind: str = "PNG", mode: str = "RGB", **options) -> bytes:
    """Return a picture: three quarters teal, one quarter orange."""
    picture = Image.new("RGB", (width, height), "#006070")
    picture.paste("#f08020", (0, 0, width // 2, height // 2))
    sink = io.BytesIO()
    picture.convert(mode).save(sink, kind, **options)
    return sink.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, data: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :]


def zipped(content: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cover.png", content)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "CMYK"), ("JPEG", "L"), ("WEBP", "RGB")]
)
def test_facts_of_every_kind_and_mode(kind: str, mode: str):
    facts = pictures.examine_picture(drawn(300, 200, kind, mode))
    assert (facts.width, facts.height, facts.media_type) == (300, 200, f"image/{kind.lower()}")


def test_the_palette_leads_with_the_colour_that_stands_out():
    first, second, third = pictures.dominant(drawn(400, 400))
    assert {first, second} == {"#006070", "#f08020"}
    assert len(third) == 7


def test_one_colour_gives_three_times_that_colour():
    assert pictures.dominant(drawn(1, 1)) == ("#006070",) * 3


def test_all_sizes_fit_their_square_and_keep_proportions(tmp_path: Path):
    source = tmp_path / "cover.png"
    source.write_bytes(drawn(2000, 1000))
    made = pictures.resize(source, pictures.SIZES, tmp_path / "out")
    assert [(one.path.name, one.width, one.height) for one in made] == [
        ("96.webp", 96, 48),
        ("240.webp", 240, 120),
        ("480.webp", 480, 240),
        ("960.webp", 960, 480),
        ("1600.webp", 1600, 800),
        ("1600.jpg", 1600, 800),
    ]
    for one in made:
        with Image.open(one.path) as picture:
            assert picture.size == (one.width, one.height)
            assert Image.MIME[picture.format or ""] == one.media_type
            assert one.size == one.path.stat().st_size


def test_a_small_picture_is_not_blown_up(tmp_path: Path):
    made = pictures.resize(drawn(200, 200), (96, 480), tmp_path)
    assert [(one.width, one.height) for one in made] == [(96, 96), (200, 200), (200, 200)]


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path):
    source = drawn(700, 700, "JPEG")
    first = pictures.resize(source, (240, 1600), tmp_path / "a")
    second = pictures.resize(source, (240, 1600), tmp_path / "b")
    assert [one.sha256 for one in first] == [one.sha256 for one in second]


def test_nothing_but_the_picture_is_carried_over(tmp_path: Path):
    exif = Image.Exif()
    exif[0x010E] = "canary"
    made = pictures.resize(drawn(300, 300, "JPEG", exif=exif), (96, 480), tmp_path)
    assert all(b"canary" not in one.path.read_bytes() for one in made)


def test_a_picture_is_turned_as_its_camera_says(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    facts = pictures.examine_picture(drawn(300, 200, "JPEG", exif=exif))
    assert (facts.width, facts.height) == (200, 300)


def test_sixteen_bits_of_grey_stay_grey(tmp_path: Path):
    sink = io.BytesIO()
    Image.frombytes("I;16", (64, 64), struct.pack("<H", 0x8000) * 4096).save(sink, "PNG")
    assert pictures.dominant(sink.getvalue())[0] == "#808080"


def test_transparency_lies_on_white():
    sink = io.BytesIO()
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(sink, "PNG")
    assert pictures.dominant(sink.getvalue())[0] == "#ffffff"


HOSTILE = {
    "too many pixels": lambda: png(30_000, 30_000, zlib.compress(bytes(30_000 * 3_751), 9)),
    "just too many": lambda: png(7_200, 7_200, zlib.compress(bytes(7_200 * 901), 9)),
    "a strip": lambda: png(1_000_000, 1, zlib.compress(bytes(125_001), 9)),
    "svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "svg with a head": lambda: b"\n<?xml version='1.0'?><!DOCTYPE svg><svg/>",
    "zip bomb": lambda: zipped(bytes(20_000_000)),
    "gif": lambda: drawn(10, 10, "GIF"),
    "bmp": lambda: drawn(10, 10, "BMP"),
    "cut off": lambda: drawn(900, 900)[:900],
    "a flipped bit": lambda: flipped(drawn(300, 300), 60),
    "only a name": lambda: b"\x89PNG\r\n\x1a\n",
    "empty": lambda: b"",
    "html": lambda: b"<html><img src=x onerror=alert(1)>",
    "riff": lambda: b"RIFF\x10\0\0\0WAVEfmt ",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_is_refused_and_nothing_is_written(tmp_path: Path, name: str):
    source = tmp_path / "cover.jpg"
    source.write_bytes(HOSTILE[name]())
    out = tmp_path / "out"
    with pytest.raises(PictureRefusedError, match=r"cover\.jpg") as refused:
        pictures.resize(source, pictures.SIZES, out)
    assert refused.value.why
    assert list(out.iterdir()) == []
    with pytest.raises(PictureRefusedError):
        pictures.examine_picture(source)


def test_a_picture_of_too_many_bytes_is_not_even_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pictures, "MAX_BYTES", 100)
    with pytest.raises(PictureRefusedError, match="MB"):
        pictures.examine_picture(drawn(300, 300))
