"""The Living Room sessions: one take, one room, members only."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bandstand.demo.catalogue import bands, quiet, short
from bandstand.demo.catalogue.facts import Artist, Credit, Deal, Release, Series, Track, isrc
from bandstand.demo.music.form import Piece

_CREW = (
    Credit("Jo Tamm", "recording engineer"),
    Credit("Ebba Strand", "mixing engineer"),
    Credit("Jo Tamm", "producer"),
)
_ROOM = (
    "The Living Room is what it says: a sofa, a rug, good microphones, nobody else. Each session is played once, in"
    " the evening, and kept as it was."
)


Take = tuple[str, str, Piece]  # title, composer, piece


def _again(track: Track, *, seed: int, bpm: float, form: str = "", up: int = 0) -> Take:
    """Play a track of a record in the room: other dice, another pace."""
    composer = next(credit.name for credit in track.credits if credit.role == "composer")
    piece = replace(track.piece, seed=seed, bpm=bpm, form=form or track.piece.form, up=up, live=True)
    return (track.title.split(": ")[-1].removeprefix("II. ").removeprefix("III. "), composer, piece)


def _session(
    episode: int, day: date, artist: str, genre: str, about: str, players: tuple[Credit, ...], takes: tuple[Take, ...]
) -> Release:
    """Return an episode."""
    return Release(
        slug=f"living-room-{episode}",
        title=f"Living Room {episode}: {artist}",
        kind="session",
        artists=(Artist(artist),),
        label="Bandstand Sessions",
        genre=genre,
        serial=2000 + episode,
        number=f"LR-{episode:03}",
        released=day,
        motif=f"room-{episode}",
        deal=Deal(release_tier="session", members_only=True),
        description=f"{about}\n\n{_ROOM}",
        credits=(*players, *_CREW),
        series=Series(slug="living-room", title="Living Room", episode=episode),
        tracks=tuple(
            Track(
                title=f"{title} (Living Room)",
                piece=piece,
                isrc=isrc(2025, 500 + episode * 10 + number),
                credits=(Credit(composer, "composer"),),
            )
            for number, (title, composer, piece) in enumerate(takes, start=1)
        ),
    )


_BLACKBIRD: Take = (
    "Blackbird Hours",
    "Tomás Réva",
    Piece(
        style="acoustic",
        seed=127,
        bpm=84,
        scale="E major",
        a="Eadd9 B/D# C#m7 Amaj7",
        b="F#m7 C#m7 Amaj7 B",
        form="intro:2 A:8 B:4 A:2 outro:1",
        live=True,
    ),
)
_TRAM: Take = (
    "Tram, Then Rain",
    "Ottilie Brand",
    Piece(
        style="rhodes",
        seed=134,
        bpm=86,
        scale="F major",
        a="Fmaj9 Dm9 Gm9 C13",
        b="Bbmaj9 A7alt Dm9 G13",
        form="intro:2 A:8 B:4 A:4 outro:1",
        swing=0.3,
        live=True,
    ),
)
_CAT: Take = (
    "猫のいる部屋",
    "星野ナミ",
    Piece(
        style="lofi",
        seed=164,
        bpm=86,
        scale="A major",
        a="Amaj9 F#m9 Bm9 E13",
        b="Dmaj9 C#7alt F#m9 E13",
        form="intro:2 A:8 B:4 A:4 outro:2",
        colour=1,
        swing=0.3,
        live=True,
    ),
)

SESSIONS: tuple[Release, ...] = (
    _session(
        1,
        date(2025, 2, 4),
        "Mara Linde",
        "Ambient",
        "Mara Linde brought no sheet music and left her shoes at the door. Two pieces from the ferry,"
        " slower than on the record, with the upright we have and the squeak of its stool.",
        (Credit("Mara Linde", "piano"),),
        (
            _again(quiet.EVENING_FERRY.tracks[0], seed=111, bpm=62, form="intro:2 A:4 B:4 A:2 outro:1"),
            _again(quiet.EVENING_FERRY.tracks[3], seed=114, bpm=56, form="intro:1 A:4 B:4 outro:2"),
        ),
    ),
    _session(
        2,
        date(2025, 3, 4),
        "Tomás Réva",
        "Folk",
        "Tomás Réva sat on the arm of the chair because the seat was too soft. He tuned once, told a story"
        " about a wasp, and played three pieces without looking up.",
        (Credit("Tomás Réva", "acoustic guitar"),),
        (
            _again(quiet.ORCHARD.tracks[0], seed=121, bpm=88, form="intro:2 A:8 B:4 A:4 outro:1"),
            _again(quiet.ORCHARD.tracks[3], seed=124, bpm=112, form="intro:2 A:8 B:4 A:8 outro:2"),
            _BLACKBIRD,
        ),
    ),
    _session(
        3,
        date(2025, 4, 1),
        "Ottilie Brand",
        "Jazz",
        "Ottilie Brand carried the electric piano up four floors, then played as if it weighed nothing."
        " Outside a tram went by at the end of the second piece. She heard it, and waited.",
        (Credit("Ottilie Brand", "electric piano"),),
        (
            _again(short.SLOW_WEATHER.tracks[3], seed=131, bpm=78),
            _TRAM,
        ),
    ),
    _session(
        4,
        date(2025, 5, 6),
        "Lúcia Amaral",
        "Bossa Nova",
        "Lúcia Amaral asked for the lamp to be turned to the wall. A guitar, a bass, a shaker made from a"
        " film tin: two songs, sung to the plant.",
        (
            Credit("Lúcia Amaral", "vocals"),
            Credit("Lúcia Amaral", "classical guitar"),
            Credit("Davi Monterroso", "double bass"),
            Credit("Edu Salgado", "shaker"),
        ),
        (
            _again(bands.MEIA_LUZ.tracks[0], seed=141, bpm=118, form="intro:2 A:8 B:8 A:6 outro:2"),
            _again(bands.MEIA_LUZ.tracks[2], seed=144, bpm=112, form="intro:2 A:8 B:8 A:4 outro:2"),
        ),
    ),
    _session(
        5,
        date(2025, 6, 3),
        "Åsa Öberg Kvartett",
        "Classical",
        "Four players, three chairs and a piano stool. The quartet tried two movements of the summer suite"
        " on us, months before the recording, and asked which bar was too long. None was.",
        quiet.SUITES.credits[:4],
        (
            _again(quiet.SUITES.tracks[4], seed=151, bpm=70, form="A:4 B:4 bridge:2 A:4 outro:1"),
            _again(quiet.SUITES.tracks[5], seed=154, bpm=92, form="A:8 B:4 bridge:4 A:4 outro:1"),
        ),
    ),
    _session(
        6,
        date(2025, 7, 1),
        "星野ナミ",
        "Lo-Fi Hip Hop",
        "星野ナミ (Nami Hoshino) came with one suitcase: a sampler, a small keyboard and a record she bought on"
        " the way. Two beats, built in front of us from nothing. The cat is ours.",
        (
            Credit("星野ナミ", "electric piano"),
            Credit("星野ナミ", "sampler"),
        ),
        (
            _again(bands.RAINY_DAY.tracks[0], seed=161, bpm=80),
            _CAT,
        ),
    ),
)
