"""Bandstand: an open media store that anyone can run, and the app its listeners keep at home."""

__version__ = "0.2.0"
