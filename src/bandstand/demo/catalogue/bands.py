"""The records with a beat: synth-pop, bossa nova, lo-fi from Tokyo."""

from __future__ import annotations

from datetime import date

from bandstand.demo.catalogue import lyrics
from bandstand.demo.catalogue.facts import Artist, Credit, Deal, Release, Track, isrc
from bandstand.demo.music.form import Piece

ALBUM = Deal(release_tier="album", track_tier="track")

_PARAGON = (Credit("Ines Paragon", "composer"), Credit("Ines Paragon", "lyricist"))


def _night(
    seed: int,
    bpm: float,
    scale: str,
    a: str,
    b: str,
    *,
    colour: int = 0,
    form: str = "intro:4 A:8 B:8 bridge:2 B:4 outro:2",
) -> Piece:
    return Piece(style="synthpop", seed=seed, bpm=bpm, scale=scale, a=a, b=b, form=form, colour=colour)


NORTHBOUND_SIGNALS = Release(
    slug="northbound-signals",
    title="Northbound Signals",
    kind="album",
    artists=(Artist("Ines Paragon"),),
    label="Aurora Lines",
    genre="Synth-Pop",
    serial=1002,
    number="AL-016",
    released=date(2025, 6, 6),
    language="en",
    motif="signals",
    booklet=True,
    deal=ALBUM,
    description=(
        "A night train, two people who don't talk, and a radio that only finds stations from further north. Ines"
        " Paragon's second album is built from four old synthesisers and a voice she treats like a fifth.\n\n"
        "The choruses are as wide as the windows. Between them there is room: a kick, a bass, one bright sequence"
        " running beside the track like telegraph poles. Dance to the first half, look out during the second."
    ),
    credits=(
        Credit("Ines Paragon", "vocals"),
        Credit("Ines Paragon", "synthesizer"),
        Credit("Matti Ruhala", "drum programming"),
        Credit("Ines Paragon", "producer"),
        Credit("Colm Adair", "mixing engineer"),
        Credit("Yuki Tanabe", "mastering engineer"),
    ),
    tracks=(
        Track(
            title="Platform Nine",
            piece=_night(21, 112, "A minor", "Am7 Fmaj7 C G", "F G Am Em7"),
            isrc=isrc(2025, 21),
            credits=_PARAGON,
            lines=lyrics.PLATFORM_NINE,
            language="en",
        ),
        Track(
            title="Carrier Wave",
            piece=_night(
                22, 118, "E minor", "Em7 Cmaj7 G D", "C D Em Bm7", form="intro:4 A:8 B:8 bridge:2 B:6 outro:2"
            ),
            isrc=isrc(2025, 22),
            credits=_PARAGON,
            lines=lyrics.CARRIER_WAVE,
            language="en",
        ),
        Track(
            title="Dead Air",
            piece=_night(
                23,
                96,
                "C minor",
                "Cm7 Abmaj7 Eb Bb",
                "Fm7 Abmaj7 Eb Bb",
                colour=1,
                form="intro:2 A:8 B:8 A:2 B:2 outro:2",
            ),
            isrc=isrc(2025, 23),
            credits=_PARAGON,
            lines=lyrics.DEAD_AIR,
            language="en",
            explicit=True,
        ),
        Track(
            title="Snowfield, No Reception",
            piece=_night(
                24,
                90,
                "D major",
                "Dmaj7 A/C# Bm7 Gmaj7",
                "Gmaj7 A Bm7 F#m7",
                colour=1,
                form="intro:4 A:8 B:6 bridge:2 outro:2",
            ),
            isrc=isrc(2025, 24),
            credits=(Credit("Ines Paragon", "composer"), Credit("Matti Ruhala", "composer")),
        ),
    ),
)

_AMARAL = (Credit("Lúcia Amaral", "composer"), Credit("Otávio Brandt", "lyricist"))


def _verandah(
    seed: int, bpm: float, scale: str, a: str, b: str, *, colour: int = 0, form: str = "intro:4 A:8 B:8 A:8 outro:2"
) -> Piece:
    return Piece(style="bossa", seed=seed, bpm=bpm, scale=scale, a=a, b=b, form=form, colour=colour)


