"""Files come in, renditions are made, and both are kept whole.

A file stands before its row does: a crash leaves at most an orphan, which nothing points to and `sweep` removes.
"""

from bandstand.store.assets.services.covers import CoverFacts, store_cover
from bandstand.store.assets.services.extras import StoredExtra, set_extras, store_extra
from bandstand.store.assets.services.keep import ChangedWhileReadError
from bandstand.store.assets.services.masters import note_measured, set_sources, store_master
from bandstand.store.assets.services.renditions import ensure_rendition
from bandstand.store.assets.services.upkeep import scrub, sweep

__all__ = [
    "ChangedWhileReadError",
    "CoverFacts",
    "StoredExtra",
    "ensure_rendition",
    "note_measured",
    "scrub",
    "set_extras",
    "set_sources",
    "store_cover",
    "store_extra",
    "store_master",
    "sweep",
]
