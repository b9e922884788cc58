"""Compiled twins, where numba is installed."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType


@cache
def twins() -> ModuleType | None:
    """Return the compiled versions of what numpy does here, or None without the extra `speed`."""
    try:
        importlib.import_module("numba")
    except ImportError:  # absent, or not made for the numpy at hand
        return None
    return importlib.import_module("bandstand.media.codecs.atrac3._twins")


@cache
def allocation_twin() -> ModuleType | None:
    """Return the compiled version of the encoder's allocation, or None without the extra `speed`."""
    return importlib.import_module("bandstand.media.codecs.atrac3._allocation_twin") if twins() else None


@cache
def pack_twins() -> ModuleType | None:
    """Return the compiled versions of what writes bits, or None without the extra `speed`."""
    return importlib.import_module("bandstand.media.codecs.atrac3._pack_twins") if twins() else None


@cache
def transform_twins() -> ModuleType | None:
    """Return the compiled version of the transform, or None without the extra `speed`."""
    return importlib.import_module("bandstand.media.codecs.atrac3._transform_twins") if twins() else None


@cache
def sound_twins() -> ModuleType | None:
    """Return the compiled versions of what makes sound, or None without the extra `speed`."""
    return importlib.import_module("bandstand.media.codecs.atrac3._sound_twins") if twins() else None
