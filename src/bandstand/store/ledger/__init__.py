"""Double-entry accounts and entries."""
