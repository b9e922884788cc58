"""The Living Room sessions: one take, one room, members only."""

from __future__ import annotations

from datetime import date

from bandstand.demo.catalogue.facts import Artist, Credit, Deal, Release, Series, Track, isrc
from bandstand.demo.music.form import Piece

_CREW = (
    Credit("Jo Tamm", "recording engineer"),
    Credit("Ebba Strand", "mixing engineer"),
    Credit("Jo Tamm", "producer"),
)
_ROOM = (
    "The Living Room is what it says: a sofa, a rug, good microphones, nobody else. Each session is played once, in the evening,"
    " and kept as it was."
)


def _live(
    style: str, seed: int, bpm: float, scale: str, a: str, b: str, *, form: str, colour: int = 0, swing: float = 0.0
) -> Piece:
    return Piece(
        style=style, seed=seed, bpm=bpm, scale=scale, a=a, b=b, form=form, colour=colour, swing=swing, live=True
    )


def _session(
    episode: int,
    day: date,
    artist: str,
    genre: str,
    about: str,
    players: tuple[Credit, ...],
    tracks: tuple[tuple[str, str, Piece], ...],
) -> Release:
    """Return an episode; tracks are (title, composer, piece)."""
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
            for number, (title, composer, piece) in enumerate(tracks, start=1)
        ),
    )


