"""Vouchers: what a code is worth, how often, and until when."""
