"""Plug-ins: one file with one frozen descriptor under an agreed name; adding it edits no other source file.

`Registry` scans a package of ours on first use, and the entry points of the same group for what others ship.
A module that fails to load is listed under `broken` and never stops the rest.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.metadata import entry_points
from threading import Lock
from typing import Generic, Protocol, TypeVar

from bandstand.kernel.errors import RefusedError


class Descriptor(Protocol):
    """What each plug-in's descriptor has."""

    @property
    def slug(self) -> str:
        """A short lower-case name, unique within its kind."""


D = TypeVar("D", bound=Descriptor)


class UnknownPluginError(RefusedError):
    """Nothing of that kind has that name."""

    code = "registry.unknown"

    def __init__(self, kind: str, slug: str, known: list[str]) -> None:
        self.kind, self.slug, self.known = kind, slug, known
        super().__init__(f"There is no {kind} {slug!r}.", hint=f"Known: {', '.join(known) or 'none'}.")


class Registry(Generic[D]):
    """All plug-ins of one kind.

    Parameters
    ----------
    kind
        What people call one of them ("recipe").
    package
        Dotted name of the package whose modules are scanned; modules that start with an underscore are not plug-ins.
    name
        The agreed name each module holds its descriptor under ("RECIPE"); it may also be a tuple of descriptors.
    of
        The descriptor's class.
    """

    def __init__(self, *, kind: str, package: str, name: str, of: type[D]) -> None:
        self.kind, self.package, self.name, self.of = kind, package, name, of
        self.broken: dict[str, str] = {}
        self._found: dict[str, D] | None = None
        self._lock = Lock()

    def __iter__(self) -> Iterator[D]:
        return iter(self._all().values())

    def get(self, slug: str) -> D:
        """Return the plug-in called `slug`.

        Raises
        ------
        UnknownPluginError
            There is none.
        """
        found = self._all()
        if slug not in found:
            raise UnknownPluginError(self.kind, slug, sorted(found))
        return found[slug]

    def _all(self) -> dict[str, D]:
        with self._lock:
            if self._found is None:
                self._found = self._load()
            return self._found

    def _load(self) -> dict[str, D]:
        found: dict[str, D] = {}
        for module_name in self._module_names():
            try:
                held = getattr(importlib.import_module(module_name), self.name)
                for descriptor in held if isinstance(held, tuple) else (held,):
                    found[self._checked(descriptor, found).slug] = descriptor
            except (ImportError, AttributeError, TypeError, ValueError, SyntaxError) as error:
                self.broken[module_name] = f"{type(error).__name__}: {error}"
        return dict(sorted(found.items()))

    def _checked(self, descriptor: object, found: dict[str, D]) -> D:
        if not isinstance(descriptor, self.of):
            raise TypeError(f"{self.name} is no {self.of.__name__}")
        if descriptor.slug in found:
            raise ValueError(f"{descriptor.slug!r} is taken")
        return descriptor

    def _module_names(self) -> list[str]:
        package = importlib.import_module(self.package)
        ours = [
            f"{self.package}.{m.name}" for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")
        ]
        theirs = [point.module for point in entry_points(group=self.package)]
        return sorted(ours) + sorted(theirs)