MEIA_LUZ = Release(
    slug="meia-luz",
    title="Meia-luz",
    kind="album",
    artists=(Artist("Lúcia Amaral"),),
    label="Casa Amarela",
    genre="Bossa Nova",
    serial=1003,
    number="CA-31",
    released=date(2025, 1, 24),
    language="pt",
    motif="half-light",
    deal=ALBUM,
    description=(
        "Half past six, the shutters half closed, somebody making coffee in the next room. Lúcia Amaral sings close"
        " to the microphone and a little behind the beat; the guitar waits for her, the vibraphone answers.\n\n"
        "Four songs about staying in. The band is small and knows the tunes by heart: nylon strings, a double bass"
        " that walks only when it must, brushes, a shaker. It was all done in two afternoons, and it sounds like the"
        " second."
    ),
    credits=(
        Credit("Lúcia Amaral", "vocals"),
        Credit("Lúcia Amaral", "classical guitar"),
        Credit("Davi Monterroso", "double bass"),
        Credit("Clara Nogueira", "vibraphone"),
        Credit("Edu Salgado", "percussion"),
        Credit("Otávio Brandt", "producer"),
        Credit("Teresa Vidal", "mixing engineer"),
        Credit("Yuki Tanabe", "mastering engineer"),
    ),
    tracks=(
        Track(
            title="Meia-luz",
            piece=_verandah(
                31, 126, "F major", "Fmaj9 Fmaj9 G13 G13 Gm9 C7b9 Fmaj9 C7b9", "Am7 D7b9 Gm9 C13 Fmaj9 Dm9 Gm9 C7b9"
            ),
            isrc=isrc(2025, 31),
            credits=_AMARAL,
            lines=lyrics.MEIA_LUZ,
            language="pt",
        ),
        Track(
            title="Café das seis",
            piece=_verandah(
                32,
                138,
                "D major",
                "Dmaj9 B7b9 Em9 A13",
                "Gmaj7 Gm6 F#m7 B7b9 Em9 A13 Dmaj9 A13",
                form="intro:2 A:8 B:8 A:8 B:8 outro:2",
            ),
            isrc=isrc(2025, 32),
            credits=_AMARAL,
            lines=lyrics.CAFE,
            language="pt",
        ),
        Track(
            title="Varanda",
            piece=_verandah(
                33,
                116,
                "C major",
                "Cmaj9 Am9 Dm9 G13",
                "Fmaj7 Fm6 Em7 A7b9 Dm9 G13 Cmaj9 G13",
                colour=1,
                form="intro:2 A:8 B:8 A:8 outro:2",
            ),
            isrc=isrc(2025, 33),
            credits=(Credit("Clara Nogueira", "composer"),),
        ),
        Track(
            title="Não acende ainda",
            piece=_verandah(
                34,
                108,
                "A minor",
                "Am9 D9 Gmaj7 Cmaj7 F#m7b5 B7b9 Em7 E7b9",
                "Dm9 G13 Cmaj9 Fmaj7 Dm9 E7b9 Am9 E7b9",
                form="intro:2 A:8 B:8 A:4 outro:2",
            ),
            isrc=isrc(2025, 34),
            credits=_AMARAL,
            language="pt",
        ),
    ),
)

_NAMI = (Credit("星野ナミ", "composer"),)


def _rain(
    seed: int, bpm: float, scale: str, a: str, b: str, *, colour: int = 0, form: str = "intro:2 A:8 B:4 A:2 outro:2"
) -> Piece:
    return Piece(style="lofi", seed=seed, bpm=bpm, scale=scale, a=a, b=b, form=form, colour=colour, swing=0.3)


RAINY_DAY = Release(
    slug="ame-no-hi-no-kissaten",
    title="雨の日の喫茶店",
    kind="ep",
    artists=(Artist("星野ナミ"),),
    label="Third Floor Tapes",
    genre="Lo-Fi Hip Hop",
    serial=1005,
    number="TFT-09",
    released=date(2025, 6, 27),
    language="ja",
    motif="rain",
    deal=Deal(release_tier="ep", track_tier="track"),
    description=(
        "Four beats for a coffee house on a rainy day. 星野ナミ (Nami Hoshino) samples nobody but herself: an"
        " electric piano with a loose key, a vibraphone borrowed from a school, drums played on what was in the"
        " kitchen.\n\n"
        "The tempo is that of somebody reading. The dust is real, the needle is not, and the last track plays until"
        " they turn the chairs over."
    ),
    credits=(
        Credit("星野ナミ", "electric piano"),
        Credit("星野ナミ", "drum programming"),
        Credit("星野ナミ", "producer"),
        Credit("Rui Okabe", "mixing engineer"),
        Credit("Yuki Tanabe", "mastering engineer"),
    ),
    tracks=(
        Track(
            title="窓ぎわの席",
            piece=_rain(51, 78, "F major", "Fmaj9 Em7 Am9 Dm9", "Bbmaj9 A7alt Dm9 Gm9"),
            isrc=isrc(2025, 51),
            credits=_NAMI,
        ),
        Track(
            title="角砂糖ふたつ",
            piece=_rain(
                52,
                84,
                "C major",
                "Dm9 G13 Cmaj9 A7alt",
                "Fmaj9 Fm6 Em7 A7alt",
                colour=1,
                form="intro:2 A:8 B:4 A:4 outro:2",
            ),
            isrc=isrc(2025, 52),
            credits=_NAMI,
        ),
        Track(
            title="傘の忘れもの",
            piece=_rain(
                53,
                74,
                "G minor",
                "Gm9 Cm9 Ebmaj9 D7alt",
                "Abmaj9 Gm9 Cm9 D7alt",
                colour=2,
                form="intro:2 A:8 B:4 bridge:2 outro:2",
            ),
            isrc=isrc(2025, 53),
            credits=_NAMI,
        ),
        Track(
            title="閉店まで",
            piece=_rain(54, 72, "Eb major", "Ebmaj9 Cm9 Abmaj9 Bb13", "Fm9 Gm7 Abmaj9 Bb13"),
            isrc=isrc(2025, 54),
            credits=_NAMI,
        ),
    ),
)
