"""The short records: a dub techno EP, voices from an island, a coming EP, a free single."""

from __future__ import annotations

from datetime import date, timedelta

from bandstand.demo.catalogue import lyrics
from bandstand.demo.catalogue.facts import Artist, Credit, Deal, Release, Track, isrc
from bandstand.demo.music.form import Piece

_TESSMER = (Credit("Jörn Tessmer", "composer"),)


def _cold(
    seed: int, bpm: float, a: str, b: str, scale: str, *, form: str = "intro:4 A:8 B:8 bridge:2 B:6 outro:2"
) -> Piece:
    return Piece(style="dub", seed=seed, bpm=bpm, scale=scale, a=a, b=b, form=form)


COLD_STORE = Release(
    slug="kuhlhaus",
    title="Kühlhaus",
    kind="ep",
    artists=(Artist("Jörn Tessmer"),),
    label="Kontor Nord",
    genre="Dub Techno",
    serial=1012,
    number="KN-07",
    released=date(2024, 11, 8),
    motif="cold-store",
    deal=Deal(territories=("JP",), release_tier="ep", track_tier="track"),
    description=(
        "Three tracks from a disused cold store on the edge of the container port. Jörn Tessmer put a speaker in one"
        " room and a microphone in another and let the doors decide about the mix.\n\n"
        "Chords fall into the echo and come back as weather. Underneath, a pulse you feel before you hear it. For"
        " now this pressing is licensed for Japan only."
    ),
    credits=(
        Credit("Jörn Tessmer", "synthesizer"),
        Credit("Jörn Tessmer", "producer"),
        Credit("Jörn Tessmer", "mixing engineer"),
        Credit("Hedda Loos", "mastering engineer"),
    ),
    tracks=(
        Track(
            title="Minus achtzehn",
            piece=_cold(61, 118, "Cm9 Cm9 Abmaj9 Cm9", "Fm9 Cm9 Abmaj9 Gm7", "C minor"),
            isrc=isrc(2024, 61),
            credits=_TESSMER,
        ),
        Track(
            title="Schleuse",
            piece=_cold(62, 122, "Am9 Am9 Fmaj9 Em7", "Dm9 Am9 Fmaj9 Em7", "A minor"),
            isrc=isrc(2024, 62),
            credits=_TESSMER,
        ),
        Track(
            title="Nachtschicht",
            piece=_cold(
                63,
                114,
                "Ebm9 Ebm9 Bmaj9 Ebm9",
                "Abm9 Ebm9 Bmaj9 Bbm7",
                "Eb minor",
                form="intro:4 A:8 B:8 bridge:2 B:4 outro:2",
            ),
            isrc=isrc(2024, 63),
            credits=_TESSMER,
        ),
    ),
)

_KORELLI = (Credit("Δάφνη Κορέλλη", "composer"),)


def _chapel(
    seed: int, bpm: float, scale: str, a: str, b: str, *, colour: int = 0, form: str = "intro:2 A:4 B:4 A:2 outro:2"
) -> Piece:
    return Piece(style="choral", seed=seed, bpm=bpm, scale=scale, a=a, b=b, form=form, colour=colour)


SOLSTICE = Release(
    slug="iliostasio",
    title="Ηλιοστάσιο",
    kind="ep",
    artists=(Artist("Δάφνη Κορέλλη"),),
    label="Petra",
    genre="Choral",
    serial=1010,
    number="PET-5",
    released=date(2025, 6, 20),
    language="el",
    motif="solstice",
    deal=Deal(release_tier="yours", track_tier="track"),
    description=(
        "Ηλιοστάσιο means solstice: the day on which the sun stands still. Δάφνη Κορέλλη (Dafni Korelli) wrote these"
        " three pieces for sixteen voices and the chapel on the hill, where every note stays for four seconds"
        " whether you like it or not.\n\n"
        "There are no words. The men hold the ground, the women move through it in slow steps, and one voice climbs"
        " up to look at the sea."
    ),
    credits=(
        Credit("Δάφνη Κορέλλη", "conductor"),
        Credit("Φωνές του Λόφου", "choir"),
        Credit("Ελένη Βαρδή", "soprano"),
        Credit("Νίκος Σταύρου", "producer"),
        Credit("Ebba Strand", "mixing engineer"),
        Credit("Pål Rimstad", "mastering engineer"),
    ),
    tracks=(
        Track(
            title="Ανατολή",
            piece=_chapel(71, 62, "E minor", "Em Cmaj7 G D/F#", "Am7 Em/G Cmaj9 Bsus4"),
            isrc=isrc(2025, 71),
            credits=_KORELLI,
        ),
        Track(
            title="Μεσημέρι",
            piece=_chapel(72, 66, "D dorian", "Dm9 G/B Cadd9 Am7", "Fmaj7 Em7 Dm9 Asus4", colour=1),
            isrc=isrc(2025, 72),
            credits=_KORELLI,
        ),
        Track(
            title="Η πιο μεγάλη μέρα",
            piece=_chapel(
                73, 58, "A minor", "Am Fmaj7 Cadd9 Em7", "Dm7 Am/C Fmaj9 Esus4", form="intro:1 A:4 B:4 A:2 outro:1"
            ),
            isrc=isrc(2025, 73),
            credits=_KORELLI,
        ),
    ),
)

