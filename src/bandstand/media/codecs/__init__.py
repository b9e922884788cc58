"""Codecs of our own. One module or package each; adding one edits nothing else."""

from bandstand.kernel.registry import Registry
from bandstand.media.codecs._codec import Codec, Decode, Mode

__all__ = ["CODECS", "Codec", "Decode", "Mode"]

CODECS: Registry[Codec] = Registry(kind="codec", package="bandstand.media.codecs", name="CODEC", of=Codec)
