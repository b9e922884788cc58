"""Compiles kernels. Imported only by twins, which are imported only where numba is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(kernel: F) -> F:
    """Compile a kernel at its first call, and keep the result on disk where that can be written."""
    try:
        return cast("F", numba.njit(cache=True, nogil=True)(kernel))
    except RuntimeError:  # no folder for the cache
        return cast("F", numba.njit(nogil=True)(kernel))
