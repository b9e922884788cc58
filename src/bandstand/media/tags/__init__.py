"""Tags of sound files: one frozen value, one plug-in for each scheme that files keep them in."""

from bandstand.media.tags._files import SCHEMES, CoverNotTakenError, read, retag, told, write
from bandstand.media.tags._model import Picture, Tags, TagScheme, UnreadableTagsError

__all__ = [
    "SCHEMES",
    "CoverNotTakenError",
    "Picture",
    "TagScheme",
    "Tags",
    "UnreadableTagsError",
    "read",
    "retag",
    "told",
    "write",
]
