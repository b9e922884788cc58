"""Keeping a folder equal to what a store says one owns: plan, fetch, check, go on after any interruption."""
