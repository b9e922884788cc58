"""Signed receipts, which need no server to be believed."""
