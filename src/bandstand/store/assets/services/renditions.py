"""Renditions: made from a master by a recipe, once, however many ask at the same time."""

from __future__ import annotations

from datetime import datetime

from bandstand.kernel.progress import Progress, silent
from bandstand.media import pipeline
from bandstand.media.pipeline import Made
from bandstand.media.recipes import RECIPES
from bandstand.store.assets import rules
from bandstand.store.assets.models import Master, Rendition
from bandstand.store.assets.queries import facts_of, place, preview_level
from bandstand.store.assets.services import keep


def ensure_rendition(
    *, master_id: int, recipe: str, start_ms: int = 0, now: datetime, progress: Progress = silent
) -> Rendition:
    """Return the rendition of a master by a recipe (its name), made now when it isn't there. Progress counts percent.

    Parameters
    ----------
    start_ms
        Where an excerpt begins; recipes that take the whole take no notice of it.

    Raises
    ------
    Master.DoesNotExist
        There is no such master.
    UnknownPluginError
        There is no such recipe.
    BandstandError
        What `media.pipeline.make` raises: nothing is changed then.
    """
    how, master = RECIPES.get(recipe), Master.objects.get(pk=master_id)
    mark = {
        "master": master,
        "recipe": how.slug,
        "recipe_version": how.version,
        "encoder": pipeline.encoder(how),
        "start_ms": start_ms if how.excerpt else 0,
    }
    found = Rendition.objects.filter(**mark).first()
    if found is not None and not found.fault and keep.is_kept(found.path):
        return found
    with keep.staging() as folder:
        staged = folder / f"made{how.suffix}"
        made = pipeline.make(
            how,
            place(master.path),
            staged,
            facts=facts_of(master),
            start_ms=start_ms,
            level=preview_level(master, start_ms),
            progress=progress,
        )
        key = rules.rendition_key(made.sha256, how.suffix)
        if (found is not None and found.fault) or not keep.is_kept(key):  # what a check found wanting is replaced
            keep.settle(staged, key)
    return _row(mark, made, key, now)


def _row(mark: dict[str, object], made: Made, key: str, now: datetime) -> Rendition:
    """Write the row once; a row whose file was lost gets the file that was made again."""
    values = {
        "path": key,
        "size": made.size,
        "sha256": made.sha256,
        "crc32": made.crc32,
        "duration_ms": made.duration_ms,
    }
    rendition, created = Rendition.objects.get_or_create(**mark, defaults={**values, "made_at": now})
    if not created and (rendition.fault or (rendition.sha256 != made.sha256 and not keep.is_kept(rendition.path))):
        Rendition.objects.filter(pk=rendition.pk).update(**values, made_at=now, fault="")
        rendition.refresh_from_db()
    return rendition
