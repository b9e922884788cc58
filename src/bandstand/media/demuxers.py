"""How the media library is told what it may read: one demuxer, known codecs, plain files, nothing else."""

from __future__ import annotations

from pathlib import Path

from bandstand.media.sniff import Container

DEMUXERS = {
    Container.FLAC: "flac",
    Container.MP3: "mp3",
    Container.MP4: "mov",
    Container.OGG: "ogg",
    Container.WAV: "wav",
    Container.AIFF: "aiff",
}

_PCM = ("u8", "s8", "s16le", "s16be", "s24le", "s24be", "s32le", "s32be", "f32le", "f32be", "f64le", "f64be")
LOSSLESS = frozenset(("flac", "alac", *(f"pcm_{name}" for name in _PCM)))
CODECS = LOSSLESS | {"mp3", "mp3float", "aac", "vorbis", "libvorbis", "opus", "libopus"}


def options(container: Container) -> dict[str, str]:
    """Return the options under which a foreign file of that container may be opened."""
    return {
        "format_whitelist": DEMUXERS[container],
        "protocol_whitelist": "file,pipe",
        "codec_whitelist": ",".join(sorted(CODECS)),
    }


def address(path: Path) -> str:
    """Return a name that the library can't take for anything but a file."""
    return f"file:{path.resolve()}"


def arguments(container: Container, path: Path) -> list[str]:
    """Return the arguments with which the ffmpeg program opens a foreign file."""
    named = [part for name, value in options(container).items() for part in (f"-{name}", value)]
    return [*named, "-f", DEMUXERS[container], "-i", address(path)]
