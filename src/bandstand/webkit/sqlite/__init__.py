"""SQLite as Django knows it, with another way to wait for other writers."""
