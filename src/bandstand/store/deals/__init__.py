"""Storefronts, price tiers, deals, and the offer function."""
