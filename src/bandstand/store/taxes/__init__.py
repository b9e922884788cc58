"""Tax rates by place and day."""
