"""Payments through providers."""
