"""Random valid ATRAC3: units drawn from the whole syntax, and the OMA header that lets ffmpeg read them."""

from __future__ import annotations

import numpy as np

from bandstand.media.codecs.atrac3._pack import pack_joint, pack_units, unit_bits
from bandstand.media.codecs.atrac3._tables import BOUNDS, CLC_BITS, MAXIMA
from bandstand.media.codecs.atrac3._units import Stereo, Tones, Units

DROPPED = (1, 19, 27, 31)  # numbers of selectors with which ffmpeg before 9 leaves out a band
CODED = [count for count in range(1, 33) if count not in DROPPED]


def units(rng, count: int, *, room, second: bool = False, wild: bool = False) -> Units:
    """Draw units of at most `room` bytes, one number for all or one for each.

    Parameters
    ----------
    wild
        Also what ffmpeg before 9 reads otherwise, and mantissas beyond the maximum.
    """
    whole = _draw(rng, count, wild=wild)
    while (over := unit_bits(whole, second=second) > 8 * room).any():
        whole = _thinner(rng, whole, over)
    return whole


def _draw(rng, count: int, *, wild: bool) -> Units:
    bands = rng.integers(1, 5, count)
    gains = np.where(np.arange(4) < bands[:, None], rng.integers(0, 8, (count, 4)) * (rng.random((count, 4)) < 0.4), 0)
    held = np.arange(7) < gains[..., None]
    places = np.sort(rng.permuted(np.broadcast_to(np.arange(32), (count, 4, 32)), axis=2)[..., :7], axis=2)
    coded = rng.integers(1, 33, count) if wild else rng.choice(CODED, count)
    selectors = rng.integers(0, 8, (count, 32)) * (rng.random((count, 32)) < rng.random((count, 1)))
    selectors = np.where(np.arange(32) < coded[:, None], selectors, 0)
    constant = rng.random(count) < 0.4
    lines = np.repeat(selectors, np.diff(BOUNDS), axis=1)
    return Units(
        bands=bands.astype("u1"),
        gain_counts=gains.astype("u1"),
        gain_levels=np.where(held, rng.integers(0, 16, (count, 4, 7)), 0).astype("u1"),
        gain_places=np.where(held, places, 0).astype("u1"),
        coded=coded.astype("u1"),
        constant=constant,
        selectors=selectors.astype("u1"),
        scales=np.where(selectors > 0, rng.integers(0, 64, (count, 32)), 0).astype("u1"),
        mantissas=_mantissas(rng, lines, np.broadcast_to(constant[:, None] & wild, lines.shape)),
        tones=_tones(rng, bands, wild=wild),
    )


def _mantissas(rng, selectors, beyond):
    most = MAXIMA[selectors]
    spread = np.round(rng.standard_normal(selectors.shape) * most * rng.choice([0.2, 0.5, 1.5]))
    low = np.where(beyond, -(1 << np.maximum(np.where(selectors == 1, 2, CLC_BITS[selectors]) - 1, 0)), -most)
    high = np.where(beyond, np.where(selectors == 1, 1, -low - 1), most)
    return np.where(selectors > 0, np.clip(spread, low, high), 0).astype("i1")


def _tones(rng, bands, *, wild: bool) -> Tones:
    parts = [_of_frame(rng, frame, int(band), wild) for frame, band in enumerate(bands) if rng.random() < 0.5]
    rows = [row for part in parts for row in part]
    if not rows:
        return Tones.none()
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    kinds = ("i4", "u1", "?", "u1", "u1", "u1", "i2", "i1")
    return Tones(
        **{
            name: column.astype(kind)
            for name, column, kind in zip(Tones.__dataclass_fields__, columns, kinds, strict=True)
        }
    )


