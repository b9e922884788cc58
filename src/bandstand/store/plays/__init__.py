"""Plays and downloads, counted."""
