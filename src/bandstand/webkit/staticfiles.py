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
