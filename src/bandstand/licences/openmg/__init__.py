"""OpenMG with a store's own keys: keys, the licence object of a file, and the cipher stream (docs/formats/openmg.md).

No maker's key is in here. What was protected with somebody else's keys stays locked.
"""

from bandstand.licences.openmg._keys import KEY, Keys, OpenMgKeyError, Randomness, Seal, parse, seal, unlock
from bandstand.licences.openmg._objects import Ekb, Lsi
from bandstand.licences.openmg._stream import Decrypter, Encrypter

__all__ = [
    "KEY",
    "Decrypter",
    "Ekb",
    "Encrypter",
    "Keys",
    "Lsi",
    "OpenMgKeyError",
    "Randomness",
    "Seal",
    "parse",
    "seal",
    "unlock",
]
