"""Writes the demo's delivery folders: sound, tags, cover, synced lyrics and `release.toml`, as a label sends them.

Tracks are made by several processes. A folder is written under a hidden name and renamed when it is whole, so whoever
watches the place only ever sees finished deliveries.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import wave
from collections.abc import Collection
from concurrent.futures import Future, ProcessPoolExecutor, as_completed, wait
from datetime import date
from functools import lru_cache
from pathlib import Path

from bandstand.demo import catalogue, covers
from bandstand.demo.booklet import write_booklet
from bandstand.demo.catalogue import Release, Track
from bandstand.demo.music.render import Rendered, render
from bandstand.demo.music.signal import RATE
from bandstand.kernel.progress import Progress, silent
from bandstand.kernel.units import Frames, Hz, Milliseconds
from bandstand.media import pipeline, tags
from bandstand.media.probe import AudioFacts
from bandstand.media.recipes import RECIPES
from bandstand.media.sniff import Container

JPEG_QUALITY = 92


def deliver(out: Path, *, today: date, progress: Progress = silent, only: Collection[str] | None = None) -> list[Path]:
    """Make the deliveries of the releases, or of those whose slugs are named, and return their folders.

    Progress counts finished tracks. What stands already under a folder's name is replaced. When the work is stopped,
    finished folders stay and the one that was begun is removed.
    """
    wanted = [release for release in catalogue.RELEASES if not only or release.slug in only]
    out.mkdir(parents=True, exist_ok=True)
    return [_deliver(release, out, today=today, progress=progress) for release in wanted]


def _deliver(release: Release, out: Path, *, today: date, progress: Progress) -> Path:
    """Make one delivery; its tracks and its cover are made side by side."""
    target = out / release.slug
    with tempfile.TemporaryDirectory(prefix=f".{release.slug}-", dir=out) as name:
        folder = Path(name) / release.slug
        folder.mkdir()
        catalogue.write_toml(release, folder, today=today)
        pool = _pool()
        tracks = [
            pool.submit(write_track, release, number, track, folder, today=today)
            for number, track in release.numbered()
        ]
        cover = pool.submit(write_cover, release, folder)
        try:
            for done in as_completed(tracks):
                done.result()
                progress(1)
            cover.result()
            if release.booklet:
                write_booklet(release, folder)
        finally:
            _settle([*tracks, cover])
        if target.exists():
            target.rename(Path(name) / "before")
        folder.rename(target)
    return target


def _settle(futures: list[Future[Path]]) -> None:
    """Take back what has not begun and wait for what has: nobody writes into a folder that moves or goes."""
    for future in futures:
        future.cancel()  # what is finished is left as it is
    wait(futures)


@lru_cache(maxsize=1)
def _pool() -> ProcessPoolExecutor:
    """Return the workers, one for each core; they are started fresh, for a process with threads must not be forked."""
    return ProcessPoolExecutor(
        os.cpu_count() or 1, mp_context=multiprocessing.get_context("spawn"), initializer=_be_polite
    )


def _be_polite() -> None:
    """Let the shop's own processes go first."""
    if hasattr(os, "nice"):
        os.nice(5)


def write_cover(release: Release, folder: Path) -> Path:
    """Draw a release's cover into its folder."""
    path = folder / "cover.jpg"
    covers.draw(release.motif).save(path, quality=JPEG_QUALITY, subsampling=0)
    return path


def write_track(release: Release, number: int, track: Track, folder: Path, *, today: date) -> Path:
    """Make one track: FLAC with tags, and its synced lyrics beside it."""
    path = folder / catalogue.track_path(release, number, track)
    path.parent.mkdir(exist_ok=True)
    sound = render(track.piece)
    with tempfile.TemporaryDirectory(prefix=".sound-", dir=folder.parent) as name:
        wav = Path(name) / "track.wav"
        write_wav(sound, wav)
        pipeline.make(RECIPES.get("flac"), wav, path, facts=_facts(sound))
    tags.write(path, _tags(release, number, track, today), picture=None)
    if track.lyrics:
        path.with_suffix(".lrc").write_text(track.lyrics, encoding="utf-8", newline="\n")
    return path


def write_wav(sound: Rendered, path: Path) -> None:
    """Write finished sound as a 16-bit WAV file."""
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(sound.pcm.shape[1])
        sink.setsampwidth(2)
        sink.setframerate(RATE)
        sink.writeframes(sound.pcm.astype("<i2").tobytes())


def _facts(sound: Rendered) -> AudioFacts:
    count, channels = sound.pcm.shape
    return AudioFacts(
        container=Container.WAV,
        codec="pcm_s16le",
        rate=Hz(RATE),
        channels=channels,
        bits=16,
        duration_ms=Milliseconds(round(count * 1000 / RATE)),
        frames=Frames(count),
        lossless=True,
        bit_rate=RATE * channels * 16,
    )


def _tags(release: Release, number: int, track: Track, today: date) -> tags.Tags:
    artists = track.artists or release.artists
    everyone = (*release.credits, *track.credits)
    return tags.Tags(
        title=track.title,
        artists=tuple(artist.name for artist in artists),
        album=release.title,
        album_artists=tuple(artist.name for artist in release.artists if artist.role == "main"),
        track=number,
        tracks=sum(other.disc == track.disc for other in release.tracks),
        disc=track.disc,
        discs=release.discs,
        date=release.day(today).isoformat(),
        genre=release.genre,
        isrc=track.isrc,
        barcode=release.gtin,
        label=release.label,
        catalogue_number=release.number,
        composers=tuple(credit.name for credit in everyone if credit.role == "composer"),
        credits=tuple((credit.role, credit.name) for credit in everyone if credit.role != "composer"),
        lyrics=track.lyrics,
        copyright=f"© {release.day(today).year} {release.label}",
        language=track.language or release.language,
        explicit=track.explicit,
    )
