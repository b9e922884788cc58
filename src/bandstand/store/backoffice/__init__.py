"""The pages the staff sees."""
