"""Long runs of what the rings of tests only taste. Each is a module with `--count`, called by a target of `make`."""
