"""Recognising files by their first bytes."""

from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.media.demuxers import DEMUXERS
from bandstand.media.sniff import Container, UnsupportedMediaError, expected_suffixes, sniff

MPEG = b"\xff\xfb\x90\x64" + bytes(413)  # MPEG-1 layer III, 128 kbit/s at 44.1 kHz: 417 bytes
OPUS = b"OggS\0\x02" + bytes(20) + b"\x01\x13" + b"OpusHead" + bytes(11)


def box(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body


def id3(length: int, body: bytes) -> bytes:
    return b"ID3\x04\0\0" + bytes((length >> shift & 0x7F) for shift in (21, 14, 7, 0)) + body


def mp4(brand: bytes, entry: bytes) -> bytes:
    stsd = box(b"stsd", struct.pack(">II", 0, 1) + box(entry, bytes(28)))
    tree = box(b"moov", box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", stsd)))))
    return box(b"ftyp", brand + bytes(4)) + tree


TAKEN = [
    (b"fLaC" + bytes(40), Container.FLAC),
    (id3(100, bytes(100) + b"fLaC"), Container.FLAC),
    (MPEG * 5, Container.MP3),
    (bytes(300) + MPEG * 5, Container.MP3),
    (id3(2000, bytes(2000) + MPEG * 5), Container.MP3),
    (id3(10, bytes(10)) + id3(10, bytes(10)) + b"junk" + MPEG * 5, Container.MP3),
    (MPEG * 2, Container.MP3),
    (OPUS, Container.OGG),
    (b"RIFF\0\0\0\0WAVEfmt ", Container.WAV),
    (b"RF64\xff\xff\xff\xffWAVEds64", Container.WAV),
    (b"FORM\0\0\0\0AIFC", Container.AIFF),
    (mp4(b"M4A ", b"mp4a"), Container.MP4),
]

REFUSED = [
    (b"", "empty"),
    (b"#EXTM3U\n#EXTINF:10,\nfile:///other.mp3\n", "playlist"),
    (b"\xef\xbb\xbf\n#EXTM3U\n", "playlist"),
    (b"ffconcat version 1.0\nfile /other.mp3\n", "ffconcat"),
    (b"PK\x03\x04" + bytes(30), "zip"),
    (b"<!DOCTYPE html><title>x</title>", "HTML"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    (b"<?xml version='1.0'?><smil/>", "XML"),
    (b"\x89PNG\r\n\x1a\n" + bytes(30), "PNG"),
    (b"\xff\xd8\xff\xe0" + bytes(30), "JPEG"),
    (b"RIFF\0\0\0\0AVI LIST", "AVI"),
    (b"RIFF\0\0\0\0WEBPVP8 ", "WebP"),
    (b"\xff\xf1\x50\x80" + bytes(30), "ADTS"),
    (b"ea3\x03" + bytes(6) + b"EA3\x01\x00\x60\x00\x80" + bytes(90), "protected"),
    (b"EA3\x01\x00\x60\xff\xff" + bytes(90), "ATRAC"),
    (b"EA3\x01\x00\x60\xff\x80" + bytes(90), "ATRAC"),
    (b"EA3\x01\x00\x60\xff\xfe" + bytes(90), "protected"),
    (b"RIFF\0\0\0\0WAVEJUNK\x01\0\0\0xxfmt \x20\0\0\0\x70\x02" + bytes(30), "ATRAC3"),
    (mp4(b"M4P ", b"drms"), "protected"),
    (mp4(b"M4A ", b"drms"), "protected"),
    (mp4(b"avif", b"av01"), "picture"),
    (box(b"ftyp", b"M4A " + bytes(4)) + box(b"mdat", bytes(9)), "index"),
    (id3(0x0FFFFFFF, bytes(100) + MPEG * 5), "ID3"),
    (id3(20, bytes(20) + b"#EXTM3U\nfile:///other.mp3"), "ID3"),
    (OPUS.replace(b"OpusHead", b"Speex   "), "Speex"),
    (b"only words", "text"),
    (bytes(64), "don't know"),
]


@pytest.mark.parametrize(("content", "container"), TAKEN)
def test_a_sound_is_known_by_its_first_bytes(tmp_path: Path, content: bytes, container: Container):
    path = tmp_path / "named.txt"
    path.write_bytes(content)
    assert sniff(path) is container


@pytest.mark.parametrize(("content", "found"), REFUSED)
def test_anything_else_is_refused_by_what_it_is(tmp_path: Path, content: bytes, found: str):
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    with pytest.raises(UnsupportedMediaError) as refused:
        sniff(path)
    assert found in refused.value.found
    assert "song.mp3" in refused.value.sentence
    assert "FLAC" in refused.value.hint


def test_one_frame_header_in_the_middle_of_nothing_is_no_mp3(tmp_path: Path):
    path = tmp_path / "chance.mp3"
    path.write_bytes(MPEG + bytes(5000))
    with pytest.raises(UnsupportedMediaError):
        sniff(path)


def test_frames_of_two_rates_are_no_mp3(tmp_path: Path):
    path = tmp_path / "mixed.mp3"
    path.write_bytes((MPEG + b"\xff\xfb\x94\x64" + bytes(380)) * 3)
    with pytest.raises(UnsupportedMediaError):
        sniff(path)


@given(st.sampled_from([content for content, _ in TAKEN + REFUSED if content]), st.data())
def test_any_bytes_give_a_container_or_a_refusal(content: bytes, data: st.DataObject):
    changed = bytearray(content[:400])
    for _ in range(data.draw(st.integers(0, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.NamedTemporaryFile() as sink:
        sink.write(changed[: data.draw(st.integers(0, len(changed)))])
        sink.flush()
        try:
            assert sniff(Path(sink.name)) in DEMUXERS
        except UnsupportedMediaError:
            return  # the other right answer


def test_each_container_has_its_usual_name_ending():
    assert all(suffix.startswith(".") for container in Container for suffix in expected_suffixes(container))
    assert expected_suffixes(Container.MP4)[0] == ".m4a"


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path):
    path = tmp_path / "pipe.mp3"
    os.mkfifo(path)
    with pytest.raises(UnsupportedMediaError, match="no file"):
        sniff(path)
