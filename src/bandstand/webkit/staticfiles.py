"""Static files with their hash in their name, the imports of our script modules included."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise is not annotated
    """Names files by their content, so that they may be kept for ever.

    Django can rewrite the `import` lines of modules, but of every script or of none, and other people's scripts name
    files in their comments. Without it a page would mix new modules with old ones from a cache; so: ours only.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("webkit/*.js", CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]),  # noqa: SLF001
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._addresses: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:  # noqa: FBT001, FBT002  (as Django calls it)
        """Return a file's address. A page asks for a hundred, and Django takes each apart and puts it together anew."""
        if force:
            return str(super().url(name, force))
        if name not in self._addresses:
            self._addresses[name] = str(super().url(name))
        return self._addresses[name]

    def save_manifest(self) -> None:
        """Write down the names, and forget the ones before."""
        super().save_manifest()
        self._addresses.clear()