def _of_frame(rng, frame: int, bands: int, wild: bool) -> list[tuple]:
    mode, rows = rng.choice([0, 1, 3]), []
    groups = int(rng.integers(1, 4)) if rng.random() < 0.9 else int(rng.integers(4, 13))
    for group in range(groups):
        constant = bool(rng.random() < 0.5) if mode == 3 else mode == 1
        lines, selector = int(rng.integers(1, 9)), int(rng.integers(2, 8))
        starts = np.sort(rng.integers(0, 256 * bands, int(rng.integers(1, 6))))
        if rng.random() < 0.2:
            starts[-1] = 256 * bands - 1 - rng.integers(0, 8)  # its lines may reach beyond the band, or the last line
            starts.sort()
        for start in starts:
            size = min(lines, 1024 - int(start))
            mantissas = np.zeros(8, "i1")
            mantissas[:size] = _mantissas(rng, np.full(size, selector), np.full(size, constant and wild))
            rows.append((frame, group, constant, lines, selector, int(rng.integers(0, 64)), int(start), mantissas))
    order = sorted(range(len(rows)), key=lambda n: (rows[n][1], rows[n][6] // 64))
    return [rows[n] for n in order]


def _thinner(rng, whole: Units, over) -> Units:
    """Take something off the units that are too large: lines first, then tones, then gain."""
    drop = over[:, None] & (rng.random((len(whole), 32)) < 0.3)
    selectors = np.where(drop, 0, whole.selectors)
    lines = np.repeat(selectors, np.diff(BOUNDS), axis=1)
    empty = over & ~selectors.any(axis=1)
    tones, kept = whole.tones, ~(empty[whole.tones.frame] & (rng.random(len(whole.tones)) < 0.5))
    tones = Tones(**{name: getattr(tones, name)[kept] for name in Tones.__dataclass_fields__})
    bare = empty & ~np.isin(np.arange(len(whole)), tones.frame)
    changes = {
        "selectors": selectors,
        "coded": np.where(bare, 2, whole.coded).astype("u1"),
        "bands": np.where(bare, 1, whole.bands).astype("u1"),
        "scales": np.where(selectors > 0, whole.scales, 0).astype("u1"),
        "mantissas": np.where(lines > 0, whole.mantissas, 0).astype("i1"),
        "tones": dense(tones),
        **{
            name: np.where(bare.reshape(-1, *[1] * (getattr(whole, name).ndim - 1)), 0, getattr(whole, name)).astype(
                "u1"
            )
            for name in ("gain_counts", "gain_levels", "gain_places")
        },
    }
    return Units(**{name: changes.get(name, getattr(whole, name)) for name in Units.__dataclass_fields__})


def dense(tones: Tones) -> Tones:
    """Count the groups of each frame from 0 without gaps, as they are written."""
    group = tones.group.copy()
    for frame in np.unique(tones.frame):
        here = tones.frame == frame
        group[here] = np.unique(group[here], return_inverse=True)[1]
    return Tones(**{name: group if name == "group" else getattr(tones, name) for name in Tones.__dataclass_fields__})


def stereo(rng, count: int) -> Stereo:
    """Draw how channels are put together: matrices that stay for a while, weights of both kinds."""
    stay = rng.integers(0, count, count // 4 + 1)
    matrix = rng.choice([0, 1, 3], (count, 4))
    matrix[stay] = matrix[np.maximum(stay - 1, 0)]
    weight = np.where(rng.random(count) < 0.5, 7, rng.integers(0, 8, count))
    return Stereo(swapped=rng.random(count) < 0.5, weight=weight.astype("u1"), matrix=matrix.astype("u1"))


def frames(
    rng, count: int, frame_bytes: int, *, joint: bool, loud: int | None = None, wild: bool = False
) -> np.ndarray:
    """Draw whole frames, uint8 [f, frame_bytes]; `loud` is the highest scale factor, where there is to be one."""
    half = frame_bytes // 2
    least = 5  # bytes of the smallest second unit
    split = rng.integers(least, frame_bytes - least + 1, count) if joint else np.full(count, half)
    first = quiet(rng, units(rng, count, room=split, wild=wild), loud)
    second = quiet(rng, units(rng, count, room=frame_bytes - split, second=joint, wild=wild), loud)
    if joint:
        return pack_joint(first, second, stereo(rng, count), split, frame_bytes)
    return np.concatenate((pack_units(first, half), pack_units(second, half)), axis=1)


def quiet(rng, whole: Units, loud: int | None) -> Units:
    """Bring scale factors down to at most `loud`, and gain to levels that raise nothing much."""
    if loud is None:
        return whole
    tones = {name: getattr(whole.tones, name) for name in Tones.__dataclass_fields__}
    tones["scale"] = np.minimum(tones["scale"], rng.integers(max(loud - 12, 0), loud + 1, len(tones["scale"]))).astype(
        "u1"
    )
    levels = np.maximum(whole.gain_levels, np.where(np.arange(7) < whole.gain_counts[..., None], 2, 0))
    scales = np.minimum(whole.scales, rng.integers(max(loud - 12, 0), loud + 1, whole.scales.shape))
    changes = {"tones": Tones(**tones), "gain_levels": levels.astype("u1"), "scales": scales.astype("u1")}
    return Units(**{name: changes.get(name, getattr(whole, name)) for name in Units.__dataclass_fields__})


def oma(content: bytes, frame_bytes: int, *, joint: bool) -> bytes:
    """Wrap frames: the 96 bytes of an EA3 header without a tag, at 44.1 kHz."""
    header = bytearray(96)
    header[:8] = b"EA3\x01\x00\x60\xff\xff"
    header[32:36] = (joint << 17 | 1 << 13 | frame_bytes // 8).to_bytes(4, "big")
    return bytes(header) + content
