"""Any sound that we can read made into any file that we can write, many at a time; and what a file is."""

from bandstand.media.convert._inspect import Inspected, Sound, inspect
from bandstand.media.convert._run import Heard, convert
from bandstand.media.convert._targets import EFFORTS, target_named
from bandstand.media.convert._values import Result, State

__all__ = ["EFFORTS", "Heard", "Inspected", "Result", "Sound", "State", "convert", "inspect", "target_named"]
