"""Masters and renditions: files by what they contain."""
