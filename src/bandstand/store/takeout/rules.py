"""How everything that somebody owns is laid out: folders, formats, the shape of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bandstand.media.probe import AudioFacts
from bandstand.media.recipes import Recipe
from bandstand.store.delivery.rules import distinct, folder_name, safe_name

PER_PAGE, MOST_PER_PAGE = 50, 100  # titles of one answer
STREAM_LIVES = timedelta(days=7)  # an address of the whole; 12 GB take a day at 1 Mbit/s, and pauses are allowed
KEPT = timedelta(days=60)  # since it was last asked for
ASK_AGAIN = 10  # seconds until a program looks again for what is being made


def choose(facts: AudioFacts, wish: Recipe, formats: Sequence[Recipe]) -> Recipe | None:
    """Return the format that a master is given in: the wished one, else the best that makes sense for it."""
    if wish.applies(facts):
        return wish
    return next((recipe for recipe in formats if recipe.applies(facts)), None)


def folders(titles: Iterable[tuple[int, str, str, str]]) -> dict[int, str]:
    """Return a folder for each title: (id, artist, title, house number), in the order in which they were bought.

    What was bought first keeps the plain name for good; a later title of the same name gets its number behind it.
    """
    found: dict[int, str] = {}
    taken: set[str] = set()
    for title_id, artist, title, number in titles:
        plain = folder_name(artist=artist, title=title)
        name = plain if plain.casefold() not in taken else safe_name(f"{plain} [{number}]")
        name = distinct([*taken, name])[-1] if name.casefold() in taken else name
        taken.add(name.casefold())
        found[title_id] = name
    return found


def modified(bought: Iterable[datetime], *, now: datetime) -> datetime:
    """Return the one date of a bundle's files: when its last title was bought. The same shelf, the same date."""
    latest = max((moment for moment in bought), default=now)
    return latest.replace(microsecond=0)
