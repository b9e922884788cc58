"""The quiet records: piano by the water, guitar in the orchard, a string quartet."""

from __future__ import annotations

from datetime import date

from bandstand.demo.catalogue.facts import Artist, Credit, Deal, Release, Track, isrc
from bandstand.demo.music.form import Piece

ALBUM = Deal(release_tier="album", track_tier="track")

_LINDE = (Credit("Mara Linde", "composer"),)


def _tide(
    seed: int, bpm: float, scale: str, a: str, b: str, *, colour: int = 0, form: str = "intro:2 A:4 B:4 A:2 outro:2"
) -> Piece:
    return Piece(style="ambient", seed=seed, bpm=bpm, scale=scale, a=a, b=b, form=form, colour=colour)


EVENING_FERRY = Release(
    slug="evening-ferry",
    title="Evening Ferry",
    kind="album",
    artists=(Artist("Mara Linde"),),
    label="Harbour Light",
    genre="Ambient",
    serial=1001,
    number="HL-001",
    released=date(2025, 3, 14),
    motif="ferry",
    deal=ALBUM,
    description=(
        "Five pieces for felted piano, written over one winter on the last boat home. Mara Linde plays softly enough"
        " that the hammers become part of the music; behind her, strings and far-off bells come and go like lights"
        " on the other shore.\n\n"
        "Nothing here hurries. The chords open slowly, the left hand keeps the pace of an engine idling, and the"
        " melodies are short enough to hum when you step off. Best heard with the window open."
    ),
    credits=(
        Credit("Mara Linde", "piano"),
        Credit("Jo Tamm", "producer"),
        Credit("Ebba Strand", "mixing engineer"),
        Credit("Pål Rimstad", "mastering engineer"),
    ),
    tracks=(
        Track(
            title="Casting Off",
            piece=_tide(11, 66, "D major", "Dmaj9 Bm7 Gmaj9 A9sus4", "Em9 Gmaj9 Dadd9/F# A9sus4", colour=1),
            isrc=isrc(2025, 1),
            credits=_LINDE,
        ),
        Track(
            title="Lights on the Other Shore",
            piece=_tide(
                12, 60, "F lydian", "Fmaj9 Am7 Em7 Cadd9", "Dm9 Am7 Fmaj9 G9sus4", form="intro:2 A:4 B:4 A:2 outro:1"
            ),
            isrc=isrc(2025, 2),
            credits=_LINDE,
        ),
        Track(
            title="Deck Chairs, October",
            piece=_tide(
                13,
                72,
                "G major",
                "Gmaj9 Em9 Cmaj9 D9sus4",
                "Am9 Cmaj9 Em9 D9sus4",
                colour=2,
                form="intro:2 A:4 B:4 A:4 outro:2",
            ),
            isrc=isrc(2025, 3),
            credits=_LINDE,
        ),
        Track(
            title="Slack Water",
            piece=_tide(
                14, 58, "A minor", "Am9 Fmaj9 Cadd9 Em7", "Dm9 Am9 Fmaj9 Em7", form="intro:1 A:4 B:4 A:2 outro:1"
            ),
            isrc=isrc(2025, 4),
            credits=_LINDE,
        ),
        Track(
            title="Home Before Ten",
            piece=_tide(15, 68, "Bb major", "Bbmaj9 Gm9 Ebmaj9 F9sus4", "Cm9 Ebmaj9 Bbadd9/D F9sus4", colour=1),
            isrc=isrc(2025, 5),
            credits=_LINDE,
        ),
    ),
)

_REVA = (Credit("Tomás Réva", "composer"),)


def _porch(
    seed: int, bpm: float, scale: str, a: str, b: str, *, colour: int = 0, form: str = "intro:2 A:8 B:4 A:4 outro:2"
) -> Piece:
    return Piece(style="acoustic", seed=seed, bpm=bpm, scale=scale, a=a, b=b, form=form, colour=colour)


