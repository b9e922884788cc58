"""The facts of the demo store: sixteen releases of artists that exist nowhere else."""

from __future__ import annotations

from bandstand.demo.catalogue import bands, quiet, sessions, short
from bandstand.demo.catalogue.facts import Artist, Credit, Deal, Release, Series, Track, next_tuesday
from bandstand.demo.catalogue.toml import document, track_path, write_toml

__all__ = [
    "RELEASES",
    "Artist",
    "Credit",
    "Deal",
    "Release",
    "Series",
    "Track",
    "document",
    "next_tuesday",
    "track_path",
    "write_toml",
]

RELEASES: tuple[Release, ...] = (
    quiet.EVENING_FERRY,
    bands.NORTHBOUND_SIGNALS,
    sessions.SESSIONS[0],
    bands.MEIA_LUZ,
    short.FIRST_LIGHT,
    quiet.ORCHARD,
    bands.RAINY_DAY,
    *sessions.SESSIONS[1:3],
    quiet.SUITES,
    short.SOLSTICE,
    short.SLOW_WEATHER,
    short.COLD_STORE,
    *sessions.SESSIONS[3:],
)