_BRAND = (Credit("Ottilie Brand", "composer"),)


def _lamp(
    seed: int,
    bpm: float,
    scale: str,
    a: str,
    b: str,
    *,
    colour: int = 0,
    swing: float = 0.3,
    form: str = "intro:2 A:8 B:4 A:4 outro:2",
) -> Piece:
    return Piece(style="rhodes", seed=seed, bpm=bpm, scale=scale, a=a, b=b, form=form, colour=colour, swing=swing)


SLOW_WEATHER = Release(
    slug="slow-weather",
    title="Slow Weather",
    kind="ep",
    artists=(Artist("Ottilie Brand"),),
    label="Nordbad",
    genre="Jazz",
    serial=1011,
    number="NB-012",
    released=date(2025, 12, 2),
    motif="weather",
    deal=Deal(next_tuesday=True, release_tier="ep", track_tier="track", ahead=timedelta(weeks=4)),
    description=(
        "Four pieces for electric piano, named after what the forecast said on the day. Ottilie Brand plays the way"
        " other people look out of windows: patiently, with sudden attention.\n\n"
        "Two of them are alone at the keys; for the others a bass and a pair of brushes come in from the rain. The"
        " last one ends where the barometer starts to climb."
    ),
    credits=(
        Credit("Ottilie Brand", "electric piano"),
        Credit("Davi Monterroso", "double bass"),
        Credit("Anselm Kray", "drums"),
        Credit("Ottilie Brand", "producer"),
        Credit("Colm Adair", "mixing engineer"),
        Credit("Hedda Loos", "mastering engineer"),
    ),
    tracks=(
        Track(
            title="Light Winds, Veering West",
            piece=_lamp(81, 84, "Eb major", "Ebmaj9 Cm9 Fm9 Bb13", "Abmaj9 G7alt Cm9 F13", colour=1),
            isrc=isrc(2025, 81),
            credits=_BRAND,
        ),
        Track(
            title="Occluded Front",
            piece=_lamp(
                82, 76, "C minor", "Cm9 Fm9 Dm7b5 G7alt", "Abmaj9 Bb13 Gm7 Cm9", form="intro:2 A:8 B:4 A:2 outro:1"
            ),
            isrc=isrc(2025, 82),
            credits=_BRAND,
        ),
        Track(
            title="Drizzle, Mostly Kind",
            piece=_lamp(
                83,
                96,
                "G major",
                "Gmaj9 E7alt Am9 D13",
                "Cmaj9 B7alt Em9 A13",
                colour=1,
                form="intro:2 A:8 B:8 A:4 outro:2",
            ),
            isrc=isrc(2025, 83),
            credits=_BRAND,
        ),
        Track(
            title="Rising Slowly",
            piece=_lamp(
                84,
                80,
                "Db major",
                "Dbmaj9 Bbm9 Ebm9 Ab13",
                "Gbmaj9 F7alt Bbm9 Ab13",
                swing=0.0,
                form="intro:2 A:8 B:4 A:2 outro:2",
            ),
            isrc=isrc(2025, 84),
            credits=_BRAND,
        ),
    ),
)

FIRST_LIGHT = Release(
    slug="first-light",
    title="First Light",
    kind="single",
    artists=(Artist("Ines Paragon"), Artist("Mara Linde", "featured")),
    label="Aurora Lines",
    genre="Synth-Pop",
    serial=1006,
    number="AL-019",
    released=date(2025, 9, 5),
    language="en",
    motif="first-light",
    deal=Deal(release_tier="free", track_tier="free"),
    description=(
        "Ines Paragon sent Mara Linde a chorus at five in the morning and had a piano back by breakfast. This is"
        " what became of it: a song about getting up, with all the lights on.\n\n"
        "It costs nothing. Take it with you, and tell them where you found it."
    ),
    credits=(
        Credit("Ines Paragon", "vocals"),
        Credit("Ines Paragon", "synthesizer"),
        Credit("Mara Linde", "piano"),
        Credit("Jo Tamm", "producer"),
        Credit("Colm Adair", "mixing engineer"),
        Credit("Yuki Tanabe", "mastering engineer"),
    ),
    tracks=(
        Track(
            title="First Light",
            piece=Piece(
                style="synthpop",
                seed=85,
                bpm=104,
                scale="D major",
                a="Dmaj7 Bm7 Gmaj7 A",
                b="Gmaj7 A Bm7 D/F#",
                form="intro:4 A:8 B:8 bridge:4 B:4 outro:2",
                colour=1,
            ),
            isrc=isrc(2025, 85),
            credits=(
                Credit("Ines Paragon", "composer"),
                Credit("Mara Linde", "composer"),
                Credit("Ines Paragon", "lyricist"),
            ),
            lines=lyrics.FIRST_LIGHT,
            language="en",
        ),
    ),
)