ORCHARD = Release(
    slug="letters-from-the-orchard",
    title="Letters from the Orchard",
    kind="album",
    artists=(Artist("Tomás Réva"),),
    label="Slow Post",
    genre="Folk",
    serial=1004,
    number="SP-004",
    released=date(2024, 9, 20),
    motif="orchard",
    deal=ALBUM,
    description=(
        "Tomás Réva moved into his grandfather's house for a harvest and stayed for a record. Five fingerpicked"
        " pieces, most of them tried out on the ladder: a thumb that walks, a tune on top, now and then a clarinet"
        " from next door.\n\n"
        "Recorded in the packing shed with two microphones and the doors shut against the wasps. You can hear the"
        " wood of the room, a foot on the floor, and a player who knows when a song is over."
    ),
    credits=(
        Credit("Tomás Réva", "acoustic guitar"),
        Credit("Ilse Maurer", "clarinet"),
        Credit("Benedikt Hollar", "producer"),
        Credit("Benedikt Hollar", "mixing engineer"),
        Credit("Pål Rimstad", "mastering engineer"),
    ),
    tracks=(
        Track(
            title="Windfall",
            piece=_porch(41, 92, "C major", "Cadd9 G/B Am7 Fmaj7", "Dm7 G Em7 Am7"),
            isrc=isrc(2024, 41),
            credits=_REVA,
        ),
        Track(
            title="Ladder Against the Sky",
            piece=_porch(
                42, 104, "G major", "G D/F# Em7 Cadd9", "Am7 Em7 Cadd9 D", colour=1, form="intro:2 A:8 B:4 A:8 outro:2"
            ),
            isrc=isrc(2024, 42),
            credits=_REVA,
        ),
        Track(
            title="Grandfather's Ledger",
            piece=_porch(43, 84, "D minor", "Dm7 Bbmaj7 F C", "Gm7 Dm7 Bbmaj7 A7", colour=2),
            isrc=isrc(2024, 43),
            credits=_REVA,
        ),
        Track(
            title="Wasps at the Press",
            piece=_porch(44, 116, "A dorian", "Am7 D/F# G Em7", "Cadd9 G/B D Am7", form="intro:2 A:8 B:8 A:6 outro:2"),
            isrc=isrc(2024, 44),
            credits=_REVA,
        ),
        Track(
            title="Last of the Russets",
            piece=_porch(
                45,
                88,
                "F major",
                "Fadd9 C/E Dm7 Bbmaj7",
                "Gm7 C7 Am7 Dm7",
                colour=1,
                form="intro:2 A:8 B:4 A:4 outro:2",
            ),
            isrc=isrc(2024, 45),
            credits=(*_REVA, Credit("Ilse Maurer", "composer")),
        ),
    ),
)

_OBERG = (Credit("Åsa Öberg", "composer"),)


def _suite(
    seed: int, bpm: float, scale: str, a: str, b: str, *, colour: int = 0, form: str = "A:4 B:4 bridge:4 A:4 outro:1"
) -> Piece:
    return Piece(style="chamber", seed=seed, bpm=bpm, scale=scale, a=a, b=b, form=form, colour=colour)


SUITES = Release(
    slug="sma-sviter",
    title="Små sviter",
    kind="album",
    artists=(Artist("Åsa Öberg Kvartett"),),
    label="Björkholm",
    genre="Classical",
    serial=1009,
    number="BJH-22",
    released=date(2025, 10, 3),
    motif="folds",
    deal=ALBUM,
    description=(
        "Two suites for string quartet, one for each side of the year. The first was written for a village hall with"
        " a stove in it: plain tunes, pizzicato steps in the snow, a slow movement that warms its hands. The second"
        " goes outdoors.\n\n"
        "Åsa Öberg leads from the first chair and writes for the people beside her. The viola gets the best lines,"
        " the cello gets the last word, and no movement lasts longer than it takes to boil an egg."
    ),
    credits=(
        Credit("Åsa Öberg", "violin"),
        Credit("Göran Ekström", "violin"),
        Credit("Märta Sjögren", "viola"),
        Credit("Jāna Bērziņa", "cello"),
        Credit("Ebba Strand", "producer"),
        Credit("Ebba Strand", "mixing engineer"),
        Credit("Pål Rimstad", "mastering engineer"),
    ),
    tracks=(
        Track(
            title="Vintersvit: I. Kakelugn",
            piece=_suite(91, 76, "G major", "G D/F# Em C", "Am Em C D7"),
            isrc=isrc(2025, 91),
            credits=_OBERG,
        ),
        Track(
            title="Vintersvit: II. Spår i snön",
            piece=_suite(92, 92, "D minor", "Dm Bb Gm A7", "F C Gm A7", colour=1, form="A:8 B:4 bridge:4 A:4 outro:1"),
            isrc=isrc(2025, 92),
            credits=_OBERG,
        ),
        Track(
            title="Vintersvit: III. Ljusare kvällar",
            piece=_suite(93, 70, "A major", "A E/G# F#m D", "Bm F#m D E7", form="A:4 B:4 bridge:2 A:4 outro:1"),
            isrc=isrc(2025, 93),
            credits=_OBERG,
        ),
        Track(
            title="Sommarsvit: I. Färjkarlens vals",
            disc=2,
            piece=Piece(
                style="chamber",
                seed=94,
                bpm=126,
                scale="C major",
                a="C G/B Am F",
                b="Dm G Em Am",
                colour=1,
                beats=3,
                form="intro:4 A:8 B:8 bridge:4 A:8 outro:4",
            ),
            isrc=isrc(2025, 94),
            credits=_OBERG,
        ),
        Track(
            title="Sommarsvit: II. Åska långt borta",
            disc=2,
            piece=_suite(95, 66, "E minor", "Em C G D/F#", "Am Em C B7", form="intro:2 A:4 B:4 bridge:2 A:2 outro:1"),
            isrc=isrc(2025, 95),
            credits=_OBERG,
        ),
        Track(
            title="Sommarsvit: III. Hem över ängen",
            disc=2,
            piece=_suite(
                96, 88, "F major", "F C/E Dm Bb", "Gm Dm Bb C7", colour=1, form="A:4 B:4 bridge:4 B:4 A:4 outro:1"
            ),
            isrc=isrc(2025, 96),
            credits=_OBERG,
        ),
    ),
)
