"""How long things are kept, and what a bundle of somebody's data looks like."""

from __future__ import annotations

from datetime import timedelta

MAIL_KEPT = timedelta(days=30)  # files that the file back end for mail has written
ERASE_FOR = timedelta(hours=24)  # a mailed link that erases an account
FILES = ("account", "orders", "grants", "downloads", "programs", "codes", "bundles", "events")
