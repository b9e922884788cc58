"""Which disc and number each file is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bandstand.media.tags import Tags
from bandstand.store.ingest.rules import names
from bandstand.store.ingest.rules.manifest import TrackTable
from bandstand.store.ingest.rules.report import Findings

Given = tuple[int | None, int | None]  # disc, number


class Place(NamedTuple):
    """Disc and number of a track."""

    disc: int
    number: int


def places_of(
    files: Sequence[tuple[str, Tags]], tables: Sequence[TrackTable], findings: Findings
) -> dict[str, tuple[Place, TrackTable | None]]:
    """Return the place of each file and the `[[track]]` that speaks of it.

    Tags say it, else names do; folders such as `CD2` decide where the tags of two discs collide. A file that nothing
    numbers gets the next free number of its disc, in the order of names.
    """
    given = _given(files)
    chosen = _matched(given, tables, findings)
    for file, table in chosen.items():
        disc, number = given[file]
        given[file] = (table.disc or disc, table.number or number)
    placed = _numbered(given)
    _check_taken(placed, findings)
    return {file: (place, chosen.get(file)) for file, place in placed.items()}


def _given(files: Sequence[tuple[str, Tags]]) -> dict[str, Given]:
    said = {file: names.of_file(file) for file, _ in files}
    tagged = {file: (tags.disc or said[file].disc, tags.track or said[file].number) for file, tags in files}
    if not _collide(tagged):
        return dict(tagged)
    by_folder = {file: (said[file].disc or disc, number) for file, (disc, number) in tagged.items()}
    if not _collide(by_folder):
        return by_folder
    by_name = {file: (name.disc, name.number) for file, name in said.items()}
    return dict(tagged) if _collide(by_name) or None in {number for _, number in by_name.values()} else dict(by_name)


def _collide(given: Mapping[str, Given]) -> bool:
    counted = Counter((disc or 1, number) for disc, number in given.values() if number)
    return any(count > 1 for count in counted.values())


def _matched(given: Mapping[str, Given], tables: Sequence[TrackTable], findings: Findings) -> dict[str, TrackTable]:
    places = {(disc or 1, number): file for file, (disc, number) in given.items() if number}
    chosen: dict[str, TrackTable] = {}
    for table in tables:
        wanted = (table.disc or 1, table.number)
        file = table.file if table.file is not None else places.get((wanted[0], wanted[1] or 0))
        if table.file is None and table.number is None:
            continue  # noted when the table was read
        if file is None or file not in given:
            what = (
                f"There is no file {table.file}" if table.file else f"No file is track {wanted[1]} of disc {wanted[0]}"
            )
            findings.refuse(
                "track.which",
                f"{what}.",
                hint="Correct it, with the folder before the name where there is one.",
                file="release.toml",
                key=table.at,
            )
        elif file in chosen:
            findings.refuse(
                "track.twice",
                f"{chosen[file].at} and {table.at} speak of the same file.",
                hint="Keep one of them.",
                file="release.toml",
                key=table.at,
            )
        else:
            chosen[file] = table
    return chosen


def _numbered(given: Mapping[str, Given]) -> dict[str, Place]:
    placed = {file: Place(disc or 1, number) for file, (disc, number) in given.items() if number}
    taken = set(placed.values())
    for file in sorted((file for file in given if file not in placed), key=names.natural):
        disc, number = given[file][0] or 1, 1
        while Place(disc, number) in taken:
            number += 1
        placed[file] = Place(disc, number)
        taken.add(placed[file])
    return placed


def _check_taken(placed: Mapping[str, Place], findings: Findings) -> None:
    seen: dict[Place, str] = {}
    for file in sorted(placed, key=names.natural):
        place = placed[file]
        if (other := seen.setdefault(place, file)) != file:
            findings.refuse(
                "track.same_place",
                f"{other} and {file} are both track {place.number} of disc {place.disc}.",
                hint="Correct their tags, or give `disc` and `number` in release.toml.",
                file=file,
            )