SESSIONS: tuple[Release, ...] = (
    _session(
        1,
        date(2025, 2, 4),
        "Mara Linde",
        "Ambient",
        "Mara Linde brought no sheet music and left her shoes at the door. Two pieces from the ferry, slower than on the record, with"
        " the upright we have and the squeak of its stool.",
        (Credit("Mara Linde", "piano"),),
        (
            (
                "Casting Off",
                "Mara Linde",
                _live(
                    "ambient",
                    111,
                    62,
                    "D major",
                    "Dmaj9 Bm7 Gmaj9 A9sus4",
                    "Em9 Gmaj9 Dadd9/F# A9sus4",
                    form="intro:2 A:4 B:4 A:2 outro:1",
                ),
            ),
            (
                "Slack Water",
                "Mara Linde",
                _live(
                    "ambient",
                    114,
                    56,
                    "A minor",
                    "Am9 Fmaj9 Cadd9 Em7",
                    "Dm9 Am9 Fmaj9 Em7",
                    form="intro:1 A:4 B:4 outro:2",
                ),
            ),
        ),
    ),
    _session(
        2,
        date(2025, 3, 4),
        "Tomás Réva",
        "Folk",
        "Tomás Réva sat on the arm of the chair because the seat was too soft. He tuned once, told a story about a wasp, and played"
        " three pieces without looking up.",
        (Credit("Tomás Réva", "acoustic guitar"),),
        (
            (
                "Windfall",
                "Tomás Réva",
                _live(
                    "acoustic",
                    121,
                    88,
                    "C major",
                    "Cadd9 G/B Am7 Fmaj7",
                    "Dm7 G Em7 Am7",
                    form="intro:2 A:8 B:4 A:4 outro:1",
                ),
            ),
            (
                "Wasps at the Press",
                "Tomás Réva",
                _live(
                    "acoustic",
                    124,
                    112,
                    "A dorian",
                    "Am7 D/F# G Em7",
                    "Cadd9 G/B D Am7",
                    form="intro:2 A:8 B:4 A:8 outro:2",
                ),
            ),
            (
                "Blackbird Hours",
                "Tomás Réva",
                _live(
                    "acoustic",
                    127,
                    84,
                    "E major",
                    "Eadd9 B/D# C#m7 Amaj7",
                    "F#m7 C#m7 Amaj7 B",
                    form="intro:2 A:8 B:4 A:2 outro:1",
                ),
            ),
        ),
    ),
    _session(
        3,
        date(2025, 4, 1),
        "Ottilie Brand",
        "Jazz",
        "Ottilie Brand carried the electric piano up four floors, then played as if it weighed nothing. Listen for the tram at the end"
        " of the second piece. She did, and waited for it.",
        (Credit("Ottilie Brand", "electric piano"),),
        (
            (
                "Rising Slowly",
                "Ottilie Brand",
                _live(
                    "rhodes",
                    131,
                    78,
                    "Db major",
                    "Dbmaj9 Bbm9 Ebm9 Ab13",
                    "Gbmaj9 F7alt Bbm9 Ab13",
                    form="intro:2 A:8 B:4 A:2 outro:2",
                ),
            ),
            (
                "Tram, Then Rain",
                "Ottilie Brand",
                _live(
                    "rhodes",
                    134,
                    86,
                    "F major",
                    "Fmaj9 Dm9 Gm9 C13",
                    "Bbmaj9 A7alt Dm9 G13",
                    form="intro:2 A:8 B:4 A:4 outro:1",
                    swing=0.3,
                ),
            ),
        ),
    ),
    _session(
        4,
        date(2025, 5, 6),
        "Lúcia Amaral",
        "Bossa Nova",
        "Lúcia Amaral asked for the lamp to be turned to the wall. One guitar, one bass, a shaker made from a film tin: two songs, sung"
        " to the plant.",
        (
            Credit("Lúcia Amaral", "vocals"),
            Credit("Lúcia Amaral", "classical guitar"),
            Credit("Davi Monterroso", "double bass"),
            Credit("Edu Salgado", "shaker"),
        ),
        (
            (
                "Meia-luz",
                "Lúcia Amaral",
                _live(
                    "bossa",
                    141,
                    118,
                    "F major",
                    "Fmaj9 Fmaj9 G13 G13 Gm9 C7b9 Fmaj9 C7b9",
                    "Am7 D7b9 Gm9 C13 Fmaj9 Dm9 Gm9 C7b9",
                    form="intro:2 A:8 B:8 A:6 outro:2",
                ),
            ),
            (
                "Varanda",
                "Clara Nogueira",
                _live(
                    "bossa",
                    144,
                    112,
                    "C major",
                    "Cmaj9 Am9 Dm9 G13",
                    "Fmaj7 Fm6 Em7 A7b9 Dm9 G13 Cmaj9 G13",
                    form="intro:2 A:8 B:8 A:4 outro:2",
                ),
            ),
        ),
    ),
    _session(
        5,
        date(2025, 6, 3),
        "Åsa Öberg Kvartett",
        "Classical",
        "Four players, three chairs and a piano stool. The quartet tried two movements of the summer suite on us, months before the"
        " recording, and asked which bar was too long. None was.",
        (
            Credit("Åsa Öberg", "violin"),
            Credit("Göran Ekström", "violin"),
            Credit("Märta Sjögren", "viola"),
            Credit("Jāna Bērziņa", "cello"),
        ),
        (
            (
                "Åska långt borta",
                "Åsa Öberg",
                _live("chamber", 151, 70, "E minor", "Em C G D/F#", "Am Em C B7", form="A:4 B:4 bridge:2 A:4 outro:1"),
            ),
            (
                "Hem över ängen",
                "Åsa Öberg",
                _live(
                    "chamber",
                    154,
                    92,
                    "F major",
                    "F C/E Dm Bb",
                    "Gm Dm Bb C7",
                    form="A:8 B:4 bridge:4 A:4 outro:1",
                    colour=1,
                ),
            ),
        ),
    ),
    _session(
        6,
        date(2025, 7, 1),
        "星野ナミ",
        "Lo-Fi Hip Hop",
        "星野ナミ (Nami Hoshino) came with one suitcase: a sampler, a small keyboard and a record she bought on the way. Two beats, built"
        " in front of us from nothing. The cat is ours.",
        (Credit("星野ナミ", "electric piano"), Credit("星野ナミ", "sampler")),
        (
            (
                "窓ぎわの席",
                "星野ナミ",
                _live(
                    "lofi",
                    161,
                    80,
                    "F major",
                    "Fmaj9 Em7 Am9 Dm9",
                    "Bbmaj9 A7alt Dm9 Gm9",
                    form="intro:2 A:8 B:4 A:2 outro:2",
                    swing=0.3,
                ),
            ),
            (
                "猫のいる部屋",
                "星野ナミ",
                _live(
                    "lofi",
                    164,
                    86,
                    "A major",
                    "Amaj9 F#m9 Bm9 E13",
                    "Dmaj9 C#7alt F#m9 E13",
                    form="intro:2 A:8 B:4 A:4 outro:2",
                    colour=1,
                    swing=0.3,
                ),
            ),
        ),
    ),
)
