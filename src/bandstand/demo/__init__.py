"""A demo store made by our own code: music, covers and the folders a label would deliver."""
