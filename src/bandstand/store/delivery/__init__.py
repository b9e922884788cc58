"""Tickets, deliverables and zips."""
